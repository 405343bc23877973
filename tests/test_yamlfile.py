"""The YAML reader: every scalar a text with its place, every hostile form refused quickly with a place."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hercules.yamlfile import ListNode, MapNode, TextNode, YamlRefused, plain, read_yaml, walk
from tests.patience import ending


def _laughs() -> bytes:
    lines = ["a0: &a0 [lol, lol]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 30)]
    return "\n".join(lines).encode()


HOSTILE: dict[str, tuple[bytes, str]] = {
    "laughs": (_laughs(), "anchor"),
    "recursive": (b"a: &a [*a]", "anchor"),
    "alias alone": (b"a: *b", "alias"),
    "merge map": (b"<<: {a: 1}", "merge key"),
    "merge quoted": (b"'<<': {a: 1}", "merge key"),
    "merge alias": (b"b: &b {x: 1}\na:\n  <<: *b", "anchor"),
    "tag python": (b"a: !!python/object/apply:os.system ['true']", "tag"),
    "tag str": (b"a: !!str no", "tag"),
    "tag binary": (b"a: !!binary gIGC", "tag"),
    "tag own": (b"!me {a: 1}", "tag"),
    "tag bare": (b"a: ! x", "tag"),
    "tag directive": (b"%TAG ! tag:x,2000:\n---\na: 1", "tag directives"),
    "two documents": (b"a: 1\n---\nb: 2\n", "second document"),
    "three dots": (b"a: 1\n...\n---\nb: 2\n", "second document"),
    "twice": (b"a: 1\nb: 2\na: 3\n", "line 1 already"),
    "twice flow": (b"{a: 1, a: 2}", "line 1 already"),
    "key list": (b"? [a, b]\n: 1", "key must be a text"),
    "key map": (b"? {a: b}\n: 1", "key must be a text"),
    "key flow": (b"{[a]: 1}", "key must be a text"),
    "key empty": (b": 1", "not YAML"),
    "key blank": (b"' ': 1", "key is empty"),
    "deep flow": (b"[" * 50_000, "deeper than 20"),
    "deep flow maps": (b"{a: " * 5_000, "deeper than 20"),
    "deep blocks": (b"\n".join(b" " * n + b"a:" for n in range(300)), "deeper than 20"),
    "deep dashes": (b"- " * 3_000 + b"x", "deeper than 20"),
    "deep keys": (b"? " * 3_000 + b"x", "key must be a text"),
    "many": (b"[" + b"a," * 30_000 + b"]", "more than 20000"),
    "huge": (b"a: " + b"x" * (256 << 10), "bytes"),
    "utf-16": ("a: 1".encode("utf-16"), "UTF-16"),
    "utf-16 bare": ("a: 1".encode("utf-16-le"), "UTF-16"),
    "utf-32": ("a: 1".encode("utf-32-be"), "UTF-16 or UTF-32"),
    "latin-1": (b"a: caf\xe9\n", "not UTF-8"),
    "surrogate": (b"a: \xed\xa0\x80\n", "not UTF-8"),
    "overlong": (b"a: \xc0\xaf", "not UTF-8"),
    "cut utf-8": (b"a: \xe2\x82", "not UTF-8"),
    "nul": (b"a: b\nc: \x00d", "not YAML"),
    "escape char": (b"a: \x1b[1m", "not YAML"),
    "bell": (b"a: \x07", "not YAML"),
    "surrogate escape": (b'a: "\\ud800"', "not YAML"),
    "bad escape": (b'a: "\\q"', "not YAML"),
    "open quote": (b'a: "x', "not YAML"),
    "open list": (b"a: [1, 2", "not YAML"),
    "closed twice": (b"a: ]", "not YAML"),
    "tab": (b"a:\n\tb: 1", "not YAML"),
    "colon": (b"a: b: c", "not YAML"),
    "at sign": (b"a: @b", "not YAML"),
    "backtick": (b"a: `b`", "not YAML"),
    "percent": (b"a: %b", "not YAML"),
    "bad indent": (b"a:\n   b: 1\n  c: 2", "not YAML"),
    "list and map": (b"- a\nb: 1", "not YAML"),
    "block header": (b"a: |9x\n  b", "not YAML"),
    "version": (b"%YAML 3.0\n---\na: 1", "not YAML"),
    "long key": (b"a" * 2_000 + b": 1\n" + b"? ", ""),
    "empty": (b"", "no document"),
    "comment": (b"# nothing\n", "no document"),
    "bom alone": (b"\xef\xbb\xbf", "no document"),
    "anchors": (b"".join(b"- &a%d x\n" % n for n in range(200)), "anchor"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_forms_are_refused_with_a_place(name: str) -> None:
    data, says = HOSTILE[name]
    with ending(), pytest.raises(YamlRefused) as caught:
        read_yaml(data, "bad.yaml")
    first = caught.value.refusals[0]
    assert says in str(caught.value)
    assert first.file == "bad.yaml"
    assert first.line >= 1
    assert first.column >= 1
    assert first.fix
    assert len(caught.value.refusals) <= 20


def test_scalars_stay_texts_with_their_places() -> None:
    node = read_yaml(b"version: 9.10\nno: no\nlist: [1, 0x1F, null, ~, '', 2001-01-01]\n", "x.yaml")
    assert plain(node) == {
        "version": "9.10",
        "no": "no",
        "list": ["1", "0x1F", "null", "~", "", "2001-01-01"],
    }
    assert isinstance(node, MapNode)
    assert node.get("version") == TextNode("9.10", "plain", 1, 10)
    assert node.key("list") == TextNode("list", "plain", 3, 1)
    assert node.get("absent") is None
    assert isinstance(node.get("list"), ListNode)
    assert node.keys() == ("version", "no", "list")
    assert len(list(walk(node))) == 10


def test_styles_and_an_empty_value() -> None:
    node = read_yaml(b"a: 'x'\nb: \"y\"\nc: |\n  z\nd: >-\n  w\ne:\n", "x.yaml")
    assert isinstance(node, MapNode)
    values = [value for _, value in node.pairs if isinstance(value, TextNode)]
    assert [value.style for value in values] == ["single", "double", "literal", "folded", "plain"]
    assert [value.value for value in values] == ["x", "y", "z\n", "w", ""]


def test_several_findings_are_told_at_once() -> None:
    with pytest.raises(YamlRefused) as caught:
        read_yaml(b"a: &x 1\nb: *x\na: !!int 3\n", "x.yaml")
    places = [(refusal.line, refusal.column) for refusal in caught.value.refusals]
    assert places == [(1, 4), (2, 4), (3, 1), (3, 4)]


def test_place_of_a_byte_that_is_not_utf8() -> None:
    with pytest.raises(YamlRefused) as caught:
        read_yaml("a: b\ncäf: ".encode() + b"\xff", "x.yaml")
    assert (caught.value.refusals[0].line, caught.value.refusals[0].column) == (2, 6)


def test_bom_and_crlf_are_no_trouble() -> None:
    assert plain(read_yaml(b"\xef\xbb\xbfa: 1\r\nb: [x,\r\n  y]\r\n", "x.yaml")) == {
        "a": "1",
        "b": ["x", "y"],
    }


def test_limits_are_arguments() -> None:
    deep = b"a: [[1]]"
    assert plain(read_yaml(deep, "x", depth_max=3)) == {"a": [["1"]]}
    with pytest.raises(YamlRefused, match="deeper than 2"):
        read_yaml(deep, "x", depth_max=2)
    with pytest.raises(YamlRefused, match="more than 2 values"):
        read_yaml(b"[a, b, c]", "x", nodes_max=2)
    with pytest.raises(YamlRefused, match="at most 3"):
        read_yaml(b"abcd", "x", file_max=3)


_TREES = st.recursive(
    st.sampled_from(["a", "b c", "9.10", "no"]),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from("pqrs"), below, max_size=3),
    max_leaves=12,
)


def _write(tree: object) -> str:
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{key}: {_write(value)}" for key, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(map(_write, tree)) + "]"
    return f"'{tree}'"


@settings(max_examples=60, deadline=None)
@given(_TREES)
def test_what_is_written_is_read(tree: object) -> None:
    assert plain(read_yaml(_write(tree).encode(), "x.yaml")) == tree


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab:-?[]{},&*!|>'\"%@`# \n\t<\\0", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    _quietly(lambda: read_yaml(text.encode(), "x.yaml"))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    _quietly(lambda: read_yaml(data, "x.yaml"))


def _quietly(call: Callable[[], object]) -> None:
    try:
        call()
    except YamlRefused as caught:
        refused = caught.refusals
    else:
        refused = []
    assert all(refusal.line >= 1 and refusal.column >= 1 for refusal in refused)
