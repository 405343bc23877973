"""Requests with the slots `{ticket_id}`, `{body}` and `{key}` in URL, headers and JSON, each in its way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from string import Formatter
from urllib.parse import quote, urlencode, urlsplit

from hercules.desks.calls import Request, encode, host_of
from hercules.desks.jsonbody import Json
from hercules.desks.paths import FieldPath

SLOTS = ("ticket_id", "body", "key")
Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Template:
    """A text cut at its slots: literal parts and slot names in turn."""

    parts: tuple[tuple[str, str], ...]

    @property
    def slots(self) -> frozenset[str]:
        """The names of the slots."""
        return frozenset(slot for _, slot in self.parts if slot)

    def fill(self, values: Values, encode: Callable[[str], str] = str) -> str:
        """The text with every slot filled by an encoded value."""
        return "".join(text + (encode(values[slot]) if slot else "") for text, slot in self.parts)


def read_template(text: str) -> Template:
    """A template; `{{` and `}}` are braces. Raises ValueError for any slot but ours."""
    parts: list[tuple[str, str]] = []
    try:
        found = list(Formatter().parse(text))
    except ValueError as error:
        raise ValueError(f"{error}; write {{{{ and }}}} for braces that are no slot") from None
    for literal, slot, form, conversion in found:
        if slot is not None and (slot not in SLOTS or form or conversion):
            raise ValueError(f"{{{slot}}} is no slot; the slots are {{ticket_id}}, {{body}} and {{key}}")
        parts.append((literal, slot or ""))
    return Template(tuple(parts))


def url_value(value: str) -> str:
    """A value for a URL: nothing in it can end a path segment or a query."""
    return quote(value, safe="")


JsonTemplate = Template | int | float | bool | list["JsonTemplate"] | dict[str, "JsonTemplate"] | None


def read_json_template(value: Json) -> JsonTemplate:
    """A JSON value whose texts are templates. Raises ValueError as `read_template`."""
    if isinstance(value, str):
        return read_template(value)
    if isinstance(value, list):
        return [read_json_template(item) for item in value]
    if isinstance(value, dict):
        return {key: read_json_template(item) for key, item in value.items()}
    return value


def fill_json(template: JsonTemplate, values: Values) -> Json:
    """The value with its texts filled; values become JSON by an encoder, never by pasting."""
    if isinstance(template, Template):
        return template.fill(values)
    if isinstance(template, list):
        return [fill_json(item, values) for item in template]
    if isinstance(template, dict):
        return {key: fill_json(item, values) for key, item in template.items()}
    return template


@dataclass(frozen=True, slots=True)
class RequestTemplate:
    """A checked request with slots; header values are kept out of the representation."""

    method: str
    url: Template
    headers: Mapping[str, Template]
    body: JsonTemplate
    remote_id: FieldPath

    def __repr__(self) -> str:
        return f"RequestTemplate({self.method})"

    def fill(self, values: Values) -> Request:
        """The request for these values."""
        body = None if self.body is None else encode(fill_json(self.body, values))
        kind = {} if body is None else {"content-type": "application/json"}
        headers = {name: template.fill(values, url_value) for name, template in self.headers.items()}
        return Request(self.method, self.url.fill(values, url_value), {**kind, **headers}, body)


def fixed_host(url: str) -> str:
    """The host of a URL template. Raises ValueError when a slot stands before the path."""
    host = urlsplit(url).netloc
    if "{" in host:
        raise ValueError("a slot may stand in the path and behind it, not in the host")
    return host_of(url)


def with_query(url: str, values: Values) -> str:
    """The URL with these values added to its query."""
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(values)}"
