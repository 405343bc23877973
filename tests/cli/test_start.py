"""The first commands of a newcomer: version, help, init, serve, and what serve refuses in one line."""

from __future__ import annotations

import os
import re
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from hercules import __version__
from hercules.settings import load_settings
from tests.commands import ROOT, run
from tests.processes import processes, toml

PYTHON = (sys.executable, "-W", "error")


def hercules(*args: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "hercules", *args], cwd=folder, capture_output=True, text=True, timeout=60
    )


def test_the_version_and_the_help_of_every_command(tmp_path: Path) -> None:
    assert run("--version").out == f"hercules {__version__}\n"
    shown = run("--help")
    assert shown.code == 0
    verbs = "init demo serve scan answer backtest report review rules kb actives delivery".split()
    for verb in verbs:
        assert verb in shown.out
        assert run(verb, "--help").code == 0


def test_help_is_quick_since_it_loads_neither_server_nor_database() -> None:
    code = (
        "import sys; sys.argv = ['hercules', '--help']\n"
        "from hercules.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([name for name in ('fastapi', 'sqlalchemy', 'uvicorn', 'whoosh') if name in sys.modules])"
    )
    ran = subprocess.run([*PYTHON, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert ran.stdout.splitlines()[-1] == "[]", ran.stderr


def test_init_writes_settings_that_only_the_owner_reads_and_overwrites_nothing(tmp_path: Path) -> None:
    path = tmp_path / "hercules.toml"
    assert run("init", folder=tmp_path).code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    settings = load_settings(path)
    (secret,) = settings.desks["generic"].secrets
    assert secret.value.get_secret_value().startswith("whsec_")
    before = path.read_bytes()
    assert "is there already" in run("init", folder=tmp_path).complaint()
    assert path.read_bytes() == before
    run("init", tmp_path / "nowhere").complaint()


def test_two_inits_make_two_secrets(tmp_path: Path) -> None:
    secrets = set()
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        run("init", tmp_path / name)
        (secret,) = load_settings(tmp_path / name / "hercules.toml").desks["generic"].secrets
        secrets.add(secret.value.get_secret_value())
    assert len(secrets) == 2


def test_every_line_that_init_comments_out_is_a_setting(tmp_path: Path) -> None:
    """Uncommented, the file must still be read: a reader takes away the marks and expects it to work."""
    run("init", folder=tmp_path)
    path = tmp_path / "hercules.toml"
    lines = path.read_text().splitlines()
    setting = re.compile(r"# (\[[\w.]+\](?: +#.*)?|[a-z_]+ = .*)")
    open_lines = [found[1] if (found := setting.fullmatch(line.rstrip())) else line for line in lines]
    path.write_text("\n".join(open_lines).replace('"cert.pem"', '"c"').replace('"key.pem"', '"k"'))
    settings = load_settings(path)
    assert settings.desks["generic"].model_extra is not None
    assert {"map", "note", "reply", "lookup"} <= settings.desks["generic"].model_extra.keys()
    from hercules.desks.generic import GenericDesk

    assert GenericDesk.reach("generic", settings.desks["generic"]).hosts == {"desk.example.com"}


def test_a_new_token_is_printed_alone(admin: Path) -> None:
    first, second = (run("init", "--new-token", folder=admin).out.strip() for _ in range(2))
    assert first.startswith("hercules_")
    assert first != second


# --- serve ----------------------------------------------------------------------------------------------


def test_init_and_serve_are_all_it_takes(tmp_path: Path) -> None:
    assert hercules("init", folder=tmp_path).returncode == 0
    command = [sys.executable, "-m", "hercules", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        told = [process.stderr.readline() for _ in range(3)]
        found = re.search(r"http://127\.0\.0\.1:\d+", told[0])
        assert found, told
        assert f"POST {found[0]}/hooks/generic" in told[1]
        token = told[2].split()[-1]
        with httpx.Client(base_url=found[0], transport=httpx.HTTPTransport(retries=5)) as client:
            assert client.get("/healthz").json() == {"status": "ok", "version": __version__}
            answer = client.get("/api/tickets", headers={"authorization": f"Bearer {token}"})
            assert answer.status_code != 401
        second = hercules("serve", "--port", "0", folder=tmp_path)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert stat.S_IMODE((tmp_path / "hercules-data").stat().st_mode) == 0o700
    assert second.returncode == 1
    (line,) = second.stderr.splitlines()
    assert line.startswith("hercules: ")
    assert "hercules-data" in line


def test_a_second_serve_on_the_same_data_is_refused_and_leaves_the_first_alone(tmp_path: Path) -> None:
    with processes(tmp_path) as service:
        service.start()
        run("serve", "--config", service.config, "--port", "0").complaint()
        service.post("1")
        assert service.desk.wait_for("1", "note") is not None
        assert service.stop() == 0


def refused(folder: Path, **values: object) -> str:
    """The one line with which serve ends on these settings."""
    (folder / "hercules.toml").write_text(toml({"data": "data", **values}))
    return run("serve", folder=folder).complaint()


def test_serve_on_a_taken_port_says_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        line = refused(tmp_path, server={"port": port})
    assert str(port) in line
    assert "server.port" in line


def test_serve_with_a_missing_or_broken_config_says_so(tmp_path: Path) -> None:
    missing = tmp_path / "gone.toml"
    assert f"{missing}: no such file" in run("serve", "--config", missing).complaint()
    broken = tmp_path / "hercules.toml"
    broken.write_text("data = [\n")
    assert "not valid TOML" in run("serve", "--config", broken).complaint()
    assert "server.prot: no such setting" in refused(tmp_path, server={"prot": 1})
    assert "server.data: no such setting; it stands above" in refused(tmp_path, server={"data": "d"})
    assert "server.kb: no such setting; [kb] is a table" in refused(tmp_path, server={"kb": {"b": 1}})


@pytest.mark.parametrize(
    ("desk", "said"),
    [
        ({"kind": "generic"}, "desks.shop.secrets"),
        ({"kind": "generic", "secrets": [{"value": "short"}]}, "desks.shop.secrets[0].value"),
        ({"kind": "generic", "proof": "url-secret", "secrets": [{"value": "short"}]}, "32 or more"),
        ({"kind": "parrot", "unsigned": True}, "desks.shop.kind"),
        ({"kind": "generic", "unsigned": True, "map": {"identity": "x"}}, "desks.shop.map.identity"),
        ({"kind": "generic", "unsigned": True, "reply_url": "http://desk.example.com"}, "plain_hosts"),
    ],
)
def test_serve_refuses_a_desk_it_cannot_trust_or_read(
    tmp_path: Path, desk: dict[str, object], said: str
) -> None:
    line = refused(tmp_path, server={"port": 0}, desks={"shop": desk})
    assert said in line
    assert "short" not in line.replace("too short", ""), "a secret is never echoed"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7"])
def test_serve_refuses_to_be_reached_without_encryption(tmp_path: Path, host: str) -> None:
    line = refused(tmp_path, server={"host": host, "port": 0})
    assert "tls_cert" in line
    assert "behind_proxy" in line


def test_the_environment_is_above_the_file(admin: Path) -> None:
    line = run("serve", folder=admin, env={"HERCULES_SERVER__HOST": "0.0.0.0"}).complaint()
    assert "0.0.0.0" in line


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_init_in_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "cannot be written" in run("init", folder=tmp_path).complaint()


def test_init_brings_the_starter_set_and_leaves_ones_own_alone(tmp_path: Path) -> None:
    (tmp_path / "rules" / "mine").mkdir(parents=True)
    assert run("init", folder=tmp_path).code == 0
    assert [path.name for path in (tmp_path / "rules").iterdir()] == ["mine"]
    assert list((tmp_path / "kb_index" / "articles").glob("*.md"))
    assert list((tmp_path / "sample_logs").glob("*/*/hit1.log"))
    assert not (tmp_path / "kb_index" / "index").exists()


def test_serve_refuses_a_certificate_it_cannot_use(tmp_path: Path) -> None:
    line = refused(tmp_path, server={"port": 0, "tls_cert": "cert.pem", "tls_key": "key.pem"})
    assert "tls_cert" in line
    assert "No such file" in line
