"""Lint: each finding fires on what it is for and on nothing else, with its place and its level."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hercules.model import Limits, Part, Refusal
from hercules.rules.anchors import never_matches
from hercules.rules.catalogue import Catalogue, read_catalogue
from hercules.rules.database import compile_rules
from hercules.rules.lint import Known, LintReport, lint
from hercules.rules.patterns import problem
from hercules.rules.rule import RuleFile, read_rules
from hercules.rules.samples import read_samples
from tests.rules.kit import AS_OF, HEAD, load, rules

Files = Mapping[tuple[str, ...], bytes]
GOOD_MISS = b"start\nunlike words of disk trouble\nall is well\nend\n"


def report(
    *texts: str,
    files: Files | None = None,
    catalogue: Catalogue | None = None,
    articles: frozenset[str] | None = None,
    corpus: bytes = b"",
) -> LintReport:
    parts = [Part("neutral.log", data=corpus)] if corpus else []
    samples = read_samples((files or {}).items(), AS_OF)
    return lint(rules(*texts), Known(samples, catalogue or Catalogue(), articles, parts), Limits(), AS_OF)


def codes(*texts: str) -> set[str]:
    """The codes of rules without samples, but for the ones that tell so."""
    found = {each.code for each in report(*texts).findings}
    return found - {"W-no-hit", "W-no-miss", "W-no-literal", "W-short"}


def only(found: LintReport, code: str) -> Refusal:
    (one,) = (each for each in found.findings if each.code.endswith(code))
    return one


# --- what can never fire ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "set: {match: [disk trouble], negate: [disk trouble]}",
        "set: {match: [disk trouble here], negate: [trouble]}",
        "set: {match: [disk trouble], negate: [{regex: 'tr\\w+ble'}]}",
        "set: {match: [disk trouble], negate: [{value: trouble, window: 5s}]}",
        "set: {match: [disk trouble], negate: [{value: trouble, window: 5s, slide: -2s}]}",
        "sequence: {window: 5s, order: [one thing, two thing], negate: [{value: two, anchor: 1}]}",
        "sequence: {window: 5s, order: [one thing, two thing], negate: [two]}",
        'set: {match: ["disk trouble\\nat once"]}',
        "set: {match: [{value: '2026-10-01 10:00:00 disk trouble'}]}",
        "set: {match: [{regex: '2026-10-01 .* disk trouble'}]}",
        "set: {match: [{regex: '^\\[2026-10-01T.* disk trouble'}]}",
        "set: {match: [{regex: 'disk^trouble'}]}",
        "set: {match: [{regex: 'disk$ trouble'}]}",
        "set: {match: [{regex: '(?:disk|file)\\Atrouble'}]}",
        "files: [a.log]\nexclude_files: [a.log, b.log]\nset: {match: [disk trouble]}",
        "when: {version: '>=9 <8'}\nset: {match: [disk trouble]}",
        "when: {version: '<9 >9.1 || >3 <=3'}\nset: {match: [disk trouble]}",
        "when: {version: '>=9.4'}\nfixed_in: [9.0.0, 9.4.0]\nset: {match: [disk trouble]}",
        "when: {text: {any: [vpn], none: [vpn]}}",
        "when: {tags: {all: [a, b], none: [b]}}",
    ],
)
def test_what_can_never_fire_is_an_error(body: str) -> None:
    found = report(HEAD + body)
    assert "E-never" in {each.code for each in found.errors}
    assert only(found, "E-never").fix


@pytest.mark.parametrize(
    "body",
    [
        "set: {match: [disk trouble], negate: [all well]}",
        "set: {match: [disk trouble], negate: [disk trouble again]}",
        "set: {match: [disk trouble], negate: [{regex: '^trouble'}]}",
        "set: {match: [disk trouble], negate: [{value: trouble, window: 5s, slide: 1s}]}",
        "set: {match: [disk trouble], negate: [{value: trouble, window: 5s, slide: -9s}]}",
        "sequence: {window: 5s, order: [one thing, two thing], negate: [{value: one, anchor: 1}]}",
        "set: {match: [{regex: '(?m)disk\\n^trouble'}]}",
        "set: {match: [{regex: '^disk trouble$'}]}",
        "set: {match: [root certificate ended on 2021-09-30]}",
        "set: {match: [{regex: '(?:^|\\s)disk(?:$|\\s)'}]}",
        "set: {match: [{regex: 'disk [^$]+ trouble\\^'}]}",
        "when: {version: '>=8 <9'}\nset: {match: [disk trouble]}",
        "when: {version: '9.x'}\nfixed_in: 9.4.2\nset: {match: [disk trouble]}",
        "when: {version: '*'}\nset: {match: [disk trouble]}",
        "when: {text: {any: [vpn, net], none: [vpn]}}",
    ],
)
def test_what_can_fire_is_none(body: str) -> None:
    assert "E-never" not in {each.code for each in report(HEAD + body).findings}


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab^$()|*?+{}1,[]\\AzQE:im", max_size=14))
def test_a_pattern_that_matched_something_is_never_called_impossible(pattern: str) -> None:
    import re2

    from hercules.rules.patterns import compile_bytes

    if problem(pattern) is not None:
        return
    dead = never_matches(pattern)
    compiled: re2._Regexp = compile_bytes(pattern)
    texts = [
        b"a",
        b"b",
        b"ab",
        b"ba",
        b"aab",
        b"abab",
        b"a\nb",
        b"1",
        b"b,1",
        b"imQE",
        b"Az:",
        b"a^b$",
        b"[a]{1}",
    ]
    assert not (dead and any(compiled.search(text) for text in texts))


# --- the gate ---------------------------------------------------------------------------------------

ORDINARY = b"2026-10-01 10:00:00 a word of peace\n" * 3 + b"2026-10-01 10:00:01 other\n" * 100


@pytest.mark.parametrize(("status", "code"), [("experimental", "W-generic"), ("test", "E-generic")])
def test_a_rule_that_fires_on_ordinary_logs(status: str, code: str) -> None:
    found = report(HEAD + f"status: {status}\nset: {{match: [word of peace]}}", corpus=ORDINARY)
    one = only(found, "generic")
    assert one.code == code
    assert one.message == "fires on 3 of 103 lines, 1 of 1 files, first at neutral.log:1"
    assert (one.line, one.rule) == (5, "rule-one")
    assert found.demoted == ({"rule-one"} if status == "test" else frozenset())


TWO = (
    "id: rule-a\ntitle: T\nproduct: alpha\nstatus: test\nset: {match: [disk trouble]}\n",
    "id: rule-b\ntitle: T\nproduct: beta\nstatus: test\nset: {match: [trouble]}\n",
)
TWO_FILES: dict[tuple[str, ...], bytes] = {
    ("alpha", "rule-a", "hit1.log"): b"start\ndisk trouble\nend\n",
    ("alpha", "rule-a", "miss1.log"): GOOD_MISS.replace(b"trouble", b"trubble"),
    ("beta", "rule-b", "hit1.log"): b"start\nmore trouble\nend\n",
    ("beta", "rule-b", "miss1.log"): GOOD_MISS.replace(b"trouble", b"trubble"),
}


def test_a_rule_that_fires_on_another_products_hits_is_too_general() -> None:
    found = report(*TWO, files=TWO_FILES)
    one = only(found, "generic")
    assert (one.code, one.rule) == ("E-generic", "rule-b")
    assert "hit1.log of rule-a" in one.message
    assert found.demoted == {"rule-b"}


@pytest.mark.parametrize("field", ["related", "supersedes"])
def test_unless_one_names_the_other(field: str) -> None:
    found = report(TWO[0] + f"{field}: rule-b\n", TWO[1], files=TWO_FILES)
    assert not [each for each in found.findings if "generic" in each.code or "overlap" in each.code]


def test_rules_that_always_fire_together_overlap() -> None:
    same = (TWO[0], TWO[1].replace("beta", "alpha"))
    one = only(report(*same, files=TWO_FILES), "overlap")
    assert (one.code, one.rule) == ("W-overlap", "rule-a")
    assert "rule-b fires too (1 hit samples)" in one.message
    twins = (TWO[0], TWO[1].replace("beta", "alpha").replace("[trouble]", "[disk trouble]"))
    files = {key: b"disk trouble\n" for key in TWO_FILES if key[2] == "hit1.log"}
    assert only(report(*twins, files=files), "overlap").rule == "rule-a", "told once for a pair"


# --- samples ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("miss", "why"),
    [
        (b"disk well\n", "has 1 line of"),
        (b"\n\n\ndisk well\n\n", "has 1 line of"),
        (b"one\ntwo\nthree\nfour\n", "holds no word"),
        (b"one\ntwo of a disk\nthree\n", ""),
    ],
)
def test_a_miss_that_proves_little(miss: bytes, why: str) -> None:
    hit = b"disk trouble\n"
    files: Files = {("alpha", "rule-a", "hit1.log"): hit, ("alpha", "rule-a", "miss1.log"): miss}
    found = [each for each in report(TWO[0], files=files).findings if each.code == "W-weak-miss"]
    assert len(found) == (1 if why else 0)
    assert all(f"miss1.log {why}" in each.message for each in found)


def test_any_telling_word_of_a_pattern_is_a_word_of_the_rule() -> None:
    pattern = r"{regex: 'segment \d+ could not be merged, ever'}"
    rule = f"id: rule-a\ntitle: T\nproduct: alpha\nset: {{match: [{pattern}]}}\n"
    hit = b"segment 7 could not be merged, ever\n"
    for miss, weak in ((b"a\nsegment 7 opened\nb\n", False), (b"a\nit can not be found\nb\n", True)):
        files: Files = {("alpha", "rule-a", "hit1.log"): hit, ("alpha", "rule-a", "miss1.log"): miss}
        assert ("W-weak-miss" in {each.code for each in report(rule, files=files).findings}) is weak


def test_a_short_phrase_of_a_question_is_a_word_of_the_rule() -> None:
    body = "when: {text: [vpn, virtual network]}\ntests: {match: [{ticket: {subject: vpn}}], no_match: "
    assert "W-weak-miss" not in codes(HEAD + body + "[{ticket: {subject: VPN is down, desk: d}}]}")
    assert "W-weak-miss" in codes(HEAD + body + "[{ticket: {subject: all is down}}]}")


def test_one_good_miss_is_enough() -> None:
    files = {**TWO_FILES, ("alpha", "rule-a", "miss2.log"): b"disk\n"}
    assert "W-weak-miss" not in {each.code for each in report(TWO[0], files=files).findings}


def test_missing_samples_are_lint_too() -> None:
    found = report(TWO[0])
    assert {each.code for each in found.errors} == {"E-no-hit", "E-no-miss"}


# --- catalogues, articles, dates --------------------------------------------------------------------

CATALOGUES = [
    RuleFile("products.yaml", b"products:\n  - {name: demo, title: Demo}\n"),
    RuleFile("tags.yaml", b"tags:\n  - {name: disk, title: Disks}\ncategories:\n  - {name: storage}\n"),
    RuleFile("tags/more.yaml", b"metadata: {kind: tags}\ntags:\n  - {name: aws, displayName: AWS}\n", "tags"),
]


def test_catalogues_are_read_in_every_shape() -> None:
    found = read_catalogue(
        [*CATALOGUES, RuleFile("r.yaml", b"id: tags-rule\n", "p"), RuleFile("x.yaml", b"{")]
    )
    assert dict(found.products) == {"demo": "Demo"}
    assert dict(found.tags) == {"disk": "Disks", "storage": "storage", "aws": "AWS"}
    assert found.refusals == ()


def test_a_broken_catalogue_is_told_by_its_place() -> None:
    found = read_catalogue([RuleFile("tags.yaml", b"tags:\n  - {nam: disk}\n  - text\nother: 1\n")])
    assert [(each.code, each.line) for each in found.refusals] == [
        ("E-unknown-field", 4),
        ("E-unknown-field", 2),
        ("E-value", 2),
        ("E-value", 3),
    ]


def test_words_outside_the_catalogues() -> None:
    catalogue = read_catalogue(CATALOGUES)
    body = HEAD + "set: {match: [disk trouble]}\n"
    good = report(body + "tags: [Disk]\ncategory: storage\n", catalogue=catalogue)
    assert not [each for each in good.findings if "unknown" in each.code]
    bad = report(body.replace("demo", "dmo") + "tags: [dsk]\n", catalogue=catalogue)
    found = {each.code: each.fix for each in bad.findings if "unknown" in each.code}
    assert found == {
        "W-unknown-product": "Did you mean demo? Else add it to products.yaml as - {name: dmo, title: ..}.",
        "W-unknown-tag": "Did you mean disk? Else add it to tags.yaml as - {name: dsk, title: ..}.",
    }
    assert not [each for each in report(body + "tags: [dsk]\n").findings if "unknown" in each.code]


@pytest.mark.parametrize(("status", "code"), [("test", "W-kb-unreachable"), ("stable", "E-kb-unreachable")])
def test_an_article_that_is_not_there(status: str, code: str) -> None:
    text = (
        HEAD
        + f"status: {status}\nset: {{match: [disk trouble]}}\nanswer: {{kb: [here, 'https://a.example/x']}}\n"
    )
    assert only(report(text, articles=frozenset({"here"})), "unreachable").code == code
    both = report(text, articles=frozenset({"here", "https://a.example/x"}))
    assert not [each for each in both.findings if "unreachable" in each.code]
    assert not [each for each in report(text).findings if "unreachable" in each.code]


ARTICLES = HEAD + "set: {match: [disk trouble]}\nanswer:\n  kb:\n    - here\n    - demo-disks\n"


def test_a_mistyped_article_is_told_at_its_place_with_the_nearest_one() -> None:
    one = only(report(ARTICLES, articles=frozenset({"here", "demo-disk"})), "unreachable")
    assert (one.line, one.column, one.rule) == (8, 7, "rule-one")
    assert one.fix.startswith("Did you mean demo-disk?")
    single = HEAD + "set: {match: [disk trouble]}\nanswer: {kb: nothing}\n"
    one = only(report(single, articles=frozenset({"here"})), "unreachable")
    assert (one.line, one.column, one.fix) == (5, 14, "Write the article, or correct the key.")


@pytest.mark.parametrize("articles", [None, frozenset({"here"})])
def test_an_article_that_cannot_be_suggested_is_none(articles: frozenset[str] | None) -> None:
    known = Known(articles=articles, unusable={"demo-disks": "it is refused: kb/d.md:3:1: E-X: no good"})
    found = lint(rules(ARTICLES), known, Limits(), AS_OF)
    one = only(found, "unreachable")
    assert "kb/d.md:3:1: E-X: no good" in one.message
    assert one.line == 8


def test_a_file_that_is_not_called_as_its_rule() -> None:
    one = only(report(HEAD + "set: {match: [disk trouble]}"), "W-file-name")
    assert "called r0, its rule rule-one" in one.message
    listed = "rules:\n- id: rule-one\n  title: T\n  set: {match: [disk trouble]}\n"
    assert "W-file-name" not in codes(listed)
    found, refusals = read_rules(
        [RuleFile("demo/Rule-One.yml", (HEAD + "when: {text: vpn}").encode(), "demo")]
    )
    named = lint(compile_rules(found, refusals), Known(), Limits(), AS_OF)
    assert "W-file-name" not in {each.code for each in named.findings}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("sequence: {window: 5s, order: [one thing, two thing], negate: [all well]}", True),
        ("sequence: {window: 5s, order: [one thing, two thing], negate: [{value: all well}]}", True),
        ("set: {window: 5s, match: [one thing, two thing], negate: [{regex: 'all +well'}]}", True),
        (
            "sequence: {window: 5s, order: [one thing, two thing], negate: [{value: all well, window: 9s}]}",
            False,
        ),
        (
            "sequence: {window: 5s, order: [one thing, two thing], negate: [{value: all well, anchor: 0}]}",
            False,
        ),
        ("set: {match: [one thing], negate: [all well]}", False),
    ],
)
def test_a_negation_that_ends_with_the_last_event_is_told(body: str, told: bool) -> None:
    found = [each for each in report(HEAD + body).findings if each.code == "W-negate-window"]
    assert len(found) == told
    for each in found:
        assert "only lines between the first and the last" in each.message
        assert "window: 5m" in each.fix
        assert each.column == body.index("[all" if "[all" in body else "[{") + 2


def test_texts_of_a_draft_are_told_where_they_stand() -> None:
    body = "set: {match: [disk trouble]}\ncause: Why it happens.\nimpact: Nobody can write.\n"
    one = only(report(HEAD + body), "W-placeholder")
    assert (one.line, one.message) == (5, "the cause is still that of the draft")
    assert (
        only(
            report(HEAD.replace("A rule", "'The log says: x'") + body.partition("\n")[0]), "placeholder"
        ).line
        == 2
    )


def test_samples_under_a_former_id_are_pointed_out() -> None:
    strays = ["sample_logs/other/rule-on", "sample_logs/demo/rule-ones", "sample_logs/demo/zebra"]
    found = lint(rules(HEAD + "set: {match: [disk trouble]}"), Known(strays=strays), Limits(), AS_OF)
    fix = "Samples of no rule lie in sample_logs/demo/rule-ones: rename that folder to rule-one."
    assert only(found, "no-hit").fix == fix
    found = lint(rules(HEAD + "set: {match: [disk trouble]}"), Known(strays=["s/x/unlike"]), Limits(), AS_OF)
    assert "lie in s/x/unlike" in only(found, "no-hit").fix


def test_a_rule_that_fires_everywhere_is_told_once_with_a_count() -> None:
    files: dict[tuple[str, ...], bytes] = dict(TWO_FILES)
    for number in range(30):
        files["beta", "rule-b", f"hit{number + 2}.log"] = f"start\nmore trouble {number}\nend\n".encode()
    wide = "id: wide\ntitle: T\nproduct: gamma\nstatus: test\nset: {match: [{regex: '.'}]}\n"
    mate = "id: mate\ntitle: T\nproduct: gamma\nset: {match: [quite special words]}\n"
    files["gamma", "mate", "hit1.log"] = b"quite special words\n"
    found = [each for each in report(*TWO, wide, mate, files=files).findings if each.rule == "wide"]
    (generic,) = (each for each in found if "generic" in each.code)
    assert generic.message.endswith(", a rule of another product, and 31 more hit samples of other products")
    assert not [each for each in report(*TWO, wide, mate, files=files).findings if each.code == "W-overlap"]


def test_a_rule_past_its_review() -> None:
    body = HEAD + "set: {match: [disk trouble]}\nreview_by: "
    assert "W-stale" in codes(body + "2026-10-31")
    assert "W-stale" not in codes(body + "2026-11-01")


def test_findings_are_sorted_and_each_is_told_once() -> None:
    found = report(*TWO, files=TWO_FILES, corpus=b"disk trouble\n").findings
    places = [(each.file, each.line, each.column, each.code) for each in found]
    assert places == sorted(places)
    assert len(set(found)) == len(found)


def test_findings_of_the_loading_are_among_them() -> None:
    found, refusals = load(HEAD + "set: {match: [{value: 'status=5\\d\\d'}]}")
    assert len(found) == 1
    assert {each.code for each in refusals} <= codes(HEAD + "set: {match: [{value: 'status=5\\d\\d'}]}") | {
        "W-short"
    }


# --- times ------------------------------------------------------------------------------------------

TIMED = "sequence: {window: 60s, order: [link degraded, carrier lost]}"
UNREAD = b"well\norbit{10:00:00} link degraded\norbit{10:00:05} carrier lost\n"


def test_a_window_that_no_sample_tries_is_told_with_the_line() -> None:
    found = only(report(HEAD + TIMED, files={("demo", "rule-one", "hit1.log"): UNREAD}), "no-times")
    assert (found.code, found.file, found.line) == ("W-no-times", "r0.yaml", 4)
    assert found.message == (
        "hit1.log:2: no time stamp was read in this line, so the window of 60 s was not applied: "
        "'orbit{10:00:00} link degraded'"
    )
    assert "2026-01-02 03:04:05,123" in found.fix


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (TIMED, b"2026-10-05 10:00:00 link degraded\n2026-10-05 10:00:05 carrier lost\n"),
        (TIMED.replace("60s", "file"), UNREAD),
        ("set: {match: [link degraded], negate: [carrier regained]}", UNREAD),
    ],
)
def test_times_are_asked_for_only_where_they_matter(body: str, text: bytes) -> None:
    found = report(HEAD + body, files={("demo", "rule-one", "hit1.log"): text})
    assert "W-no-times" not in {each.code for each in found.findings}


def test_a_negation_with_a_window_needs_times_too() -> None:
    body = "set: {match: [link degraded], negate: [{value: carrier regained, window: 5s}]}"
    found = only(report(HEAD + body, files={("demo", "rule-one", "hit1.log"): UNREAD}), "no-times")
    assert "so the window of its negation was not applied" in found.message
