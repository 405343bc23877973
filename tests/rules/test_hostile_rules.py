"""Hostile rule files: whatever is in them they are refused quickly with a place, or read as plain rules."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hercules.rules.rule import RuleFile as File
from hercules.rules.rule import read_rules
from tests.patience import ending
from tests.rules.kit import HEAD
from tests.rules.test_rule import BAD, CRE, FLAT
from tests.test_yamlfile import HOSTILE

_MANY = ", ".join(f"abcdef{n}" for n in range(100))
FORMS: dict[str, bytes] = {
    **{f"yaml: {name}": data for name, (data, _) in HOSTILE.items()},
    **{f"schema: {name}": (HEAD + body).encode() for name, (body, code) in BAD.items() if code[0] == "E"},
    "redos 1": (HEAD + "set: {match: [{regex: '(a+)+$(?!b)'}]}").encode(),
    "redos 2": (HEAD + "set: {match: [{regex: '((((((((((a{30}){30}){30}){30}))))))))'}]}").encode(),
    "many terms": (HEAD + f"set: {{window: 1m, match: [{_MANY}]}}").encode(),
    "deep pattern": (HEAD + "set: {match: [{regex: '" + "(" * 900 + "'}]}").encode(),
    "deep good pattern": (HEAD + "sett: {match: [{regex: '" + "(" * 400 + "a" + ")" * 400 + "'}]}").encode(),
    "huge count": (HEAD + "set: {window: 1s, match: [{value: abcdef, count: 999999999999}]}").encode(),
    "unicode digits": (HEAD + "set: {window: 1s, match: [{value: abcdef, count: '٣'}]}").encode(),
    "huge window": (HEAD + "set: {window: 99999999999h, match: [abcdef, bcdefg]}").encode(),
    "bidi id": "id: \u202eabc\ntitle: T\nset: {match: [abcdef]}".encode(),
    "everything a list": b"\n".join(key + b": [[]]" for key in FLAT.encode().split(b"\n")[1:4]),
}


@pytest.mark.parametrize("name", FORMS)
def test_hostile_files_are_refused_with_a_place(name: str) -> None:
    with ending():
        rules, refusals = read_rules([File("bad.yaml", FORMS[name], "p")])
    assert not rules
    errors = [refusal for refusal in refusals if refusal.code.startswith("E-")]
    assert errors
    assert all(one.file == "bad.yaml" and one.line >= 1 and one.column >= 1 for one in errors)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([FLAT, CRE]), st.data())
def test_any_mutation_is_read_or_refused(text: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        width = data.draw(st.integers(0, 12))
        text = (
            text[:at] + data.draw(st.text(alphabet="a1:-[]{}'\"\\(*?\n |&", max_size=4)) + text[at + width :]
        )
    rules, refusals = read_rules([File("x.yaml", text.encode("utf-8"), "p")])
    assert rules or refusals
