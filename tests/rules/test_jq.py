"""The jq subset: what queries say of values, what is refused with its column, and what text they need."""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hercules.rules import jq
from hercules.rules.factors import factors
from hercules.rules.jqvalues import Budget, JqFailed, Json
from hercules.rules.literals import Literal
from hercules.rules.nouns import Place, Term
from tests.patience import ending
from tests.rules.kit import HEAD, codes, log, one, refused, rule, run

POD: Json = {
    "kind": "Pod",
    "n": 5,
    "f": 1.5,
    "t": True,
    "no": False,
    "nil": None,
    "a b": 1,
    "list": [1, [2, "x"], {"k": "v"}],
    "spec": {"volumes": [{"name": "a"}, {"name": "b", "nfs": {"path": "/x"}}], "text": "Too Many files"},
}


def outputs(query: str, value: Json = POD) -> list[Json]:
    """All outputs; raises what a failure raises."""
    return list(jq.parse(query).part.run(value, Budget(100_000)))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (".", [POD]),
        (".kind", ["Pod"]),
        (".spec.text", ["Too Many files"]),
        ('."a b"', [1]),
        ('.["a b"]', [1]),
        ('.spec."text"', ["Too Many files"]),
        (".list[0]", [1]),
        (".list[-1].k", ["v"]),
        (".list[9]", [None]),
        (".gone.deeper[0]", [None]),
        (".spec.volumes[].name", ["a", "b"]),
        (".spec.volumes.[1].name", ["b"]),
        (".n[]?", []),
        (".n.a?", []),
        ("(.n, .f) | . > 2", [True, False]),
        (".n, .f", [5, 1.5]),
        (".nil // .gone // 7", [7]),
        (".no // 7", [7]),
        (".n.a? // 3", [3]),
        (".n.a // 3", [3]),
        (".list[] // 3", [1, [2, "x"], {"k": "v"}]),
        ('.kind == "Pod" and .n == 5', [True]),
        (".n == 5.0", [True]),
        (".t == 1", [False]),
        (".nil < .no, .no < .t, .t < .n, .n < .kind, .kind < .list, .list < .spec", [True] * 6),
        ('.list == [1]?', None),
        (".t or .gone.x", [True]),
        (".no and (.n | .a)", [False]),
        (".t | not", [False]),
        ("(.t, .no) and (.t, .no)", [True, False, False]),
        ('.spec.volumes[] | select(.nfs != null) | .name', ["b"]),
        ('has("kind"), has("gone")', [True, False]),
        (".list | has(2), has(3)", [True, False]),
        ('.kind | contains("o")', [True]),
        ('.list | contains(1)?', []),
        ('.spec | contains(.volumes[0])', [False]),
        (".list[1] | contains(.)", [True]),
        ('.kind | startswith("P"), endswith("d"), startswith("x")', [True, True, False]),
        ('.spec.text | test("many.f")', [False]),
        ('.spec.text | test("many.f"; "i")', [True]),
        ('.spec.text | ascii_downcase | test("^too")', [True]),
        (".list | length, keys", [3, [0, 1, 2]]),
        ('.spec | keys', [["text", "volumes"]]),
        (".kind, .n, .nil | type", ["string", "number", "null"]),
        (".list, .spec, .t | type", ["array", "object", "boolean"]),
        (".list[1] | tostring", ['[2,"x"]']),
        (".kind | tostring", ["Pod"]),
        (".n | length", [5]),
        ('.spec.volumes | any(.name == "b"), all(.name == "b")', [True, False]),
        ('"a\\u0041" == "aA"', [True]),
        ("-1 < 1e2", [True]),
        (". | (1, 2), 3 | . > 1", [False, True, True]),
    ],
)  # fmt: skip
def test_outputs(query: str, expected: list[Json] | None) -> None:
    if expected is None:
        with pytest.raises(jq.JqRefused):
            jq.parse(query)
    else:
        assert outputs(query) == expected


@pytest.mark.parametrize(
    "query",
    [".n.a", ".kind[]", ".kind[0]", ".t | length", '.n | contains("a")', ".n | keys", ".n | ascii_downcase",
     '.n | test("a")', ".n | has(0)", '.n | startswith("a")'],
)  # fmt: skip
def test_failures_are_false(query: str) -> None:
    with pytest.raises(JqFailed):
        outputs(query)
    assert not jq.parse(query).holds(POD, 100)


@pytest.mark.parametrize(
    ("query", "column"),
    [
        (".a | env", 6),
        (".a + 1", 4),
        (".. | .a", 2),
        ("[.a]", 1),
        ("{a: 1}", 1),
        ('.a == "x', 7),
        (".a ==", 6),
        (".a == 1 == 2", 9),
        ("(.a", 4),
        (".a)", 3),
        (".[.a]", 3),
        ('"\\(.a)"', 1),
        ("$x", 1),
        ("input", 1),
        ("reduce . as $x (0; 1)", 13),
        ('test("(")', 6),
        ('test(".a"; "xq")', 12),
        ("test(.a)", 6),
        ("select", 7),
        ("select(" * 80 + "." + ")" * 80, 421),
    ],
)
def test_what_is_outside_is_refused_with_its_column(query: str, column: int) -> None:
    with pytest.raises(jq.JqRefused) as refusal:
        jq.parse(query)
    assert refusal.value.offset + 1 == column
    assert refusal.value.fix


def test_a_refused_query_has_its_place_in_the_file() -> None:
    found = refused("set: {match: [{jq: '.a | env'}]}\n")
    assert (found.code, found.line, found.column) == ("E-jq", 4, 26)
    assert "column 6" in found.message


def test_every_query_ends() -> None:
    doubling = jq.parse(".[]" + "|(.,.)" * 55 + "|not|not|false")
    wide: Json = [[n] for n in range(5_000)]
    equal = jq.parse("any(. == .[]?) and (. == .)" + " and (. == .)" * 60 + " and false")
    with ending():
        assert not doubling.holds(wide, 1 << 20)
        assert not equal.holds(wide, 1 << 16)
        assert not jq.parse("(.[] == .[])|select(false)").holds(wide, 1 << 20)


def test_outputs_are_counted() -> None:
    many: Json = [None] * jq.OUTPUTS_MAX
    assert jq.parse(".[], 1").holds(many[:-1], 1 << 30)  # type: ignore[index] # a list
    assert not jq.parse(".[], 1").holds([*many, None, None], 1 << 30)  # type: ignore[misc] # a list


# --- what text a query needs ------------------------------------------------------------------------


def need(query: str) -> set[str] | None:
    found = factors(Term("jq", query, Place("r", 1, 1)))
    return None if found is None else {literal.text.decode() for literal in found}


def test_needed_literals() -> None:
    assert need('.kind == "PersistentVolume" and (.spec.nfs != null)') == {'"PersistentVolume"'}
    assert need('.kind == "Pod" or .kind == "Node"') == {'"Pod"', '"Node"'}
    assert need(".spec.securityContext.fsGroup != null") == {'"securityContext"'}
    assert need('.message | contains("connection reset by")') == {"connection reset by"}
    assert need('.message | test("quorum.*lost"; "i")') == {"quorum"}
    assert need('.items[] | select(.reason == "FailedMount") | .x') == {'"FailedMount"'}
    assert need('any(.reason == "FailedMount")') == {'"FailedMount"'}
    assert need('has("securityContext")') == {'"securityContext"'}
    assert need(".retryCount > 3") == {'"retryCount"'}
    assert need('.message == "a/long/path"') == {'"message"'}
    assert need('.message == "größer"') == {'"message"'}


@pytest.mark.parametrize(
    "query",
    [
        ".",
        ".retryCount < 3",
        '.kind != "PersistentVolume"',
        '.kind | ascii_downcase == "persistentvolume"',
        "(.retryCount // 5) != 3",
        'all(.kind == "PersistentVolume")',
        '.kind == "PersistentVolume" | not',
        '"PersistentVolume" == "PersistentVolume"',
        '.kind == "PersistentVolume", 1',
        ".retryCount == null",
        ".retryCount >= null",
        '.a == "PersistentVolume" or .retryCount < 5',
    ],
)
def test_what_may_be_true_without_a_word_needs_none(query: str) -> None:
    assert need(query) is None


_KEYS = ["kind", "name", "a\u00a0b", "list", "spec"]
_STRINGS = ["Pod", "Node", "a/b", 'q"q', "größe", "kind", ""]
_VALUES = st.recursive(
    st.sampled_from([None, True, False, 0, 1, 2.5, *_STRINGS]),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(_KEYS), below, max_size=3),
    max_leaves=8,
)
_PATHS = '. .kind ."a\u00a0b" .list[] .list[0] .spec.name .[]? .spec.list[]?.kind .kind? 1 "Pod" null'
_PLAIN = "length keys type tostring ascii_downcase not"
_GIVEN = 'has("kind") contains("od") startswith("Po") endswith("de") test("o.") test("NO";"i")'
_ATOMS = f"{_PATHS} {_PLAIN} {_GIVEN}".split(" ")


def _queries() -> st.SearchStrategy[str]:
    def grow(below: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        sign = st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "and", "or", "//", "|", ","])
        call = st.sampled_from(["select", "any", "all"])
        return (
            st.tuples(below, sign, below).map(lambda part: f"({part[0]}) {part[1]} ({part[2]})")
            | st.tuples(call, below).map(lambda part: f"{part[0]}({part[1]})")
            | below.map(lambda part: f"({part})?")
        )

    return st.recursive(st.sampled_from(_ATOMS), grow, max_leaves=5)


@settings(max_examples=150, deadline=None)
@given(_queries(), st.lists(_VALUES, min_size=1, max_size=6), st.booleans())
def test_no_truth_without_one_of_the_literals(query: str, values: list[Json], spaced: bool) -> None:
    found: tuple[Literal, ...] | None = factors(Term("jq", query, Place("r", 1, 1)))
    for value in values:
        text = json.dumps(value, indent=1 if spaced else None).encode()
        if found is not None and jq.parse(query).holds(jq.parsed(text), len(text)):
            assert any(
                (literal.text in text.lower()) if literal.caseless else (literal.text in text)
                for literal in found
            )


@settings(max_examples=150, deadline=None)
@given(_queries(), _VALUES)
def test_equal_to_the_program_itself(query: str, value: Json) -> None:
    real = pytest.importorskip("jq", reason="the package jq, an oracle for these tests, is not installed")
    assume("//" not in query)  # programs differ in whether it takes back a failure of its left; ours does
    try:
        ours: object = outputs(query, value)
    except JqFailed:
        ours = "failed"
    try:
        theirs: object = real.compile(query).input_value(value).all()
    except ValueError:
        theirs = "failed"
    assert json.dumps(ours) == json.dumps(theirs)


# --- in rules ---------------------------------------------------------------------------------------

NDJSON = """\
{"time":"2026-10-05T10:00:00Z","level":"error","msg":"no space left","ctx":{"code":"E17","free":0}}
{"time":"2026-10-05T10:00:05Z","level":"info","msg":"fine","ctx":{"free":4}}
{"time":"2026-10-05T10:00:09Z","level":"error","msg":"no space left","log.level":"warn"}
"""


def test_a_query_over_json_lines() -> None:
    match = one(run(rule("set: {match: [{jq: '.level == \"error\" and .ctx.free == 0'}]}"), NDJSON))
    assert (match.count, match.evidence[0].line) == (1, 1)
    assert match.evidence[0].spans == ((0, len(NDJSON.split("\n")[0])),)


def test_a_query_without_a_word_asks_every_event() -> None:
    assert one(run(rule("set: {match: [{jq: '.ctx.free < 1'}]}"), NDJSON)).count == 2  # null is below 1
    assert "W-no-literal" in codes(HEAD + "set: {match: [{jq: '.ctx.free < 1'}]}")


def test_json_behind_a_prefix() -> None:
    text = (
        '2026-10-05 10:00:00,000 got {"level":"error"}\n2026-10-05 10:00:01,000 got {"level":"error"} late\n'
    )
    match = one(run(rule("set: {match: [{jq: '.level == \"error\"'}]}"), text))
    assert (match.count, match.evidence[0].line) == (1, 1)
    assert [match.evidence[0].text[a:b] for a, b in match.evidence[0].spans] == ['{"level":"error"}']


def test_captures_by_query() -> None:
    body = """\
set:
  match:
    - value: no space left
      extract:
        - {name: code, type: code, jq: .ctx.code}
        - {name: free, type: number, jq: '.ctx.free | tostring'}
answer: {message: 'Code {code}, {free} free.'}
"""
    match = one(run(rule(body), NDJSON))
    assert match.captures == {"code": "E17", "free": "0"}
    assert match.message == "Code E17, 0 free."


def test_a_set_of_two_documents_on_two_lines() -> None:
    body = """\
set:
  window: 10s
  match: [{jq: '.ctx.code == "E17"'}, {jq: '."log.level" == "warn"'}]
"""
    assert [proof.line for proof in one(run(rule(body), NDJSON)).evidence] == [1, 3]
    assert not run(rule(body.replace("10s", "8s")), NDJSON).matches


def test_a_document_over_many_lines() -> None:
    text = (
        json.dumps({"time": "2026-10-05T10:00:00Z", "items": [{"reason": "FailedMount"}] * 2}, indent=2)
        + "\n"
    )
    ruleset = rule("set: {match: [{jq: '.items[] | select(.reason == \"FailedMount\")'}]}")
    for chunk in (0, 1, 7):
        match = one(run(ruleset, log(text, chunk=chunk)))
        assert (match.count, match.evidence[0].line) == (1, 1)
    stream = text + text
    assert one(run(ruleset, stream)).count == 2


def test_a_whole_file_of_up_to_a_mebibyte_is_one_event() -> None:
    from hercules.logs.bundle import open_bundle
    from hercules.model import Limits, Part
    from hercules.rules.scan import scan
    from tests.rules.kit import AS_OF

    ruleset = rule("set: {match: [{jq: '.kind == \"List\" and (.items | length) == 9000'}]}")
    value = {"items": [{"name": f"pod-{n}", "reason": "FailedMount"} for n in range(9_000)], "kind": "List"}
    for indent in (None, 2):
        data = json.dumps(value, indent=indent).encode()
        assert 70_000 < len(data) < 1 << 20
        found = scan(open_bundle([Part("pods.json", data=data)], Limits(), AS_OF), ruleset, Limits())
        assert one(found).evidence[0].line == 1
        longer = data + b" " * (1 << 20)
        assert not scan(
            open_bundle([Part("pods.json", data=longer)], Limits(), AS_OF), ruleset, Limits()
        ).matches


FIELDS = "set: {match: [{field: %s, %s}]}"


@pytest.mark.parametrize(
    ("field", "pattern", "lines"),
    [
        ("msg", "value: no space", [1, 3]),
        ("level", "value: no space", []),
        ("ctx.code", "regex: '^E(?P<n>\\d+)$'", [1]),
        ("log.level", "value: warn", [3]),
        ("ctx.free", "regex: '^[0-9]$'", [1, 2]),
        ("ctx", "value: free", [1, 2]),
        ("gone", "value: no space", []),
    ],
)
def test_field_terms(field: str, pattern: str, lines: list[int]) -> None:
    found = run(rule(FIELDS % (field, pattern)), NDJSON).matches
    assert [proof.line for match in found for proof in match.evidence] == lines


def test_a_field_of_what_is_no_json_is_the_whole_event() -> None:
    ruleset = rule(FIELDS % ("msg", "value: no space left"))
    assert one(run(ruleset, "plain: no space left\n")).evidence[0].spans == ((7, 20),)
    quoted = rule(FIELDS % ("msg", "value: 'the \"disk\" is gone'"))
    assert one(run(quoted, '{"msg":"the \\"disk\\" is gone"}\n')).count == 1
    assert one(run(quoted, 'x the "disk" is gone\n')).count == 1


def test_sets_of_equal_patterns_in_different_fields() -> None:
    body = "set: {window: file, match: [{field: a, value: bad word}, {field: b, value: bad word}]}"
    assert run(rule(body), '{"a":"bad word"}\n{"b":"bad word"}\n').matches
    assert not run(rule(body), '{"a":"bad word"}\n{"a":"bad word"}\n').matches
