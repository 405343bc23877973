"""The JSON of deliveries: what is mended, what is refused, and that neither takes long."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hercules.desks.jsonbody import Json, JsonBody, JsonLimits, read_json
from hercules.model import BadDelivery
from tests.patience import ending


def test_numbers_that_would_hurt_become_text_or_null() -> None:
    raw = b"[NaN, Infinity, -Infinity, 1e999, 123456789012345678, 1234567890123456789, -1, 1.5]"
    assert read_json(raw).value == [
        None,
        None,
        None,
        None,
        123456789012345678,
        "1234567890123456789",
        -1,
        1.5,
    ]


def test_characters_that_databases_refuse() -> None:
    raw = rb'{"a\u0000": "x\ud800y\u0000", "b": "\ud83d\ude00"}'
    assert read_json(raw).value == {"a": "x\ufffdy", "b": "\U0001f600"}


def test_what_was_mended_is_told() -> None:
    assert read_json(b'{"a": "\xff"}') == JsonBody({"a": "\ufffd"}, ("bad-utf8",))
    assert read_json(b'{"a": 1, "a": 2, "b": {"c": 1, "c": 1}}').notes == ("duplicate-keys",)
    assert read_json(b"\xef\xbb\xbf[]") == JsonBody([])


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[1,]", b"{'a': 1}", b"\x00", b"[1] 2", "[]".encode("utf-16"), b'"\n"']
)
def test_what_is_not_json(raw: bytes) -> None:
    with pytest.raises(BadDelivery, match="not JSON"):
        read_json(raw)


def test_depth() -> None:
    limits = JsonLimits(depth_max=3)
    assert read_json(b'[[["[[[[", "\\\\", "\\"[[["]]]', limits).value == [[["[[[[", "\\", '"[[[']]]
    with pytest.raises(BadDelivery, match="deeper than 3"):
        read_json(b"[[[[]]]]", limits)


def test_nodes() -> None:
    limits = JsonLimits(nodes_max=4)
    assert read_json(b'{"a": [1, ",,,,,[[[["]}', limits).value == {"a": [1, ",,,,,[[[["]}
    with pytest.raises(BadDelivery, match="more than 4"):
        read_json(b"[1,2,3,4]", limits)


HOSTILE = {
    "deep lists": b"[" * 8_000_000,
    "deep objects": b'{"a":' * 1_000_000,
    "numbers": b"[" + b"1," * 4_000_000 + b"1]",
    "quotes": b'"' * 8_000_000,
    "escaped quotes": b'"' + b'\\"' * 4_000_000,
    "backslashes": b'["' + b"\\\\" * 4_000_000 + b'"]',
    "digits": b"[" + b"1" * 8_000_000 + b"]",
    "no text": b"\xff" * 8_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bodies_end_soon(name: str) -> None:
    with ending():
        try:
            read_json(HOSTILE[name])
        except BadDelivery:
            pass


def values() -> st.SearchStrategy[Json]:
    leaves = (
        st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.text(st.characters(codec="utf-8"))
    )
    return st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text('ab"\\[,'), inner))


@settings(max_examples=60, deadline=None)
@given(values())
def test_honest_json_is_read_as_it_is(value: Json) -> None:
    raw = json.dumps(value).encode()
    assert read_json(raw).value == json.loads(raw.decode().replace("\\u0000", ""))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60) | st.text('[]{}":,\\1e-.untrfalse', max_size=60).map(str.encode))
def test_nothing_but_bad_delivery_is_raised(raw: bytes) -> None:
    try:
        read_json(raw, JsonLimits(depth_max=5, nodes_max=10))
    except BadDelivery:
        return
    assert json.loads(raw.decode("utf-8-sig", "replace")) is not ...
