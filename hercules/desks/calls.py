"""How desks are called: one guarded request, what its status means, files, and a desk that is called so."""

from __future__ import annotations

import json
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Generic, Protocol, TypeVar
from urllib.parse import urljoin, urlsplit

import stamina

from hercules.calling import Answer, Client, Reach
from hercules.desks.desk import CallLimits, now_utc
from hercules.desks.jsonbody import Json, JsonLimits, TooMuch, read_json
from hercules.events import Event
from hercules.model import REFUSED, Attachment, BadDelivery, CredentialsRefused, DeskError, Unreadable
from hercules.settings import DeskSettings

TRIES = 3
CHUNK_BYTES = 1 << 16
T = TypeVar("T")
# An answer holds a page of tickets with all their fields, many times what a delivery does.
ANSWER_LIMITS = JsonLimits(nodes_max=500_000)
JSON_HEADERS: Mapping[str, str] = {"content-type": "application/json"}
_MAY_PASS = frozenset((408, 409, 425))
_GONE = frozenset((404, 410))
_REFUSED = frozenset((401, 403))
_NEXT = re.compile(r'<([^<>]{1,4000})>[^,<>]{0,200};\s*rel="?next\b')


@dataclass(frozen=True, slots=True)
class Request:
    """One request ready to send."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None

    def __repr__(self) -> str:
        return f"Request({self.method})"


def encode(value: Json) -> bytes:
    """JSON in ASCII; numbers that are not finite are refused by ValueError."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False).encode("ascii")


class Calls:
    """The requests of one desk: `client` decides what may be reached, `limits` what a call may cost."""

    def __init__(self, client: Client, limits: CallLimits) -> None:
        self._client, self._limits = client, limits

    def ask(self, request: Request) -> Answer:
        """Send, and again after a pause only while nothing was sent yet; all within one deadline.

        Any status is an answer. Raises DeskError with its outcome.
        """
        ends = time.monotonic() + self._limits.deadline_s
        for attempt in stamina.retry_context(
            on=_sent_nothing,
            attempts=TRIES,
            timeout=self._limits.deadline_s / 2,
            wait_initial=0.1,
            wait_max=1.0,
            wait_jitter=0.1,
        ):
            with attempt:
                return self._client.send(
                    request.method,
                    request.url,
                    headers=request.headers,
                    body=request.body,
                    deadline_s=max(ends - time.monotonic(), 0.001),
                    answer_max_bytes=self._limits.answer_max_bytes,
                )
        raise AssertionError("a retry context ends with a result or an error")

    def get(self, url: str, headers: Mapping[str, str]) -> Json:
        """The JSON at a URL. Raises DeskError for any answer but a 2xx with JSON in it."""
        return json_in(good(self.ask(Request("GET", url, headers))))

    def write(self, method: str, url: str, headers: Mapping[str, str], body: Json) -> Json:
        """Send a JSON body; the answer's JSON, None when it has none. Raises DeskError with its outcome."""
        answer = good(self.ask(Request(method, url, {**headers, **JSON_HEADERS}, encode(body))))
        return json_of(answer)

    def stream(self, url: str, headers: Mapping[str, str], limit: int) -> Iterator[bytes]:
        """The file at a URL in chunks. Raises DeskError, a permanent one when it is over `limit` bytes."""
        return self._client.stream(
            url, headers=headers, limit_bytes=limit, deadline_s=self._limits.attachment_deadline_s
        )


def _sent_nothing(error: Exception) -> bool:
    return isinstance(error, DeskError) and error.outcome == "no" and not error.permanent


def good(answer: Answer) -> Answer:
    """The answer if it is 2xx.

    Raises DeskError: for 4xx nothing happened, and it never will but for 408, 409, 425 and where we asked too
    often (Unreadable for 404 and 410, CredentialsRefused for 401 and 403, which an admin can mend); for
    everything else the desk may have acted.
    """
    status = answer.status
    if 200 <= status < 300:
        return answer
    if answer.asks_to_wait:
        raise DeskError(f"the desk answered {status}: asked too often", "no", answer.retry_after_s)
    if status in _GONE:
        raise Unreadable(f"the desk answered {status}", "no", answer.retry_after_s, permanent=True)
    if status in _REFUSED:
        raise CredentialsRefused(f"{REFUSED} ({status})", "no", answer.retry_after_s)
    if 400 <= status < 500:
        permanent = status not in _MAY_PASS
        raise DeskError(f"the desk answered {status}", "no", answer.retry_after_s, permanent=permanent)
    raise DeskError(f"the desk answered {status}", "unknown", answer.retry_after_s)


def json_in(answer: Answer) -> Json:
    """The answer's JSON. Raises DeskError when it is none, Unreadable when it is too much."""
    try:
        return read_json(answer.body, ANSWER_LIMITS).value
    except TooMuch as error:
        raise Unreadable(f"the desk's answer cannot be read: {error}", permanent=True) from None
    except BadDelivery as error:
        raise DeskError(f"the desk's answer cannot be read: {error}") from None


def json_of(answer: Answer) -> Json:
    """The answer's JSON, None when it is none."""
    try:
        return read_json(answer.body).value
    except BadDelivery:
        return None


def told_list(found: Json, name: str) -> list[Json]:
    """The list of an answer. Raises DeskError for what is none: that must not pass for an empty one."""
    if not isinstance(found, list):
        raise DeskError(f"the desk's answer holds no {name}, so it tells nothing")
    return found


def endless(what: str, pages: int) -> Unreadable:
    """The error of a list that goes on after so many pages."""
    return Unreadable(f"{what} has more than {pages} pages", permanent=True)


def readable(items: Iterable[T], read: Callable[[T], Iterable[Event]], what: str) -> Iterator[Event]:
    """The events of each listed item; of one that cannot be read to its end none at all.

    Raises BadDelivery after the last one, which names the first unreadable one and how many there were, and
    DeskError at once where the desk itself is in trouble.
    """
    unread: list[BadDelivery | Unreadable] = []
    for item in items:
        try:
            events = list(read(item))
        except (BadDelivery, Unreadable) as error:
            unread.append(error)
        else:
            yield from events
    if unread:
        raise BadDelivery(f"{len(unread)} listed {what} could not be read; the first: {unread[0]}")


def next_page(answer: Answer, url: str) -> str | None:
    """Where the list asked for at `url` goes on, None at its end. Source: RFC 8288, `Link` with `next`."""
    found = _NEXT.search(answer.headers.get("link", ""))
    return joined(url, found[1]) if found else None


def member(body: Json, name: str) -> Json:
    """What stands under a name, None where there is no such thing."""
    return body.get(name) if isinstance(body, dict) else None


def within(body: Json, *names: str) -> Json:
    """What stands at the end of nested names, None where the way breaks off."""
    for name in names:
        body = member(body, name)
    return body


def members(body: Json, *names: str) -> list[Json]:
    """The list at the end of nested names, [] where there is none."""
    found = within(body, *names)
    return found if isinstance(found, list) else []


def joined(base: str, url: str) -> str:
    """A URL made whole. Raises DeskError when it cannot be."""
    try:
        return urljoin(base, url)
    except ValueError:
        raise DeskError("this is no usable URL", "no", permanent=True) from None


def host_of(url: str) -> str:
    """The host of a URL as lists of hosts name it: `name`, or `name:port` where the port is not the scheme's.

    Raises ValueError for a URL that is not http or https, has no host, or carries user or password.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        # It is not shown: it may hold a password.
        raise ValueError("this is no http or https URL; write it with https:// before it")
    if "@" in parts.netloc:
        raise ValueError("user and password do not belong into a URL; set a header instead")
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    usual = {"http": 80, "https": 443}[parts.scheme]
    return name if parts.port in (None, usual) else f"{name}:{parts.port}"


def file_host(url: str) -> str:
    """The host of a file's URL. Raises DeskError for one that cannot be asked."""
    try:
        return host_of(url)
    except ValueError:
        raise DeskError("the attachment has no usable URL; is base_url set?", "no", permanent=True) from None


def slices(content: bytes, limit: int) -> Iterator[bytes]:
    """Inline content in chunks. Raises DeskError after `limit` bytes when there is more."""
    for start in range(0, min(len(content), limit), CHUNK_BYTES):
        yield content[start : min(start + CHUNK_BYTES, limit)]
    if len(content) > limit:
        raise DeskError(f"the file is larger than {limit} bytes; the rest was not read", permanent=True)


# --- a desk ---------------------------------------------------------------------------------------


class Configured(Protocol):
    """The checked settings of any kind of desk."""

    @property
    def reach(self) -> Reach:
        """Where it may be reached."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers that prove who we are; for the `hosts` of `reach` only."""


C = TypeVar("C", bound=Configured)


class CalledDesk(ABC, Generic[C]):
    """What all kinds of desk that are asked by HTTP have alike.

    It sends through `client`, which must be bound to `reach(...)` of it. `body_most` is the largest delivery
    that such a desk sends, in bytes.
    """

    body_most: ClassVar[int]

    def __init__(
        self,
        desk_id: str,
        common: DeskSettings,
        client: Client,
        *,
        limits: CallLimits = CallLimits(),  # noqa: B008 - frozen
        json_limits: JsonLimits = JsonLimits(),  # noqa: B008 - frozen
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        """Raises SettingsError naming desk and key."""
        self.config: C = self.settings_of(desk_id, common)
        self.desk_id, self.bot_ids = desk_id, frozenset(common.bot_ids)
        self.body_max_bytes = self.body_most if common.body_max is None else common.body_max
        self._calls, self._json_limits, self._clock = Calls(client, limits), json_limits, clock

    @staticmethod
    @abstractmethod
    def settings_of(desk_id: str, common: DeskSettings) -> C:
        """The checked settings. Raises SettingsError naming desk and key."""

    @property
    @abstractmethod
    def home(self) -> str:
        """The address below which the desk tells its files."""

    @classmethod
    def reach(cls, desk_id: str, common: DeskSettings) -> Reach:
        """The hosts such a desk needs, for making its client. Raises SettingsError."""
        return cls.settings_of(desk_id, common).reach

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts of our requests."""
        return self.config.reach.hosts

    @property
    def file_hosts(self) -> frozenset[str]:
        """Further hosts of attachments, asked without credentials."""
        return self.config.reach.file_hosts

    def fetch(self, attachment: Attachment, limit: int) -> Iterator[bytes]:
        """The file, inline or by URL; credentials go to `hosts` only.

        Raises DeskError: a permanent one for a foreign host, and after `limit` bytes when the file goes on.
        """
        if attachment.content is not None:
            yield from slices(attachment.content, limit)
            return
        if not attachment.url:
            raise DeskError(f"{attachment.name} came without content and without a URL", permanent=True)
        url = joined(self.home, attachment.url)
        host = file_host(url)
        if host not in self.hosts | self.file_hosts:
            what = f"attachments from {host!r} are not allowed; list it in file_hosts"
            raise DeskError(what, permanent=True)
        yield from self._calls.stream(url, self.config.headers if host in self.hosts else {}, limit)
