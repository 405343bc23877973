"""What the edges that ask services share: a guarded client, its answer, and where it may go."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

LIMITED = frozenset((403, 429))
"""What is answered to who asks too often; without a time to wait, 403 is a refusal of the account."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: header names in lower case, the body as sent (nothing is unpacked).

    `retry_after_s` is how long we are asked to wait, one hour at most; None when it was not said.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    retry_after_s: float | None = None

    @property
    def asks_to_wait(self) -> bool:
        """True when we asked too often."""
        return self.status == 429 or (self.status in LIMITED and self.retry_after_s is not None)


class Client(Protocol):
    """A guarded HTTP client, bound to the hosts of one desk or source."""

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        deadline_s: float,
        answer_max_bytes: int,
    ) -> Answer:
        """One request; any status is an answer. Raises DeskError where there is none, with its outcome."""

    def stream(
        self, url: str, *, headers: Mapping[str, str], limit_bytes: int, deadline_s: float
    ) -> Iterator[bytes]:
        """The body of a GET in chunks. Raises DeskError: a permanent one when it is over `limit_bytes`."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Where one desk or source may be reached, each host as `name` (the scheme's own port) or `name:port`.

    Credentials go to `hosts` only. `private_hosts` may have private or loopback addresses; `plain_hosts` may
    be spoken to without TLS.
    """

    hosts: frozenset[str] = frozenset()
    file_hosts: frozenset[str] = frozenset()
    private_hosts: frozenset[str] = frozenset()
    plain_hosts: frozenset[str] = frozenset()


def basic(user: str, secret: str) -> str:
    """The value of an `Authorization` header for an account. Source: RFC 7617, section 2."""
    return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode("ascii")
