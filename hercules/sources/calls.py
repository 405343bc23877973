"""How sources ask services: one deadline for a whole pass, rate limits kept, every failure in a sentence."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias
from urllib.parse import urljoin, urlsplit

from hercules.calling import Answer, Reach, basic
from hercules.model import DeskError, SettingsError
from hercules.settings import SourceSettings
from hercules.sources.source import SourceFailed, Tools, wrong

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

ANSWER_MAX_BYTES = 32 << 20
PAGES_MAX = 10_000
TRIES = 4
_DEPTH_MAX, _VALUES_MAX = 64, 500_000
_WAIT_FIRST_S = 1.0
_WAIT_UNSAID_S = 5.0
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_OWN_HEADERS = frozenset(("host", "content-length", "transfer-encoding", "connection", "accept-encoding"))


# --- reach and credentials, from the settings -------------------------------------------------------


def reach_of(name: str, urls: Mapping[str, str], private_hosts: tuple[str, ...]) -> Reach:
    """The hosts of these URLs (by the setting that names each). Raises SettingsError.

    The private ones may be spoken to without TLS.
    """
    private = frozenset(host.strip().lower() for host in private_hosts)
    hosts = frozenset(_host(name, key, url, private) for key, url in urls.items())
    return Reach(hosts, private_hosts=private, plain_hosts=private)


def _host(name: str, key: str, url: str, private: frozenset[str]) -> str:
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise SettingsError(wrong(name, key, "this is no URL")) from None
    if parts.scheme not in ("https", "http") or not host or parts.username or parts.password:
        raise SettingsError(
            wrong(name, key, "write a URL such as https://kb.example.com, without a password")
        )
    shown = f"[{host}]" if ":" in host else host
    listed = f"{shown}:{port}" if port else shown
    if parts.scheme == "http" and not {listed, f"{listed}:80"} & private:
        raise SettingsError(
            wrong(name, key, f"http is not safe; use https, or list {listed!r} in private_hosts")
        )
    return listed


def credentials(name: str, settings: SourceSettings, user: str = "") -> dict[str, str]:
    """The headers that prove who we are: `user` with `token` as Basic, `token` alone as Bearer, `headers`.

    Raises SettingsError naming the setting, never its value.
    """
    found = {key.lower(): value.get_secret_value() for key, value in settings.headers.items()}
    token = settings.token.get_secret_value() if settings.token else ""
    who = user or settings.user
    if who and not token:
        raise SettingsError(wrong(name, "token", "a user needs a token too"))
    if token and who:
        found["authorization"] = basic(who, token)
    elif token:
        found["authorization"] = f"Bearer {token}"
    for key, value in found.items():
        if key in _OWN_HEADERS or not key.replace("-", "").isalnum() or not _visible(value):
            what = "a header has a plain name of its own and a value of visible ASCII"
            raise SettingsError(wrong(name, "token" if key == "authorization" else f"headers.{key}", what))
    return found


def _visible(value: str) -> bool:
    return value.isascii() and value.isprintable()


# --- calls ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asking:
    """What does not change during a pass. `setting` is the one to look at when something is not there."""

    name: str
    headers: Mapping[str, str]
    deadline_s: float
    setting: str = "base_url"

    def __repr__(self) -> str:
        return f"Asking({self.name})"


class Caller:
    """The requests of one pass. Every method raises SourceFailed when the pass cannot go on."""

    def __init__(self, asking: Asking, tools: Tools, ticks: Callable[[], float] = time.monotonic) -> None:
        self._asking, self._tools, self._ticks = asking, tools, ticks
        self._ends = ticks() + asking.deadline_s
        self._seen: set[str] = set()

    def start_over(self) -> None:
        """Let a listing be read from its beginning again."""
        self._seen.clear()

    def listing(self, url: str) -> dict[str, Json]:
        """The object at the next address of a listing; one that was asked before ends the pass."""
        if url in self._seen or len(self._seen) >= PAGES_MAX:
            raise self.failed("the listing does not come to an end")
        self._seen.add(url)
        value = self.json(url)
        if not isinstance(value, dict):
            raise self.failed(f"{_path(url)} was answered with JSON that is no object", look=True)
        return value

    def json(self, url: str) -> Json:
        """The JSON at a URL; one that is cut off is asked for again."""
        for attempt in range(TRIES):
            try:
                return read_json(self.body(url))
            except ValueError as error:
                if attempt == TRIES - 1:
                    why = f"{_path(url)} was answered with what is no whole JSON: {error}"
                    raise self.failed(why, look=True) from None
                self._wait(_WAIT_FIRST_S * 2**attempt)
        raise AssertionError("a loop of tries ends with a result or an error")

    def body(self, url: str, max_bytes: int = ANSWER_MAX_BYTES) -> bytes:
        """The body at a URL; tried again while the service is busy or does not answer."""
        answer = self.answer(url, max_bytes)
        if not 200 <= answer.status < 300:
            raise self.refused(url, answer.status)
        return answer.body

    def answer(self, url: str, max_bytes: int = ANSWER_MAX_BYTES) -> Answer:
        """The answer of a URL, with any status that another try would not change."""
        why = ""
        for attempt in range(TRIES):
            wait = _WAIT_FIRST_S * 2**attempt
            try:
                answer = self._send(url, max_bytes)
            except DeskError as error:
                if error.permanent or "larger than" in str(error):  # another try would end the same way
                    raise self.failed(str(error), look=True) from None
                why = str(error)
            else:
                if answer.status != 429 and answer.status < 500:
                    return answer
                why = f"{_path(url)} was answered with {answer.status}"
                asked = answer.retry_after_s
                wait = asked if asked is not None else max(wait, _WAIT_UNSAID_S)
            if attempt < TRIES - 1:
                self._wait(wait, why)
        raise self.failed(f"{why}, {TRIES} times")

    def _send(self, url: str, max_bytes: int) -> Answer:
        return self._tools.client.send(
            "GET",
            url,
            headers=self._asking.headers,
            deadline_s=max(0.001, min(self._tools.deadline_s, self._left_s())),
            answer_max_bytes=max_bytes,
        )

    def _left_s(self) -> float:
        left = self._ends - self._ticks()
        if left <= 0:
            setting = f"sources.{self._asking.name}.deadline"
            raise self.failed(f"the pass took longer than {self._asking.deadline_s:g} s ({setting})")
        return left

    def _wait(self, seconds: float, why: str = "") -> None:
        """Wait as asked. A wait past the end of the pass ends it at once."""
        left = self._left_s()
        if seconds >= left:
            busy = f"{why} and " if why else ""
            raise self.failed(f"{busy}asks us to wait {seconds:.0f} s, which is more than the pass has left")
        if self._tools.pause(seconds):
            raise self.failed("the pass was stopped")

    def refused(self, url: str, status: int) -> SourceFailed:
        """The sentence for an answer that is no 2xx: what was refused and which setting to look at."""
        name, given = self._asking.name, "authorization" in self._asking.headers
        if status == 401 and given:
            return self.failed(
                f"the token was refused (401); it may have expired: renew sources.{name}.token"
            )
        if status == 401:
            return self.failed(f"it wants credentials (401): set sources.{name}.token")
        if status == 403:
            return self.failed(
                f"{_path(url)} may not be read (403): check the account's rights and sources.{name}.token"
            )
        there = "is not there" if status in (404, 410) else "was answered with"
        return self.failed(f"{_path(url)} {there} ({status})", look=True)

    def failed(self, why: str, *, look: bool = False) -> SourceFailed:
        """The sentence for a pass that cannot go on."""
        hint = f"; look at sources.{self._asking.name}.{self._asking.setting}" if look else ""
        return SourceFailed(f"{self._asking.name}: {why}{hint}")


def following(url: str, onward: object) -> str:
    """The absolute address of the next part of a listing, '' when there is none.

    One that cannot be made whole stays as it is: asking for it ends the pass with a sentence.
    """
    if not isinstance(onward, str) or not onward:
        return ""
    try:
        return urljoin(url, onward)
    except ValueError:
        return onward


def _path(url: str) -> str:
    """The path of a URL for messages: a query may hold what is nobody's business."""
    return urlsplit(url).path[:120] or "/"


# --- values -----------------------------------------------------------------------------------------


def read_json(raw: bytes) -> Json:
    """The values of a JSON text. ValueError for half of one, and for one too deep or too large to hold."""
    _check_size(raw)
    try:
        value: Json = json.loads(raw.decode("utf-8-sig", "replace"), parse_constant=lambda _: None)
    except json.JSONDecodeError as error:
        raise ValueError(f"it breaks off or errs at line {error.lineno}, column {error.colno}") from None
    except (ValueError, RecursionError):
        raise ValueError("a number or the nesting is beyond all measure") from None
    return value


def _check_size(raw: bytes) -> None:
    """Count brackets and commas outside of strings, before a parser builds anything."""
    bare = raw.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in raw else raw
    outside = b" ".join(bare.split(b'"')[::2])
    if outside.count(b",") + outside.count(b"[") + outside.count(b"{") > _VALUES_MAX:
        raise ValueError(f"it holds more than {_VALUES_MAX} values")
    depth = 0
    for byte in outside.translate(None, _NOT_BRACKETS):
        depth += 1 if byte in b"[{" else -1
        if depth > _DEPTH_MAX:
            raise ValueError(f"it is nested deeper than {_DEPTH_MAX}")


def at(value: Json, path: str) -> Json:
    """What lies at a dotted path, None where it leads nowhere; '' is the value itself."""
    for step in path.split(".") if path else ():
        value = value.get(step) if isinstance(value, dict) else None
    return value


def text_at(value: Json, path: str) -> str:
    """A text or whole number at a path as text, '' for all else."""
    found = at(value, path)
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    return found if isinstance(found, str) else ""


def list_at(value: Json, path: str) -> list[Json]:
    """The list at a path, [] for all else."""
    found = at(value, path)
    return found if isinstance(found, list) else []


def iso_time(text: str) -> datetime | None:
    """An ISO time as aware UTC; None when it is none."""
    try:
        time = datetime.fromisoformat(text.strip())
        return (time.replace(tzinfo=UTC) if time.tzinfo is None else time).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
