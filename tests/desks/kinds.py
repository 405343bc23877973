"""The kinds of desk as tests know them: settings, an independent signer, a sample, a fake API.

Each kind's entry is `KIND` in tests/desks/<kind>/kind.py.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from hercules.calling import Answer
from hercules.desks.desk import CallLimits, Desk, DeskKind, Headers
from hercules.outbound import OutboundClient
from hercules.settings import DeskSettings

from .fakes.server import VendorFake

FOLDER = Path(__file__).parent
DESK = "acme"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ADDRESS = "https://desk.example.com"
Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sent:
    """A delivery as its sender makes it: headers, and what stands in the path behind the desk's name."""

    headers: Mapping[str, str] = field(default_factory=dict)
    url_secret: str = ""
    tail: str = ""

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """As the door hands them to `verify`."""
        return [(name.lower().encode(), value.encode("latin-1")) for name, value in self.headers.items()]


Signer = Callable[[str, bytes, datetime], Sent]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of desk, or one way of setting it up (its `name` then says which, as `jira-datacenter`).

    `desk` is its key in DESKS. `settings(base_url)` is what stands below `[desks.NAME]` but for `kind` and
    `secrets`: for an address on the loopback as well as for https, with the credentials and bot_ids that the
    fake knows. `secrets` are two that are taken, as written in the settings; `sign(secret, body, now)` is a
    signer that shares no code with ours. `signature` names the header that carries the signature or token,
    '' where the secret stands in the path; `signed` what the signature covers ("body", "id", "time"), with
    the headers `id_header` and `time_header`. `window_s` is how far a signed time may be off. `opened` is the
    body of a new ticket; `canaries` are words of the credentials that may show up nowhere. `fake` makes the
    vendor's API, None for a kind that cannot be asked. `fixtures` is the folder, where it is not `name`.
    """

    name: str
    desk: str
    settings: Callable[[str], Plain]
    secrets: tuple[str, str]
    sign: Signer
    opened: Mapping[str, Any]
    signature: str = ""
    signed: frozenset[str] = frozenset()
    id_header: str = ""
    time_header: str = ""
    window_s: float = 300.0
    canaries: tuple[str, ...] = ()
    fake: Callable[[], VendorFake] | None = None
    fixtures: str = ""

    def __str__(self) -> str:
        return self.name

    def common(self, base_url: str = ADDRESS, **changes: Any) -> DeskSettings:
        """The settings of such a desk, with the first secret."""
        own = {"secrets": [{"value": self.secrets[0]}], **self.settings(base_url), **changes}
        return DeskSettings(**{"kind": self.desk, **own})

    @property
    def made(self) -> DeskKind:
        """The class of the desk."""
        from hercules.wiring import DESKS

        return DESKS[self.desk]

    @property
    def folder(self) -> Path:
        """Where its fixtures lie."""
        return FOLDER / (self.fixtures or self.name)


def loopback(base_url: str) -> Plain:
    """The settings that allow an address on the loopback; none for another one."""
    host = base_url.removeprefix("http://")
    return {"private_hosts": [host]} if base_url.startswith("http://127.") else {}


def desk_of(
    kind: Kind,
    base_url: str = ADDRESS,
    *,
    clock: Callable[[], datetime] = lambda: NOW,
    deadline_s: float = 5.0,
    answer_max_bytes: int = 1 << 20,
    **changes: Any,
) -> Desk:
    """A desk of that kind with a real client, bound as wiring binds it."""
    common = kind.common(base_url, **changes)
    return made(kind, common, clock=clock, deadline_s=deadline_s, answer_max_bytes=answer_max_bytes)


def made(
    kind: Kind,
    common: DeskSettings,
    *,
    clock: Callable[[], datetime] = lambda: NOW,
    deadline_s: float = 5.0,
    answer_max_bytes: int = 1 << 20,
) -> Desk:
    """A desk of these settings with a real client."""
    from hercules.desks.jsonbody import JsonLimits

    client = OutboundClient.of(kind.made.reach(DESK, common))
    limits = CallLimits(deadline_s, deadline_s, answer_max_bytes)
    return kind.made(DESK, common, client, limits=limits, json_limits=JsonLimits(), clock=clock)


class NoClient:
    """Reading a delivery asks nobody."""

    def send(self, method: str, url: str, **_: object) -> Answer:
        raise AssertionError(f"{method} {url}")

    def stream(
        self, url: str, *, headers: Mapping[str, str], limit_bytes: int, deadline_s: float
    ) -> Iterator[bytes]:
        raise AssertionError(url)


def kept(desk: Desk, headers: Headers) -> dict[str, str]:
    """The headers that the door keeps for `read`."""
    return {
        name.decode(): value.decode("latin-1")
        for name, value in headers
        if name.decode() in desk.kept_headers
    }


@cache
def all_kinds() -> dict[str, Kind]:
    """Every kind by its name, read from the folders beside this file."""
    found: dict[str, Kind] = {}
    for folder in sorted(FOLDER.iterdir()):
        if not (folder / "kind.py").is_file():
            continue
        module = importlib.import_module(f"tests.desks.{folder.name}.kind")
        entries = getattr(module, "KINDS", None) or (module.KIND,)
        found |= {kind.name: kind for kind in entries}
    return found
