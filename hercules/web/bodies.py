"""Reads the bodies of our own API and forms under a cap, so that no stranger can fill the memory."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from hercules.house import House
from hercules.model import HerculesError
from hercules.text import whole

BODY_MAX_BYTES = 1 << 20


class BadBody(HerculesError):
    """A body that is too large, too slow or cannot be read; the message says what was expected."""

    def __init__(self, told: str, status: int = 422) -> None:
        super().__init__(told)
        self.status = status


async def read_body(request: Request, most: int = BODY_MAX_BYTES) -> bytes:
    """The raw body. Raises BadBody when it has more than `most` bytes, takes too long or was cut off."""
    house: House = request.app.state.house
    try:
        async with asyncio.timeout(house.settings.door.read_deadline):
            return await _read(request, most)
    except TimeoutError:
        raise BadBody("the request took too long", 408) from None
    except ClientDisconnect:
        raise BadBody("the body was cut off", 400) from None


async def _read(request: Request, most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise BadBody(f"the body has more than {most} bytes", 413)
        parts.append(part)
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
