"""Connecting a desk, proving it, and changing its secret, as an admin does it."""

from __future__ import annotations

import json
import stat
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hercules.cli import desk_adding as adding
from hercules.cli.desk import app
from hercules.cli.tomltext import with_desk, with_secret
from hercules.demo import new_secret
from hercules.desks.desk import SignedTest, check_body
from hercules.desks.generic import GenericDesk
from hercules.desks.generic.presets import PRESETS
from hercules.desks.proof import sign_standard, standard_key
from hercules.model import SettingsError
from hercules.outbound import Breaker
from hercules.settings import load_settings
from hercules.store import desks, inbox
from hercules.store.db import Connection, open_database
from hercules.wiring import DESKS, make_desk
from tests.commands import Ran, run
from tests.processes import Process, processes
from tests.serving import DESK, ticket_body, utc_now

ADD = ("desk", "add", "shop", "--kind", "generic", "--no-ask")
ANSWERS = ("--set", "base_url=https://desk.example.com", "--set", "reply_url=/comments")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "hercules.toml").write_text(
        "# ours\ndata = 'data'  # here\n[server]\nport = 8400 # as always"
    )
    return tmp_path


def text_of(folder: Path) -> str:
    return (folder / "hercules.toml").read_text()


# --- adding -----------------------------------------------------------------------------------------


def test_a_desk_is_added_and_the_admin_is_told_what_to_do(folder: Path) -> None:
    before = text_of(folder)
    ran = run(*ADD, *ANSWERS, "--set", "headers.Authorization=Bearer t0p", folder=folder)
    assert ran.code == 0, ran
    assert text_of(folder).startswith(before), "comments and all"
    assert stat.S_IMODE((folder / "hercules.toml").stat().st_mode) == 0o600
    desk = load_settings(folder / "hercules.toml").desks["shop"]
    secret = desk.secrets[0].value.get_secret_value()
    assert "http://127.0.0.1:8400/hooks/shop\n" in ran.out
    assert secret in ran.out
    assert "hercules desk check shop" in ran.out
    assert "Without reply_url, or the tables [desks.shop.note] and [desks.shop.reply], nothing is" in ran.out
    assert "t0p" not in ran.out + ran.err
    assert [each.name for each in folder.iterdir() if each.name.startswith(".")] == []


def test_what_is_not_given_is_asked(folder: Path) -> None:
    """The name, the kind, its proof, addresses, a header typed unseen, whether a private host is right."""
    told = "shop\ngeneric\nurl-secret\nhttp://10.1.2.3:8080\n/c\n\nBearer t0p\nbot7, bot8\ny\n"
    ran = CliRunner().invoke(app, ["add", "--config", str(folder / "hercules.toml")], input=told)
    assert ran.exit_code == 0, ran.output
    desk = load_settings(folder / "hercules.toml").desks["shop"]
    assert desk.bot_ids == ("bot7", "bot8")
    assert (desk.model_extra or {})["private_hosts"] == ["10.1.2.3:8080"]
    assert f"/hooks/shop/{desk.secrets[0].value.get_secret_value()}" in ran.output
    assert "t0p" not in ran.output


def test_an_answer_that_is_no_choice_is_asked_for_again(folder: Path) -> None:
    told = "shop\ngeneric\nguess\nbasic\n\n\n\n\n\n"
    ran = CliRunner().invoke(app, ["add", "--config", str(folder / "hercules.toml")], input=told)
    assert ran.exit_code == 0, ran.output
    assert "guess is none of standard, " in ran.output
    desk = load_settings(folder / "hercules.toml").desks["shop"]
    assert (desk.model_extra or {})["proof"] == "basic"
    assert f"for HTTP Basic: {desk.secrets[0].value.get_secret_value()}" in ran.output


def test_a_project_without_a_slash_at_its_end_is_the_same_project(folder: Path) -> None:
    base = "https://gitlab.example.com/api/v4/projects/42"
    answers = ["--set", f"base_url={base}", "--set", "bot_ids=7", "--set", "headers.PRIVATE-TOKEN=t"]
    assert run("desk", "add", "lab", "--kind", "gitlab", "--no-ask", *answers, folder=folder).code == 0
    desk = make_desk("lab", load_settings(folder / "hercules.toml"), utc_now, Breaker("lab", utc_now))
    assert isinstance(desk, GenericDesk)
    assert desk.config.note is not None
    url = desk.config.note.url.fill({"ticket_id": "1"})
    assert url == f"{base}/issues/1/notes"


@pytest.mark.parametrize(
    ("args", "why"),
    [
        ((*ADD[:2], "Shop", *ADD[3:]), "no name for a desk"),
        ((*ADD, "--set", "base_url=http://desk.example.com"), "--private"),
        ((*ADD, "--set", "base_url=https://localhost"), "--private"),
        ((*ADD, "--set", "proof=guess"), "none of standard"),
        ((*ADD, "--set", "bse_url=https://x.example"), "did you mean base_url"),
        ((*ADD, "--policy", "shout"), "policy"),
        ((*ADD, "--set", "nonsense"), "KEY=VALUE"),
        ((*ADD, "--set-file", "headers.X=/nowhere"), "cannot be read"),
        (("desk", "add", "shop", "--no-ask", "--kind", "fax"), "no kind 'fax'"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_changed(folder: Path, args: tuple[str, ...], why: str) -> None:
    before = text_of(folder)
    ran = run(*args, folder=folder)
    assert ran.code in (1, 2)
    assert why in ran.err
    assert text_of(folder) == before


def test_a_second_desk_of_a_name_is_refused(folder: Path) -> None:
    assert run(*ADD, *ANSWERS, folder=folder).code == 0
    before = text_of(folder)
    assert "already" in run(*ADD, *ANSWERS, folder=folder).complaint()
    assert text_of(folder) == before


def test_secrets_come_from_files_too(folder: Path) -> None:
    mine = new_secret()
    (folder / "secret").write_text(mine + "\n")
    (folder / "token").write_text("Bearer t0p\n")
    files = ("--secret-file", "secret", "--set-file", "headers.Authorization=token")
    assert run(*ADD, *ANSWERS, *files, folder=folder).code == 0
    desk = load_settings(folder / "hercules.toml").desks["shop"]
    assert desk.secrets[0].value.get_secret_value() == mine
    assert 'headers.Authorization = "Bearer t0p"' in text_of(folder)


@pytest.mark.parametrize("kind", sorted(DESKS))
def test_every_kind_tells_what_to_ask_and_what_to_do(kind: str) -> None:
    setup = DESKS[kind].setup
    assert setup.title
    assert setup.steps
    assert len({question.key for question in setup.questions}) == len(setup.questions)
    new = adding.make("shop", kind, "", setup, {"base_url": "https://desk.example"}, "the-secret")
    told = "\n".join(adding.steps(setup, new, "https://bot.example"))
    assert "https://bot.example/hooks/shop" in told
    assert "{hook_url}" not in told
    assert "the-secret" not in repr(new)


PLAUSIBLE = {
    "base_url": "https://desk.example.com",
    "bot_ids": "7, 8",
    "repositories": "octo/app",
    "account_id": "3",
    "user": "bot@example.com",
}


@pytest.mark.parametrize("kind", sorted([*DESKS, *PRESETS]))
def test_every_kind_is_added_by_its_own_questions_and_takes_its_test_delivery(
    folder: Path, kind: str
) -> None:
    """Each way to prove deliveries in turn; what is written is what the service and the check can use."""
    setup = PRESETS[kind] if kind in PRESETS else DESKS[kind].setup
    asked = [each for each in setup.questions if not each.default]
    needed = [each.key for each in asked if not each.optional or each.key in PLAUSIBLE]
    assert set(setup.by_proof) == set(setup.secret_forms), "each proof has its own step"
    given = [f"--set={key}={PLAUSIBLE.get(key, 't0k3n')}" for key in needed]
    for number, proof in enumerate(setup.secret_forms or [""]):
        name = f"desk{number}"
        by = [f"--set=proof={proof}"] if proof else []
        ran = run("desk", "add", name, "--kind", kind, "--no-ask", *given, *by, folder=folder)
        assert ran.code == 0, ran
        assert "t0k3n" not in ran.out
        settings = load_settings(folder / "hercules.toml")
        desk = make_desk(name, settings, utc_now, Breaker(name, utc_now))
        body = check_body("1")
        signed = desk.test_delivery(body, utc_now())
        headers = [(key.lower().encode(), value.encode()) for key, value in signed.headers.items()]
        desk.verify(headers, body, utc_now(), signed.url_secret)
        file = []
        if kind in DESKS and adding.form_of(setup, {"proof": proof}) == "given":
            assert "--secret-file" in run("desk", "rotate", name, folder=folder).complaint(2)
            (folder / "theirs").write_text(new_secret())
            file = ["--secret-file", "theirs"]
        assert run("desk", "rotate", name, *file, folder=folder).code == 0
        assert len(load_settings(folder / "hercules.toml").desks[name].secrets) == 2


def test_steps_keep_the_braces_of_others() -> None:
    setup = DESKS["generic"].setup
    odd = type(setup)(title="x", questions=(), steps=('{"id": "{{ticket.id}}"} to {hook_url} {other}',))
    new = adding.make("shop", "generic", "note", odd, {}, "s")
    assert adding.steps(odd, new, "https://b.example") == [
        '{"id": "{{ticket.id}}"} to https://b.example/hooks/shop {other}'
    ]


# --- the file as text -------------------------------------------------------------------------------

UNTIL = datetime(2026, 2, 1, tzinfo=UTC)
SPELLINGS = [
    '[desks.shop]\nkind = "generic" # the shop\nsecrets = [{ value = "old" }] # one\n',
    '[desks."shop"]\nsecrets = [\n  # the first\n  { value = "old" }, # it\n]\n[desks.b]\nsecrets = []\n',
    "[ desks . 'shop' ]\nsecrets=[{value='old'}]\n",
    '[desks.a]\nsecrets = [{value = "x"}]\n[desks.shop]\nsecrets = [{ value = "]}#\\"" }, { value = "o" }]\n',
    '[desks.shop]\nsecrets = [{ value = "old", not_after = 2026-01-05T00:00:00Z }, { value = "b" }]\n',
    "[desks.shop]\nsecrets = []\n",
]


@pytest.mark.parametrize("text", SPELLINGS)
def test_a_secret_is_added_whatever_the_spelling(text: str) -> None:
    old = tomllib.loads(text)["desks"]["shop"]["secrets"]
    changed = with_secret(text, "shop", 'new "one"', UNTIL)
    found = tomllib.loads(changed)["desks"]["shop"]["secrets"]
    assert found == [{"value": 'new "one"'}, *({"not_after": UNTIL, **each} for each in old)]
    assert [line for line in text.splitlines() if line.lstrip().startswith("#")] == [
        line for line in changed.splitlines() if line.lstrip().startswith("#")
    ]


@pytest.mark.parametrize(
    "text",
    [
        '[[desks.shop.secrets]]\nvalue = "old"\n',
        'desks.shop.secrets = [{ value = "old" }]\n',
        '[desks]\nshop = { secrets = [{ value = "old" }] }\n',
        '[desks.shop]\nkind = "generic"\n[desks.b]\nsecrets = [{ value = "theirs" }]\n',
        'note = """\n[desks.shop]\nsecrets = [{ value = "told" }]\n"""\n[desks.shop]\nunsigned = true\n',
    ],
)
def test_a_spelling_we_cannot_change_is_told_with_what_to_write(text: str) -> None:
    with pytest.raises(SettingsError, match=r"by hand .*not_after = 2026-02-01T00:00:00Z"):
        with_secret(text, "shop", "new", UNTIL)


def test_a_desk_is_added_after_anything_and_never_into_something() -> None:
    for text in ("", "a = 1", "[server]\nport = 1\n", '[desks.b]\nkind = "generic"', "[[x]]\ny = 1\n"):
        after = tomllib.loads(with_desk(text, "shop", {"kind": "generic", "a.b": ["x", True, 3]}))
        assert after["desks"]["shop"] == {"kind": "generic", "a": {"b": ["x", True, 3]}}
        after["desks"].pop("shop")
        assert after == {**tomllib.loads(text), "desks": tomllib.loads(text).get("desks", {})}
    with pytest.raises(SettingsError):
        with_desk("desks = { b = {} }\n", "shop", {"kind": "generic"})


# --- a new secret -----------------------------------------------------------------------------------


def deliver(process: Process, secret: str, delivery_id: str) -> int:
    raw = json.dumps(ticket_body(delivery_id)).encode()
    headers = sign_standard([standard_key(secret, "test")], delivery_id, utc_now(), raw)
    return process.client.post(f"/hooks/{DESK}", content=raw, headers=headers).status_code


def secrets_of(process: Process) -> list[str]:
    return [each.value.get_secret_value() for each in load_settings(process.config).desks[DESK].secrets]


def test_while_a_secret_is_changed_no_delivery_is_refused(tmp_path: Path) -> None:
    with processes(tmp_path) as process:
        process.start()
        assert deliver(process, process.secret, "a") == 202
        ran = run("desk", "rotate", DESK, "--config", process.config)
        assert ran.code == 0, ran
        new, old = secrets_of(process)
        assert old == process.secret
        assert new in ran.out
        assert deliver(process, old, "b") == 202, "before the restart"
        assert process.stop() == 0
        process.start()
        assert deliver(process, old, "c") == 202
        assert deliver(process, new, "d") == 202
        assert deliver(process, new_secret(), "e") == 401
        told = process.log.read_text() + process.client.get("/metrics").text
        assert not any(each in told for each in (new, old))
    first, second = load_settings(process.config).desks[DESK].secrets
    assert first.not_after is None
    assert second.not_after is not None
    assert abs(second.not_after - utc_now() - timedelta(days=7)) < timedelta(minutes=5)


# --- proving ------------------------------------------------------------------------------------------


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    with processes(tmp_path) as found:
        found.config.chmod(0o600)
        found.start()
        yield found


def check(process: Process, *args: str) -> Ran:
    return run("desk", "check", DESK, "--config", process.config, *args)


def test_a_good_desk_is_proven_through_the_real_door_and_no_ticket_is_opened(process: Process) -> None:
    for _ in range(2):
        ran = check(process, "--json")
        assert ran.code == 0, ran
        found = {each["name"]: each["ok"] for each in ran.json}
        assert found == {
            **dict.fromkeys(
                ("settings", "file", "secrets", "finds its posts", "clock", "door", "recorded"), True
            ),
            **dict.fromkeys(("reads tickets", "writes", "webhooks"), None),
        }
    db = open_database(process.folder / "data", exclusive=False)
    with db.read() as conn:
        rows = inbox.list_some(conn, frozenset({DESK}), ("done",))
    db.close()
    assert [row.why for row in rows] == ["a test delivery"] * 2
    assert "the last real one from the desk: never" in ran.out, "a test delivery is not of the desk"
    assert process.secret not in ran.out + process.log.read_text()
    assert check(process).lines[0].startswith("ok ")


def test_what_is_wrong_is_named_with_how_to_mend_it(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    process.config.chmod(0o644)
    late = format_datetime(utc_now() - timedelta(minutes=10), usegmt=True)
    monkeypatch.setattr(BaseHTTPRequestHandler, "date_time_string", lambda *_: late)
    process.config.write_text(process.config.read_text().replace(process.secret, new_secret()))
    ran = check(process)
    assert ran.code == 1
    failed = [line for line in ran.lines if line.startswith("FAILED")]
    assert [line.split()[1] for line in failed] == ["file:", "clock:", "door:"]
    assert "chmod 600" in failed[0]
    assert "behind ours" in failed[1]
    assert "restart it" in failed[2]


def test_a_service_that_does_not_run_and_a_desk_that_is_away_are_told(process: Process) -> None:
    process.stop()
    process.desk.stop()
    ran = check(process)
    failed = [line.split(":")[0] for line in ran.lines if line.startswith("FAILED")]
    assert failed == ["FAILED finds its posts", "FAILED door"]
    (posts,) = (line for line in ran.lines if line.startswith("FAILED finds its posts"))
    assert posts.endswith("look at base_url, and at the network between us and the desk")
    assert "hercules serve" in ran.out
    assert "-      recorded: not tried" in ran.lines


def test_an_unknown_desk_is_told(folder: Path) -> None:
    assert "no desk 'none'" in run("desk", "check", "none", folder=folder).complaint()
    assert "no desk 'none'" in run("desk", "rotate", "none", folder=folder).complaint()


def test_the_list_tells_kind_policy_and_address(admin: Path) -> None:
    (row,) = run("desk", "list", "--json", folder=admin).json
    assert (row["name"], row["kind"], row["policy"], row["state"]) == (
        "shop",
        "generic",
        "note",
        "not tried yet",
    )
    assert row["hook"].endswith("/hooks/shop")
    told = run("desk", "list", folder=admin).out
    assert "shop  generic  note" in told
    assert "last webhook: never" in told


def test_the_list_tells_since_when_a_desk_is_left_alone_and_what_was_refused(admin: Path) -> None:
    def put(conn: Connection) -> None:
        why = "the desk refused our credentials (403)"
        desks.save_breaker(conn, desks.BreakerRow("shop", "open", UNTIL, 1, 5.0, UNTIL, why))
        desks.add_refusals(conn, desks.Refusals("shop", 3, UNTIL, UNTIL))

    assert run("desk", "list", folder=admin).code == 0
    db = open_database(admin / "data", exclusive=False)
    db.do(put)
    db.close()
    told = run("desk", "list", folder=admin).out
    assert "paused until 2026-02-01 00:00 UTC" in told
    assert "the desk refused our credentials (403)" in told
    assert "3 refused since 2026-02-01 00:00 UTC" in told


def test_a_new_secret_in_an_address_is_told_with_all_addresses(folder: Path) -> None:
    answers = ("--set", "base_url=https://desk.example", "--set", "password=pw", "--set", "bot_ids=7")
    assert (
        run("desk", "add", "help", "--kind", "django-helpdesk", "--no-ask", *answers, folder=folder).code == 0
    )
    ran = run("desk", "rotate", "help", folder=folder)
    new = load_settings(folder / "hercules.toml").desks["help"].secrets[0].value.get_secret_value()
    for tail in ("new", "followup"):
        assert f"address: http://127.0.0.1:8400/hooks/help/{new}/{tail}\n" in ran.out
    assert "Restart the service" in ran.out
    checked = run("desk", "check", "help", folder=folder).out
    assert "2 active; the old one ends " in checked


def test_a_signed_test_shows_none_of_its_secrets() -> None:
    assert repr(SignedTest({"x-token": "t0p"}, "p4th")) == "SignedTest(tail='')"
