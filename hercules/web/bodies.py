"""Reads the bodies of our own API and forms under a cap, so that no stranger can fill the memory."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from hercules.model import HerculesError
from hercules.text import whole

BODY_MAX_BYTES = 1 << 20


class BadBody(HerculesError):
    """A body that is too large or cannot be read; the message says what was expected."""


async def read_body(request: Request, most: int = BODY_MAX_BYTES) -> bytes:
    """The raw body. Raises BadBody when it has more than `most` bytes or was cut off."""
    parts: list[bytes] = []
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > most:
                raise BadBody(f"the body has more than {most} bytes")
            parts.append(part)
    except ClientDisconnect:
        raise BadBody("the body was cut off") from None
    return b"".join(parts)


async def json_body(request: Request) -> dict[str, object]:
    """The body as a JSON object. Raises BadBody."""
    raw = await read_body(request)
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        raise BadBody("the body is not valid JSON") from None
    if not isinstance(value, dict):
        raise BadBody("the body must be a JSON object")
    return value


async def form_body(request: Request) -> dict[str, str]:
    """The fields of a URL-encoded form, the last one of each name. Raises BadBody."""
    raw = await read_body(request)
    try:
        pairs = parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=50)
    except ValueError:
        raise BadBody("the form has too many fields") from None
    return dict(pairs)


def text_field(body: dict[str, object], name: str, most: int, *, default: str | None = None) -> str:
    """A text of a JSON body. Raises BadBody when it is missing, no text, or too long."""
    value = body.get(name, default)
    if not isinstance(value, str):
        raise BadBody(f"{name} must be a text")
    if len(value) > most:
        raise BadBody(f"{name} has more than {most} characters")
    return whole(value)
