"""How desks are called: one guarded request, what its status means, and files in chunks."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import stamina

from hercules.desks.desk import Answer, CallLimits, Client
from hercules.desks.jsonbody import Json, read_json
from hercules.model import Attachment, BadDelivery, DeskError

TRIES = 3
CHUNK_BYTES = 1 << 16
JSON_HEADERS: Mapping[str, str] = {"content-type": "application/json"}
_MAY_PASS = frozenset((408, 409, 425, 429))
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
        answer = good(self.ask(Request("GET", url, headers)))
        try:
            return read_json(answer.body).value
        except BadDelivery as error:
            raise DeskError(f"the desk's answer cannot be read: {error}", "no") from None

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

    Raises DeskError: for 4xx nothing happened, and it never will but for 408, 409, 425 and 429; for
    everything else the desk may have acted.
    """
    status = answer.status
    if 200 <= status < 300:
        return answer
    if 400 <= status < 500:
        permanent = status not in _MAY_PASS
        raise DeskError(f"the desk answered {status}", "no", answer.retry_after_s, permanent=permanent)
    raise DeskError(f"the desk answered {status}", "unknown", answer.retry_after_s)


def json_of(answer: Answer) -> Json:
    """The answer's JSON, None when it is none."""
    try:
        return read_json(answer.body).value
    except BadDelivery:
        return None


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
        raise ValueError(f"{url!r} is no http or https URL")
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


def file_of(
    calls: Calls,
    attachment: Attachment,
    limit: int,
    *,
    base_url: str,
    hosts: frozenset[str],
    file_hosts: frozenset[str],
    credentials: Mapping[str, str],
) -> Iterator[bytes]:
    """The file, inline or by URL; credentials go to `hosts` only.

    Raises DeskError: a permanent one for a foreign host, and after `limit` bytes when the file goes on.
    """
    if attachment.content is not None:
        yield from slices(attachment.content, limit)
        return
    if not attachment.url:
        raise DeskError(f"{attachment.name} came without content and without a URL", permanent=True)
    url = joined(base_url, attachment.url)
    host = file_host(url)
    if host not in hosts | file_hosts:
        raise DeskError(f"attachments from {host!r} are not allowed; list it in file_hosts", permanent=True)
    yield from calls.stream(url, credentials if host in hosts else {}, limit)


def slices(content: bytes, limit: int) -> Iterator[bytes]:
    """Inline content in chunks. Raises DeskError after `limit` bytes when there is more."""
    for start in range(0, min(len(content), limit), CHUNK_BYTES):
        yield content[start : min(start + CHUNK_BYTES, limit)]
    if len(content) > limit:
        raise DeskError(f"the file is larger than {limit} bytes; the rest was not read", permanent=True)
