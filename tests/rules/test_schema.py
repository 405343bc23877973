"""The JSON Schema for editors: it takes every rule we ship and refuses what the loader refuses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest

from hercules.rules.rule import FLAT_FIELDS
from hercules.rules.schema import FIELDS, schema
from hercules.yamlfile import plain, read_yaml
from tests.rules.kit import HEAD, codes

OWN = sorted((Path(__file__).resolve().parents[2] / "rules").glob("*/*.yaml"))
Plain = Mapping[str, object]
MADE = cast(Plain, schema())
TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}


def fits(value: object, asked: Plain) -> bool:
    """A small validator: the words of JSON Schema that our schema uses, and no others."""
    known = {
        "$ref", "$defs", "$schema", "title", "description", "type", "properties", "additionalProperties",
        "required", "items", "enum", "const", "pattern", "anyOf", "minItems", "maxItems", "minLength",
        "maxLength", "minimum", "maximum",
    }  # fmt: skip
    assert set(asked) <= known, set(asked) - known
    if "$ref" in asked:
        name = str(asked["$ref"]).rpartition("/")[2]
        return fits(value, cast(dict[str, Plain], MADE["$defs"])[name])
    kinds = asked.get("type", [])
    if kinds and not any(
        _is(value, kind) for kind in ([kinds] if isinstance(kinds, str) else cast(list[str], kinds))
    ):
        return False
    if "anyOf" in asked and not any(fits(value, each) for each in cast(list[Plain], asked["anyOf"])):
        return False
    if "enum" in asked and value not in cast(list[object], asked["enum"]):
        return False
    if "const" in asked and value != asked["const"]:
        return False
    return _within(value, asked) and _below(value, asked)


def _is(value: object, kind: str) -> bool:
    if isinstance(value, bool) and kind != "boolean":
        return False
    return isinstance(value, TYPES[kind])


def _within(value: object, asked: Plain) -> bool:
    low, high = {"str": ("minLength", "maxLength"), "list": ("minItems", "maxItems")}.get(
        type(value).__name__, ("minimum", "maximum")
    )
    size = len(value) if isinstance(value, str | list) else value
    if isinstance(size, int | float):
        if low in asked and size < cast(float, asked[low]):
            return False
        if high in asked and size > cast(float, asked[high]):
            return False
    pattern = asked.get("pattern")
    return not (isinstance(value, str) and isinstance(pattern, str) and not re.search(pattern, value))


def _below(value: object, asked: Plain) -> bool:
    if isinstance(value, list) and "items" in asked:
        return all(fits(item, cast(Plain, asked["items"])) for item in value)
    if not isinstance(value, dict):
        return True
    if not set(cast(list[str], asked.get("required", []))) <= set(value):
        return False
    known = cast(dict[str, Plain], asked.get("properties", {}))
    more = asked.get("additionalProperties", True)
    for name, item in value.items():
        if name in known:
            if not fits(item, known[name]):
                return False
        elif more is False or (isinstance(more, dict) and not fits(item, more)):
            return False
    return True


def read(text: str | bytes) -> object:
    return plain(read_yaml(text.encode() if isinstance(text, str) else text, "r.yaml"))


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_every_starter_rule_fits(path: Path) -> None:
    assert fits(read(path.read_bytes()), MADE)


def test_it_knows_every_field_of_a_rule_and_no_other() -> None:
    assert set(FIELDS) == set(FLAT_FIELDS)
    assert MADE["$schema"] == "https://json-schema.org/draft/2020-12/schema"


GOOD = [
    "set: {window: 5m, match: [one, {regex: 'b+', count: 3, extract: [{name: a, regex: 'b', type: code}]}]}",
    "set: {match: [{jq: '.a == 1'}]}",
    "set: {match: [{value: x1, field: a.b}], negate: [{value: x, window: 5s, slide: -1s, absolute: true}]}",
    "set: {match: [one], negate: [{value: x, anchor: 0}]}",
    "sequence: {window: file, event: {source: s}, order: [one, two], negate: []}",
    "when: {text: {any: [vpn, {regex: 'v.n'}]}, tags: [a], version: '>=9 <10', product: [a, b]}",
    "set: {match: [one]}\nterms: {one: {value: ones}}\nanswer: {kb: [a, b], message: 'It says {count}.'}",
    "set: {match: [one]}\ntests: {match: [text, {log: a, file: b.log}], no_match: [{ticket: {tags: [a]}}]}",
    "severity: 0\nstatus: stable\nset: {match: [one]}\nreview_by: 2027-01-01\nimpactScore: 3",
]
BAD = [
    "sett: {match: [one]}",
    "status: live\nset: {match: [one]}",
    "severity: 7\nset: {match: [one]}",
    "set: {match: []}",
    "set: {matches: [one]}",
    "set: {window: soon, match: [one, two]}",
    "set: {window: -5s, match: [one, two]}",
    "set: {match: [{value: a, cuont: 2}]}",
    "sequence: {window: 5s, match: [one, two]}",
    "when: {txt: [vpn]}",
    "set: {match: [one]}\nanswer: {kb: [a, b, c, d]}",
    "set: {match: [one]}\nanswer: {articles: a}",
    "set: {match: [one]}\nsince: yesterday",
    "set: {match: [{value: a, extract: [{name: 1a, regex: a}]}]}",
    "cause: nothing is looked for",
]


@pytest.mark.parametrize("body", GOOD)
def test_what_the_loader_takes_fits(body: str) -> None:
    assert not [code for code in codes(HEAD + body) if code.startswith("E-")]
    assert fits(read(HEAD + body), MADE)


@pytest.mark.parametrize("body", BAD)
def test_what_it_refuses_does_not(body: str) -> None:
    assert [code for code in codes(HEAD + body) if code.startswith("E-")]
    assert not fits(read(HEAD + body), MADE)


def test_lists_and_items_of_the_other_dialect_fit() -> None:
    item = "rules:\n  - cre: {id: CRE-1, title: T, severity: 1}\n    rule: {set: {match: [a]}}\n"
    assert fits(read(item), MADE)
    assert not fits(read("rules: []"), MADE)
    assert not fits(read("title: no id\nset: {match: [a]}"), MADE)


def test_values_as_an_editor_types_them_fit() -> None:
    made = {
        "id": "a-rule",
        "title": "T",
        "when": {"version": 9.1, "text": ["vpn"]},
        "severity": 2,
        "tags": [1],
    }
    assert fits(made, MADE)


def _bare(name: str, asked: object) -> list[str]:
    """The keys below here that an editor would show without a word."""
    if isinstance(asked, list):
        return [found for each in asked for found in _bare(name, each)]
    if not isinstance(asked, dict):
        return []
    keys = cast(dict[str, Plain], asked.get("properties", {}))
    found = [f"{name}.{key}" for key, below in keys.items() if not str(below.get("description", "")).strip()]
    for word, below in asked.items():
        if word == "properties":
            found += [each for key, value in keys.items() for each in _bare(f"{name}.{key}", value)]
        elif isinstance(below, dict | list):
            found += _bare(name if word in ("anyOf", "items", "$defs") else f"{name}.{word}", below)
    return found


def test_every_key_is_described() -> None:
    assert _bare("", MADE) == []
    negate = str(cast(Plain, MADE["$defs"])["negate"])
    for word in ("anchor", "slide", "absolute"):
        assert f"'{word}': {{'description': " in negate
