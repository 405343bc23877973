"""Settings from file and environment: typed, frozen, and every slip is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from hercules.model import SettingsError
from hercules.settings import load_settings, read_size


def write(folder: Path, text: str) -> Path:
    path = folder / "hercules.toml"
    path.write_text(text)
    return path


def test_defaults_need_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert settings.server.host == "127.0.0.1"
    assert settings.door.header_max == 32 << 10
    assert settings.unpack.expanded_max == 1 << 30
    assert settings.keep.raw == 30
    assert settings.data == tmp_path / "data"


def test_the_environment_stands_above_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, '[door]\nheader_max = "2 MiB"\n[desks.a]\npolicy = "hold"\n')
    assert load_settings(path).door.header_max == 2 << 20
    monkeypatch.setenv("HERCULES_DOOR__HEADER_MAX", "3 KiB")
    monkeypatch.setenv("HERCULES_DOOR__JSON_DEPTH_MAX", "7")
    monkeypatch.setenv("HERCULES_DESKS__A__POLICY", "shadow")
    settings = load_settings(path)
    assert settings.door.header_max == 3 << 10
    assert settings.door.json_depth_max == 7
    assert settings.desks["a"].policy == "shadow"


def test_folders_are_read_from_the_files_own_place(tmp_path: Path) -> None:
    path = write(tmp_path, 'data = "store"\n[rules]\nfolder = "mine"\n')
    settings = load_settings(path)
    assert settings.data == tmp_path / "store"
    assert settings.rules.folder == tmp_path / "mine"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[door]\nbody = 3\n", "door.body: no such setting"),
        ("[server]\nport = 70000\n", "server.port"),
        ('[desks.a]\npolicy = "shout"\n', "desks.a.policy"),
        ('[door]\nheader_max = "much"\n', "door.header_max"),
        ("[door\n", "not valid TOML"),
        ("[keep]\nraw = 0\n", "keep.raw"),
        ("[keep]\nraw = nan\n", "keep.raw"),
        ("[work]\nattempts_max = 0\n", "work.attempts_max"),
        ("[gate]\nprecision = 90\n", "gate.precision"),
        ("[door]\nread_deadline = -1\n", "door.read_deadline"),
        ("[desks.a]\nsay_from = 55\n", "desks.a.say_from"),
    ],
)
def test_slips_are_named(tmp_path: Path, text: str, told: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    assert told in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("HERCULES_DOOR__BODY", "3", "door.body: no such setting"),
        ("HERCULES_DOOR__HEADER_MAX", "much", "door.header_max: 'much' is not a size"),
        ("HERCULES_SERVER__PORT", "x", "server.port: write a whole number"),
        ("HERCULES_DESKS", '{"acme": {"policy": "shout"}}', "desks.acme.policy"),
        ("HERCULES_DESKS__ACME__POLICY", "shout", "desks.acme.policy"),
        ("HERCULES_DESKS", "acme", "this is no JSON"),
        ("HERCULES_DOR__HEADER_MAX", "3", "no such table"),
    ],
)
def test_slips_in_the_environment_are_not_blamed_on_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    path = write(tmp_path, "[door]\nheader_max = 3\n")
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    assert str(caught.value).startswith(f"{name} (environment): ")
    assert told in str(caught.value)
    assert str(path) not in str(caught.value)
    monkeypatch.delenv(name)
    monkeypatch.setenv("HERCULES_DATA", "elsewhere")
    (tmp_path / "hercules.toml").write_text("[server]\nport = 70000\n")
    with pytest.raises(SettingsError, match=r"hercules\.toml: server\.port"):
        load_settings(path)


def test_a_secret_is_never_echoed(tmp_path: Path) -> None:
    path = write(tmp_path, '[desks.a]\nsecrets = [{ value = "hush-hush", nope = "hush-hush" }]\n')
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    assert "hush-hush" not in str(caught.value)
    good = load_settings(write(tmp_path, '[desks.a]\nsecrets = [{ value = "hush-hush" }]\n'))
    assert "hush-hush" not in repr(good)


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="hercules init"):
        load_settings(tmp_path / "no.toml")


def test_settings_are_frozen(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, ""))
    with pytest.raises(ValidationError):
        settings.server.port = 1  # type: ignore[misc]  # what the test is about


@pytest.mark.parametrize(
    ("text", "size"), [("1024", 1024), ("25 MiB", 25 << 20), ("1GiB", 1 << 30), ("3b", 3)]
)
def test_sizes(text: str, size: int) -> None:
    assert read_size(text) == size
