"""GitHub's own description of its REST API (OpenAPI 3.0), to hold requests and answers to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .packages import Tarball, ask, files_of, or_skip

PACKAGE = Tarball(
    "@octokit/openapi",
    "23.0.2",
    "sha512-pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3D7gZXbFx5AHzLUVRBXGDhg==",
)
Plain = dict[str, Any]
_POINTER = "#/components/"
_SLOT = re.compile(r"\\\{[^}]+\\\}")


@dataclass(frozen=True, slots=True)
class Case:
    """A value and the schema it has to fit; `about` names both in a complaint."""

    about: str
    schema: Plain
    value: object
    strict: bool = True


class Description:
    """The operations and schemas of one description."""

    def __init__(self, told: Plain) -> None:
        self._told = told
        self._paths = [(_pattern(path), path) for path in told["paths"]]

    def operation(self, method: str, path: str) -> tuple[str, Plain]:
        """Path and operation of a request; the path with the fewest slots is meant. KeyError without one."""
        found = [template for pattern, template in self._paths if pattern.fullmatch(path)]
        if not found:
            raise KeyError(path)
        template = min(found, key=lambda each: each.count("{"))
        return template, self._told["paths"][template][method.lower()]

    def request(self, method: str, url: str, body: object) -> Iterator[Case]:
        """What of a request has to fit what. Raises AssertionError for what is not described at all."""
        parts = urlsplit(url)
        template, operation = self.operation(method, parts.path)
        declared = {each["name"]: each for each in map(self.whole, operation.get("parameters", ()))}
        for name, values in parse_qs(parts.query).items():
            assert declared.get(name, {}).get("in") == "query", f"{template} knows no parameter {name}"
            schema = self.whole(declared[name]["schema"])
            value = int(values[0]) if schema.get("type") == "integer" else values[0]
            yield Case(f"{method} {template} ?{name}", schema, value)
        if body is not None:
            content = self.whole(operation["requestBody"])["content"]
            yield Case(f"{method} {template} body", content["application/json"]["schema"], body)

    def answer(self, method: str, url: str, status: int, body: object) -> Case:
        """What an answer has to fit. Raises KeyError for a status that is not described."""
        template, operation = self.operation(method, urlsplit(url).path)
        response = self.whole(operation["responses"][str(status)])
        schema = response["content"]["application/json"]["schema"]
        return Case(f"{method} {template} {status}", schema, body)

    def webhook(self, name: str, body: object) -> Case:
        """What a delivery has to fit; `name` is as in `issues-closed`. It may hold more than is described."""
        told = self._told["x-webhooks"][name]["post"]["requestBody"]
        return Case(name, told["content"]["application/json"]["schema"], body, strict=False)

    def whole(self, told: Plain) -> Plain:
        """What a reference points to."""
        while "$ref" in told:
            _, kind, name = told["$ref"].removeprefix("#/").split("/")
            told = self._told["components"][kind][name]
        return told

    def schema(self, case: Case) -> Plain:
        """The schema of a case as one of JSON Schema 2020-12 that stands alone."""
        schemas: Plain = {}
        waiting = [case.schema]
        while waiting:
            for name in _named(waiting.pop()):
                if name not in schemas:
                    schemas[name] = self._told["components"]["schemas"][name]
                    waiting.append(schemas[name])
        made = {name: _as_json_schema(each, case.strict) for name, each in schemas.items()}
        return {**_as_json_schema(case.schema, case.strict), "components": {"schemas": made}}


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(_SLOT.sub("[^/]+", re.escape(path)))


def _named(told: object) -> Iterator[str]:
    """The names of the schemas that a schema refers to."""
    if isinstance(told, dict):
        if isinstance(told.get("$ref"), str):
            yield told["$ref"].rpartition("/")[2]
        for key, value in told.items():
            if key not in ("example", "examples"):
                yield from _named(value)
    elif isinstance(told, list):
        for value in told:
            yield from _named(value)


_PARTS = ("allOf", "anyOf", "oneOf", "not")
_NOT_CHECKED = ("example", "examples", "nullable", "discriminator", "externalDocs")


def _as_json_schema(told: Any, strict: bool) -> Any:
    """OpenAPI 3.0 as JSON Schema: `nullable` is a type of its own; where it is strict no field is invented.

    Within `allOf` and the like an object is only a part, so there its fields are not all there are.
    """
    if isinstance(told, list):
        return [_as_json_schema(each, strict) for each in told]
    if not isinstance(told, dict):
        return told
    made: Plain = {}
    for key, value in told.items():
        if key == "properties":
            made[key] = {name: _as_json_schema(each, strict) for name, each in value.items()}
        elif key not in _NOT_CHECKED:
            made[key] = _as_json_schema(value, strict and key not in _PARTS)
    if strict and "properties" in made and "additionalProperties" not in made:
        made["unevaluatedProperties"] = False
    return {"anyOf": [made, {"type": "null"}]} if told.get("nullable") is True else made


GITHUB, ENTERPRISE = "api.github.com", "ghes-3.19"
_FILES = tuple(f"generated/{edition}.json" for edition in (GITHUB, ENTERPRISE))


@cache
def github(edition: str = GITHUB) -> Description:
    """The description of github.com or of GitHub Enterprise Server. Skips where it cannot be had."""
    folder = or_skip(lambda: files_of(PACKAGE, *_FILES))
    return Description(json.loads((folder / f"generated/{edition}.json").read_bytes()))


def complaints(description: Description, cases: Sequence[Case]) -> list[str]:
    """What of these values does not fit."""
    told = [{"schema": description.schema(case), "values": [case.value]} for case in cases]
    found = ask("validate", {"draft": "2020-12", "cases": told})
    return [f"{case.about}: {one}" for case, (wrong,) in zip(cases, found, strict=True) for one in wrong]
