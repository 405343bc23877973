"""Adding a desk: asking what its kind needs, writing it down, and telling what to do at the desk."""

from __future__ import annotations

import base64
import ipaddress
import re
import secrets
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from hercules.desks.desk import Question, SecretForm, Setup
from hercules.model import SettingsError

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
HOOK_TAIL = re.compile(r"\{hook_url\}((?:/[a-z]+)?)")
Ask = Callable[[Question], str]


@dataclass(frozen=True, slots=True)
class NewDesk:
    """What is written under `[desks.NAME]`, with what the admin must know of it."""

    name: str
    kind: str
    values: Mapping[str, object] = field(repr=False)
    form: SecretForm = "text"
    secret: str = field(default="", repr=False)


def check_name(name: str) -> None:
    """Raises SettingsError for a name that does not fit into an address."""
    if not NAME.fullmatch(name):
        raise SettingsError(
            f"{name!r} is no name for a desk; take small letters, digits, - and _, for example shop"
        )


def new_secret(form: SecretForm) -> str:
    """A fresh secret of this form; where the desk makes it, one that fits nothing until its own is there."""
    if form == "basic":
        return "hercules:" + secrets.token_hex(24)
    if form in ("standard", "given"):
        return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode("ascii")
    return secrets.token_hex(32)


def form_of(setup: Setup, answers: Mapping[str, object]) -> SecretForm:
    """What proves the deliveries, by what was answered."""
    return setup.secret_forms.get(str(answers.get("proof", "")), setup.secret)


def answers_of(setup: Setup, given: Mapping[str, str], ask: Ask) -> dict[str, object]:
    """The settings by what was given on the command line, and by asking for the rest.

    Raises SettingsError for an answer that is none of the choices, or a key nobody asks for.
    """
    known = {question.key for question in setup.questions}
    found: dict[str, object] = {key: _plain(value) for key, value in given.items() if key not in known}
    for question in setup.questions:
        answer = given[question.key] if question.key in given else ask(question)
        if question.choices and answer not in question.choices and not (question.optional and not answer):
            raise SettingsError(f"{question.key}: {answer!r} is none of {', '.join(question.choices)}")
        if answer:
            found[question.key] = _listed(answer) if question.many else answer
        elif not question.optional:
            raise SettingsError(f"{question.key} is needed: --set {question.key}=...  ({question.ask})")
    return found


def _listed(answer: str) -> list[str]:
    return [each.strip() for each in answer.split(",") if each.strip()]


def _plain(value: str) -> object:
    """A further setting as TOML would read it, else as text."""
    import tomllib

    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return value


def needs_private(answers: Mapping[str, object]) -> str:
    """The host of `base_url` when it must be listed as private, else ''."""
    url = urlsplit(str(answers.get("base_url", "")))
    if url.scheme == "http" or _inside(url.hostname or ""):
        return url.netloc
    return ""


def _inside(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".local", ".internal", ".lan"))


def make(
    name: str, kind: str, policy: str, setup: Setup, answers: Mapping[str, object], secret: str
) -> NewDesk:
    """The desk as it is written. An empty `secret` is made here. Raises SettingsError."""
    form = form_of(setup, answers)
    secret = secret or new_secret(form)
    values: dict[str, object] = {"kind": kind, "policy": "note", "secrets": [{"value": secret}]}
    values |= {key: list(value) if isinstance(value, tuple) else value for key, value in setup.fixed.items()}
    values |= {"policy": policy} if policy else {}
    return NewDesk(name, kind, values | dict(answers), form, secret)


def prove(text: str, path: Path, name: str) -> None:
    """Read the file to be written as the service would. Raises SettingsError, and nothing was changed."""
    from hercules.outbound import Breaker
    from hercules.settings import load_settings
    from hercules.wiring import make_desk, utc_now

    with tempfile.TemporaryDirectory(prefix="hercules-") as folder:
        tried = Path(folder) / path.name
        tried.touch(0o600)
        tried.write_text(text, encoding="utf-8")
        try:
            settings = load_settings(tried)
        except SettingsError as error:
            raise SettingsError(str(error).replace(str(tried), str(path))) from None
    make_desk(name, settings, utc_now, Breaker(name, utc_now))


def hook_url(public_url: str, name: str, form: SecretForm, secret: str) -> str:
    """Where the desk sends its deliveries."""
    return f"{public_url}/hooks/{name}" + (f"/{secret}" if form == "path" else "")


def hook_urls(setup: Setup, public_url: str, name: str, form: SecretForm, secret: str) -> list[str]:
    """All addresses the desk's steps name, one for each kind of news where it sends them apart."""
    tails = dict.fromkeys(tail for step in setup.steps for tail in HOOK_TAIL.findall(step))
    return [hook_url(public_url, name, form, secret) + tail for tail in tails or [""]]


def steps(setup: Setup, new: NewDesk, public_url: str) -> list[str]:
    """What to do at the desk, with everything filled in; braces that are no slot of ours stay."""
    by_proof = setup.by_proof.get(str(new.values.get("proof", "")), "")
    known = {
        "hook_url": hook_url(public_url, new.name, new.form, new.secret),
        "secret": new.secret,
        "name": new.name,
        **{key: str(value) for key, value in new.values.items() if "." not in key and isinstance(value, str)},
    }
    slots = re.compile("|".join(re.escape("{" + key + "}") for key in known))
    told = [by_proof if step == "{by_proof}" else step for step in setup.steps]
    return [slots.sub(lambda found: known[found[0][1:-1]], step) for step in told if step]
