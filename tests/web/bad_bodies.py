"""Bodies that no desk should send, with the state each delivery must end in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from tests.serving import inline, ticket_body

PARKED = frozenset(("unreadable",))
READ = frozenset(("done",))
EITHER = PARKED | READ

Case = tuple[str, bytes, frozenset[str]]


def cases() -> list[Case]:
    """Every bad body with a name and the states it may end in."""
    return [*not_json(), *odd_json(), *wrong_fields(), *missing_fields()]


def not_json() -> Iterator[Case]:
    """What is no JSON at all, or goes over a limit of it."""
    bodies = {
        "empty": b"",
        "space": b"   \n",
        "half": b'{"type": "ticket.created", "ticket": {"id": "1"',
        "two documents": b'{"type": "ticket.created"}{"type": "ticket.created"}',
        "trailing comma": b'{"type": "ticket.created",}',
        "xml": b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><x>&y;</x>",
        "a form": b"type=ticket.created&id=1",
        "utf-16": '{"type": "ticket.created"}'.encode("utf-16"),
        "nul bytes": b"\x00" * 1000,
        "every byte": bytes(range(256)) * 4,
        "deep lists": b"[" * 100_000 + b"]" * 100_000,
        "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        "deep without end": b"[" * 100_000,
        "deep inside": b'{"type": "ticket.created", "ticket": {"id": "1", "tags": ' + b"[" * 100_000 + b"}}",
        "too many values": json.dumps({"type": "ticket.created", "x": [0] * 300_000}).encode(),
        "null": b"null",
        "a number": b"17",
        "a text": b'"ticket.created"',
        "a list": b"[]",
        "an empty object": b"{}",
        "only NaN": b"NaN",
    }
    for name, body in bodies.items():
        yield name, body, PARKED


def odd_json() -> Iterator[Case]:
    """JSON with values that hurt parsers and databases; where they are mended the ticket is read."""
    head, tail = b'{"type": "ticket.created", "ticket": {"id": "', b'"}}'
    bodies: dict[str, tuple[bytes, frozenset[str]]] = {
        "NaN for the id": (b'{"type": "ticket.created", "ticket": {"id": NaN}}', PARKED),
        "1e999 for the id": (b'{"type": "ticket.created", "ticket": {"id": 1e999}}', PARKED),
        "NaN beside": (head + b'odd-1", "priority": NaN, "x": [-Infinity, 1e999]}}', READ),
        "5,000 digits": (b'{"type": "ticket.created", "ticket": {"id": ' + b"9" * 5000 + b"}}", EITHER),
        "5,000 digits beside": (head + b'odd-2", "size": -' + b"9" * 5000 + b"}}", READ),
        "lone surrogates": (head + b'odd-3", "subject": "a \\ud800 b", "description": "\\udfff"}}', READ),
        "a lone surrogate as id": (head + b"odd-4-\\ud800" + tail, READ),
        "a NUL as text": (head + b'odd-5\\u0000", "subject": "\\u0000", "description": "x\\u0000y"}}', READ),
        "a raw NUL": (head + b"odd-6\x00" + tail, PARKED),
        "bad UTF-8": (head + b'odd-7", "subject": "\xff\xfe\xc0\xaf\xed\xa0\x80"}}', READ),
        "a byte order mark": (b"\xef\xbb\xbf" + head + b"odd-8" + tail, READ),
        "duplicate keys": (head + b'odd-9", "id": "odd-10", "subject": "1", "subject": "2"}}', READ),
        "duplicate tickets": (
            b'{"type": "x", "type": "ticket.created", "ticket": 1, "ticket": {"id": "odd-11"}}',
            READ,
        ),
        "an id of 100 KB": (head + b"i" * 100_000 + tail, EITHER),
        "an empty id": (head + tail, PARKED),
        "an id of spaces": (head + b" \\t\\n " + tail, PARKED),
        "bidi and zero width": (head + 'odd-12", "subject": "\u202e\u200b\ufeff\u2066'.encode() + tail, READ),
        "a subject of 1 MB": (head + b'odd-13", "subject": "' + b"s" * 1_000_000 + tail, READ),
        "a million newlines": (head + b'odd-14", "description": "' + b"\\n" * 500_000 + tail, READ),
    }
    for name, (body, states) in bodies.items():
        yield name, body, states


_FULL: dict[str, Any] = ticket_body(
    "full",
    "Subject",
    description="Words",
    tags=["a"],
    product="p",
    version="1",
    request_type="incident",
    attachments=[inline("a.log", b"one line\n")],
    url="https://desk.example/1",
)
_FIELDS = (
    "type",
    "ticket",
    "ticket.id",
    "ticket.subject",
    "ticket.description",
    "ticket.requester",
    "ticket.requester.id",
    "ticket.requester.email",
    "ticket.tags",
    "ticket.tags.0",
    "ticket.product",
    "ticket.version",
    "ticket.request_type",
    "ticket.created_at",
    "ticket.url",
    "ticket.attachments",
    "ticket.attachments.0",
    "ticket.attachments.0.name",
    "ticket.attachments.0.content_base64",
)
_WRONG: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**18,
    1.5,
    "",
    "\x00\u202e",
    [],
    [None],
    {},
    {"id": {"id": []}},
    [[[]]],
)


def wrong_fields() -> Iterator[Case]:
    """A whole ticket with one field of a wrong type."""
    for path in _FIELDS:
        for number, value in enumerate(_WRONG):
            body = deepcopy(_FULL)
            body["ticket"]["id"] = f"wrong-{path}-{number}"
            holder, last = _holder(body, path)
            holder[last] = value
            yield f"{path} = {value!r}", json.dumps(body).encode(), EITHER


def missing_fields() -> Iterator[Case]:
    """A whole ticket without one field."""
    for path in _FIELDS:
        body = deepcopy(_FULL)
        body["ticket"]["id"] = f"missing-{path}"
        holder, last = _holder(body, path)
        del holder[last]
        needed = path in ("type", "ticket", "ticket.id")
        yield f"no {path}", json.dumps(body).encode(), PARKED if needed else READ


def _holder(body: Any, path: str) -> tuple[Any, Any]:
    """The object or list that holds the last part of a path, and that part."""
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in way:
        body = body[part]
    return body, last
