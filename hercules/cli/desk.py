"""`hercules desk`: connecting a desk, proving it, listing desks, and changing a secret."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hercules.cli import desk_sending
from hercules.cli.shared import AsJson, Config, fail, print_json

if TYPE_CHECKING:
    from hercules.cli.desk_adding import NewDesk
    from hercules.desks.desk import Finding, Question, SecretForm, Setup
    from hercules.store.desks import BreakerRow

app = typer.Typer(no_args_is_help=True, help="Connect support desks and prove that they work.")
NO_SETTINGS: list[str] = []
_SHOWN = {True: "ok", False: "FAILED", None: "-"}


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="What to call it here; part of the hook's address.")] = "",
    kind: Annotated[str, typer.Option(help="What it is; asked for when left out.")] = "",
    given: Annotated[
        list[str], typer.Option("--set", help="KEY=VALUE, an answer given here; may be repeated.")
    ] = NO_SETTINGS,
    files: Annotated[
        list[str], typer.Option("--set-file", help="KEY=FILE, a secret answer that lies in a file.")
    ] = NO_SETTINGS,
    secret_file: Annotated[
        Path | None, typer.Option(help="A file with the secret of its webhooks, where the desk made it.")
    ] = None,
    policy: Annotated[
        str, typer.Option(help="note, hold, shadow or post; its kind's own when left out.")
    ] = "",
    private: Annotated[
        bool, typer.Option("--private", help="The desk is in a private network or without TLS.")
    ] = False,
    ask: Annotated[bool, typer.Option("--ask/--no-ask", help="Ask for what is not given.")] = True,
    config: Config = None,
) -> None:
    """Ask what a desk needs, write it into hercules.toml, and print address, secret and steps."""
    from hercules.cli import desk_adding as adding
    from hercules.cli.tomltext import with_desk, write_private
    from hercules.desks.generic.presets import PRESETS
    from hercules.settings import load_settings
    from hercules.wiring import DESKS

    path = _config_path(config)
    name = name or _typed("Name of the desk here", "desk", ask)
    adding.check_name(name)
    setups = {**PRESETS, **{each: DESKS[each].setup for each in DESKS}}
    kind = kind or _typed(f"Kind ({', '.join(sorted(setups))})", "generic", ask)
    if kind not in setups:
        raise fail(f"there is no kind {kind!r}; known are {', '.join(sorted(setups))}", 2)
    setup = setups[kind]
    answers = adding.answers_of(setup, _pairs(given, files), _asker(ask))
    inside = adding.needs_private(answers)
    if inside and "private_hosts" not in answers:
        if not private and not (ask and typer.confirm(f"{inside} is private or has no TLS. Allow it?")):
            raise fail(f"{inside} is private or has no TLS; say --private if that is right", 2)
        answers["private_hosts"] = [inside]
    url = load_settings(path).public_url()
    secret = _first_line(secret_file) if secret_file else ""
    if not secret and ask and adding.form_of(setup, answers) == "given":
        secret = _asked_secret(adding.hook_url(url, name, "given", ""))
    new = adding.make(name, "generic" if kind in PRESETS else kind, policy, setup, answers, secret)
    text = with_desk(path.read_text(encoding="utf-8"), name, new.values)
    adding.prove(text, path, name)
    write_private(path, text)
    _tell_added(path, setup, new, url, placeholder=not secret)


@app.command("check")
def check(name: str, as_json: AsJson = False, config: Config = None) -> None:
    """Prove a desk: credentials, permissions, clock, and a signed test delivery through the real door."""
    from hercules.cli import desk_checking as checking
    from hercules.settings import load_settings
    from hercules.wiring import hush_log

    hush_log()
    path = _config_path(config)
    settings = load_settings(path)
    if name not in settings.desks:
        raise fail(f"there is no desk {name!r} in {path}; `hercules desk list` shows them")
    found = []
    for each in checking.findings(settings, path, name):
        found.append(each)
        if not as_json:
            _tell(each)
    if as_json:
        print_json([{"name": each.name, "ok": each.ok, "detail": each.detail} for each in found])
    raise typer.Exit(checking.worst(found))


@app.command("list")
def list_all(as_json: AsJson = False, config: Config = None) -> None:
    """The desks with their kind and policy, and how the service last saw them."""
    from hercules.cli.desk_checking import heard
    from hercules.cli.shared import short_house
    from hercules.store import desks

    with short_house(config) as house, house.db.read() as conn:
        passes = desks.passes(conn, house.desk_ids)
        breakers = desks.breaker_rows(conn, house.desk_ids)
        told = heard(conn, house.desk_ids)
    rows = [
        {
            "name": name,
            "kind": each.kind,
            "policy": each.policy,
            "hook": house.hook(name),
            "state": _state(
                breakers.get(name), heard=bool(told[name].last or (name in passes and passes[name].good_at))
            ),
            "last_webhook": told[name].last or "never",
            "refused": told[name].refused,
            "last_good_pass": _shown_time(passes[name].good_at) if name in passes else "",
            "trouble": (passes[name].why if name in passes else "")
            or (breakers[name].why if name in breakers else ""),
        }
        for name, each in sorted(house.desk_settings.items())
    ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        webhook = {"last_webhook": f"last webhook: {row['last_webhook']}"}
        typer.echo("  ".join(value for value in {**row, **webhook}.values() if value))
    if not rows:
        typer.echo("No desk is set up yet; `hercules desk add` adds one.")


@app.command("rotate")
def rotate(
    name: str,
    days: Annotated[float, typer.Option(help="How long the old secret goes on counting.", min=0.01)] = 7.0,
    secret_file: Annotated[
        Path | None, typer.Option(help="A file with the new secret, where the desk made it.")
    ] = None,
    config: Config = None,
) -> None:
    """Add a new secret to a desk and give the old one an end; both count until then."""
    from hercules.cli import desk_adding as adding
    from hercules.cli.tomltext import with_secret, write_private
    from hercules.settings import load_settings
    from hercules.wiring import kind_of, utc_now

    path = _config_path(config)
    settings = load_settings(path)
    if name not in settings.desks:
        raise fail(f"there is no desk {name!r} in {path}; `hercules desk list` shows them")
    common = settings.desks[name]
    setup = kind_of(name, common).setup
    form = adding.form_of(setup, common.model_extra or {})
    if form == "given" and not secret_file:
        raise fail(
            f"the secret of desks.{name} is made by the desk: have it make a new one there, and give it with "
            "--secret-file FILE",
            2,
        )
    secret = _first_line(secret_file) if secret_file else adding.new_secret(form)
    until = utc_now() + timedelta(days=days)
    text = with_secret(path.read_text(encoding="utf-8"), name, secret, until)
    adding.prove(text, path, name)
    write_private(path, text)
    typer.echo(f"desks.{name} has a new secret; the old one counts until {_shown_time(until)} UTC.")
    hooks = adding.hook_urls(setup, settings.public_url(), name, form, secret) if form == "path" else []
    for number, step in enumerate(_steps_of_rotation(name, form, secret, hooks), 1):
        typer.echo(f"  {number}. {step}")


def _steps_of_rotation(name: str, form: SecretForm, secret: str, hooks: list[str]) -> list[str]:
    """What is left to do; a secret that the desk made is at the desk already."""
    addresses = "".join(f"\n     The hook's new address: {each}" for each in hooks)
    return [
        "Restart the service: from then on it takes both.",
        *([f"At the desk, put in the new secret: {secret}{addresses}"] if form != "given" else []),
        f"hercules desk check {name}",
    ]


app.command("send")(desk_sending.send)


# --- asking and telling ---------------------------------------------------------------------------------


def _config_path(config: Path | None) -> Path:
    from hercules.settings import find_config

    path = find_config(config)
    if path is None or not path.is_file():
        raise fail(f"{path or 'hercules.toml'}: no such file; `hercules init` writes one")
    return path


def _tell_added(path: Path, setup: Setup, new: NewDesk, url: str, *, placeholder: bool) -> None:
    """Address, secret and steps, and what is left to do."""
    from hercules.cli import desk_adding as adding

    typer.echo(f"Added [desks.{new.name}] to {path}, which only its owner can read.\n\n{setup.title}:")
    for number, step in enumerate(adding.steps(setup, new, url), 1):
        typer.echo(f"  {number}. {step}")
    if new.form == "given" and placeholder:
        later = f"hercules desk rotate {new.name} --secret-file FILE"
        typer.echo(f"  The secret in the file fits nothing yet; put in the desk's own: {later}")
    if setup.docs:
        typer.echo(f"  More: {setup.docs}")
    if "//127.0.0.1" in url or "//localhost" in url:
        typer.echo("  Only this machine reaches that address; for others set server.base_url (and TLS).")
    typer.echo(f"\nThen restart the service and prove it: hercules desk check {new.name}")


def _typed(prompt: str, default: str, ask: bool) -> str:
    if not ask:
        raise fail(f"{prompt}: give it on the command line, or let the command ask", 2)
    return str(typer.prompt(prompt, default=default))


def _asker(ask: bool) -> Callable[[Question], str]:
    def answer(question: Question) -> str:
        if not ask:
            return question.default
        while True:
            told = _told(question)
            if not question.choices or told in question.choices or (question.optional and not told):
                return told
            typer.echo(f"{told} is none of {', '.join(question.choices)}.")

    return answer


def _told(question: Question) -> str:
    choices = f" ({', '.join(question.choices)})" if question.choices else ""
    told = typer.prompt(
        question.ask + choices + (" [empty: none]" if question.optional else ""),
        default=question.default if question.default or question.optional else None,
        hide_input=question.secret,
        show_default=bool(question.default),
    )
    return str(told).strip()


def _asked_secret(hook_url: str) -> str:
    """The secret where the desk makes it; '' when it is not known yet."""
    typer.echo(f"Make the webhook at the desk now. Its address: {hook_url}")
    told = typer.prompt(
        "The secret the desk shows for it [empty: later]", default="", hide_input=True, show_default=False
    )
    return str(told).strip()


def _pairs(given: list[str], files: list[str]) -> dict[str, str]:
    found = {}
    for each in given:
        key, equals, value = each.partition("=")
        if not equals:
            raise fail(f"--set {each}: write KEY=VALUE", 2)
        found[key.strip()] = value
    for each in files:
        key, _, file = each.partition("=")
        found[key.strip()] = _first_line(Path(file))
    return found


def _first_line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise fail(f"{path} cannot be read: {error}") from None


def _tell(each: Finding) -> None:
    typer.echo(f"{_SHOWN[each.ok]:7}{each.name}: {each.detail}")


def _state(breaker: BreakerRow | None, *, heard: bool) -> str:
    """In a word; a desk that nobody heard of yet is not said to work."""
    if breaker is None or breaker.phase == "closed":
        return "works" if heard or breaker is not None else "not tried yet"
    until = _shown_time(breaker.until)
    return f"paused until {until} UTC" if until else "paused"


def _shown_time(at: object) -> str:
    from datetime import datetime

    return at.strftime("%Y-%m-%d %H:%M") if isinstance(at, datetime) else ""
