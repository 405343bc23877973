"""The scan: one construct at a time, what it shows as proof, its limits, and the errors left over."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from hercules.model import Limits, NotScanned
from hercules.rules.database import compile_rules
from hercules.rules.scan import scan
from tests.rules.kit import HEAD, load, log, one, rule, rules, run, stamped, ticket

TRACE = """\
2026-10-05 10:00:00,000 INFO  [main] all is well
2026-10-05 10:00:01,500 ERROR [exec-3] request failed
java.lang.NoClassDefFoundError: com/acme/Widget
\tat com.acme.Page.show(Page.java:12)
Caused by: java.lang.ClassNotFoundException: com.acme.Widget
\t... 12 more
2026-10-05 10:00:02,000 INFO  [main] going on
2026-10-05 10:00:03,000 ERROR [exec-4] other trouble 17
"""
CLASS = """\
set:
  match:
    - regex: 'java\\.lang\\.ClassNotFoundException: [\\w.$]+'
      extract: [{name: cls, type: class, regex: 'NotFoundException: ([\\w.$]+)'}]
answer: {kb: K-1, message: "The log of {version} names the class {cls}."}
"""


def test_evidence_of_a_folded_event() -> None:
    found = run(rule(CLASS), TRACE, ticket=ticket(version="9.1"))
    match = one(found)
    assert (match.count, match.kb, match.message) == (
        1,
        ("K-1",),
        "The log of 9.1 names the class com.acme.Widget.",
    )
    proof = match.evidence[0]
    assert (proof.file, proof.line) == ("app.log", 2)
    assert proof.time is not None
    assert proof.time.isoformat() == "2026-10-05T10:00:01.500000+00:00"
    assert proof.text == "\n".join(TRACE.split("\n")[1:6])
    assert [proof.text[start:end] for start, end in proof.spans] == [
        "java.lang.ClassNotFoundException: com.acme.Widget"
    ]
    assert proof.captures == {"cls": "com.acme.Widget"}
    assert proof.before == (TRACE.split("\n")[0],)
    assert proof.after == tuple(TRACE.split("\n")[6:8])


def test_what_no_rule_explains_is_told_masked() -> None:
    text = TRACE + TRACE.split("\n")[7].replace("17", "1834") + "\n"
    found = run(rule(CLASS), text)
    assert [(error.line, error.text, error.count) for error in found.errors] == [
        (8, "ERROR [exec-#] other trouble #", 2)
    ]
    assert [error.text for error in run(rule("set: {match: [nothing such]}"), TRACE).errors] == [
        "ERROR [exec-#] request failed\n"
        "Caused by: java.lang.ClassNotFoundException: com.acme.Widget\n"
        "java.lang.NoClassDefFoundError: com/acme/Widget",
        "ERROR [exec-#] other trouble #",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "| E | kestrel.pdf | w1 | no glyph table",
        "[E] no glyph table",
        "ERR no glyph table",
        "[error] 12#12: no glyph table",
        "level=error msg=x",
        "kestrel[77]: error: no glyph table",
        "|Error|Pdf|no glyph table",
    ],
)
def test_errors_are_known_by_the_level_of_other_programs_too(line: str) -> None:
    text = f"2026-10-05 10:00:00,000 {line}\n2026-10-05 10:00:01,000 I went on, no error here\n"
    found = run(rule("set: {match: [nothing such]}"), text)
    assert [error.line for error in found.errors] == [1]


def test_an_uncaught_exception_is_not_told_as_the_line_before_it() -> None:
    trace = 'Traceback (most recent call last):\n  File "a.py", line 3, in f\n'
    text = f"2026-10-05 10:00:00,000 INFO started\n{trace}NoGlyph: none for 7\n"
    found = run(rule("set: {match: [nothing such]}"), text)
    assert [error.text for error in found.errors] == ["NoGlyph: none for #"]
    other = text.replace(trace, "").replace("NoGlyph: none for 7", "2026/10/05 10:00:01 panic: no glyph")
    found = run(rule("set: {match: [nothing such]}"), other)
    assert [error.text for error in found.errors] == ["panic: no glyph"]
    chained = run(rule("set: {match: [nothing such]}"), text.replace(trace, f"{trace}KeyError: 7\n\n{trace}"))
    assert chained.errors[0].text.startswith("NoGlyph: none for #")


def test_a_slot_without_a_value_gives_the_title() -> None:
    match = one(run(rule(CLASS), TRACE))
    assert match.message == "A rule"


def test_a_value_that_does_not_fit_its_type_is_dropped() -> None:
    body = CLASS.replace("ClassNotFoundException: [\\w.$]+", "NoClassDefFoundError: [\\w./]+").replace(
        "NotFoundException: ([\\w.$]+)", "DefFoundError: ([\\w./]+)"
    )
    match = one(run(rule(body), TRACE, ticket=ticket(version="9.1")))
    assert match.captures == {}
    assert match.message == "A rule"


def test_named_groups_are_captures() -> None:
    body = """\
set:
  match:
    - {regex: 'ERROR \\[(?P<thread>[\\w-]+)\\] (?P<what>.*)', extract: [{name: thread, type: text}]}
"""
    match = one(run(rule(body), "x ERROR [exec-4] trouble"))
    assert match.captures == {"thread": "exec-4", "what": "trouble"}


def test_dot_takes_newlines_and_anchors_are_the_events() -> None:
    assert run(rule("set: {match: [{regex: 'failed.*Widget$'}]}"), TRACE.split("Caused")[0]).errors
    whole = "2026-10-05 10:00:00,000 start\nmiddle\nend words\n2026-10-05 10:00:01,000 next\n"
    assert run(rule("set: {match: [{regex: 'start.*words$'}]}"), whole).matches
    assert run(rule("set: {match: [{regex: '^2026.*end words$'}]}"), whole).matches
    assert not run(rule("set: {match: [{regex: '^end words'}]}"), whole).matches
    assert run(rule("set: {match: [{regex: '(?m)^end words'}]}"), whole).matches
    assert not run(rule("set: {match: [{regex: 'end words.*next'}]}"), whole).matches


def test_literals_are_exact() -> None:
    assert run(rule("set: {match: [{value: 'a.b (c) é'}]}"), "x a.b (c) é y").matches
    assert not run(rule("set: {match: [{value: 'a.b (c)'}]}"), "x axb (c) y").matches
    assert not run(rule("set: {match: [telling words]}"), "Telling Words").matches
    assert run(rule("set: {match: [{regex: '(?i)telling words'}]}"), "Telling WORDS").matches


def test_a_short_literal_and_none_at_all() -> None:
    assert one(run(rule("set: {match: [oom]}"), "an oom here\nand oom")).count == 2
    assert one(run(rule("set: {match: [{regex: '\\d+-\\d+'}]}"), "a 1-2\nb\nc 3-4 5-6\n")).count == 2
    mixed = rules(
        HEAD + "set: {match: [{regex: '\\d+-\\d+'}]}", "id: two-two\ntitle: T\nset: {match: [words]}"
    )
    assert {match.rule_id: match.count for match in run(mixed, "a 1-2 words\nwords\n\nc\n3-4\n").matches} == {
        "rule-one": 2,
        "two-two": 2,
    }


def test_one_hit_an_event_however_often_it_is_found() -> None:
    assert one(run(rule("set: {match: [{regex: 'aaaa+'}]}"), "a" * 500 + "\n" + "a" * 500)).count == 2


def test_set_with_window_count_and_negation() -> None:
    body = "set: {window: 10s, match: [{value: disk slow, count: 3}], negate: [maintenance on]}\n"
    slow = [(second, "disk slow") for second in (0, 4, 8, 60, 64)]
    match = one(run(rule(body), stamped(slow)))
    assert (match.count, len(match.evidence)) == (1, 3)
    assert not run(rule(body), stamped([*slow[:2], (4, "maintenance on"), *slow[2:]])).matches
    assert run(rule(body), stamped([*slow[:3], (59, "maintenance on"), *slow[3:]])).matches


def test_sequence() -> None:
    body = "sequence: {window: 5s, order: [first words, second words]}\n"
    assert run(rule(body), stamped([(1, "first words"), (6, "second words")])).matches
    assert not run(rule(body), stamped([(1, "first words"), (7, "second words")])).matches
    assert not run(rule(body), stamped([(1, "second words"), (2, "first words")])).matches


def test_evidence_shows_the_first_frame_whole_then_one_event_each() -> None:
    body = "set: {window: 2s, match: [first words, second words]}\n"
    lines = [
        (10 * n + k, f"{word} words {n}") for n in range(20) for k, word in enumerate(("first", "second"))
    ]
    match = one(run(rule(body), stamped(lines)))
    assert match.count == 20
    assert [proof.line for proof in match.evidence] == [1, 2, *range(3, 19, 2)]


def test_context_lines_across_buffers() -> None:
    lines = [f"line {number}" for number in range(1, 101)]
    lines[49] = "telling words"
    text = "\n".join(lines) + "\n"
    for chunk in (1, 7, 64, 0):
        match = one(run(rule("set: {match: [telling words]}"), log(text, chunk=chunk)))
        proof = match.evidence[0]
        assert proof.before == tuple(lines[29:49])
        assert proof.after == tuple(lines[50:70])


def test_context_at_the_ends_of_a_file() -> None:
    ruleset = rule("set: {match: [telling words]}")
    first, last = one(run(ruleset, "telling words\r\na\r\n")), one(run(ruleset, "a\nb\ntelling words"))
    assert (first.evidence[0].before, first.evidence[0].after) == ((), ("a",))
    assert (last.evidence[0].before, last.evidence[0].after) == (("a", "b"), ())
    two = run(ruleset, log("a\n", "one.log"), log("telling words\n", "two.log"))
    assert one(two).evidence[0].before == ()


def test_everything_shown_is_redacted() -> None:
    body = """\
set: {match: [{regex: 'login of (?P<who>\\S+)', extract: [{name: word, type: class, regex: 'key (\\w+)'}]}]}
answer: {message: 'It was {word}.'}
"""
    text = "before hunter2\nERROR login of hunter2 failed, key hunter2\nafter hunter2\nERROR alone hunter2"
    found = scan([log(text)], rule(body), Limits(), redact=lambda one: one.replace("hunter2", "[secret]"))
    match = one(found)
    proof = match.evidence[0]
    assert proof.text == "ERROR login of [secret] failed, key [secret]"
    assert [proof.text[start:end] for start, end in proof.spans] == ["login of [secret]"]
    assert (proof.before, proof.after) == (("before [secret]",), ("after [secret]", "ERROR alone [secret]"))
    assert proof.captures == {"who": "[secret]"}
    assert match.message == "A rule"
    assert "hunter2" not in repr(found)


def test_the_default_redacts_too() -> None:
    found = scan(
        [log("ERROR telling words of jane@example.com")], rule("set: {match: [telling words]}"), Limits()
    )
    assert "jane@example.com" not in repr(found)
    assert "[email]" in one(found).evidence[0].text


def test_a_secret_over_the_edge_of_the_event_is_redacted_whole() -> None:
    text = "INFO one\nBEGIN telling words\nsecret\nEND\nINFO two\n"

    def hide(shown: str) -> str:
        return shown.replace("BEGIN telling words\nsecret\nEND", "[key]")

    found = scan([log(text)], rule("set: {match: [telling words]}"), Limits(), redact=hide)
    assert "secret" not in repr(found)
    proof = one(found).evidence[0]
    assert (proof.before, proof.text, proof.after) == (("INFO one",), "[key]", ("INFO two",))


def test_long_lines_are_cut_around_the_match() -> None:
    text = "x " * 20_000 + "telling words" + " y" * 5_000
    proof = one(run(rule("set: {match: [telling words]}"), text)).evidence[0]
    assert len(proof.text) <= 8_194
    assert [proof.text[start:end] for start, end in proof.spans] == ["telling words"]
    assert proof.text[0] == proof.text[-1] == "\u2026"


def test_spans_count_characters() -> None:
    proof = one(run(rule("set: {match: [telling words]}"), "äöü telling words")).evidence[0]
    assert proof.spans == ((4, 17),)
    proof = one(
        run(rule("set: {match: [telling words]}"), log(b"\xe4 telling words", encoding="latin-1"))
    ).evidence[0]
    assert proof.text == "ä telling words"
    assert proof.spans == ((2, 15),)


SUPERSEDES = [
    "id: general\ntitle: G\nseverity: critical\nset: {match: [OutOfMemoryError]}\n",
    "id: special\ntitle: S\nstatus: test\nsupersedes: middle\nset: {match: [OutOfMemoryError in mail]}\n",
    "id: middle\ntitle: M\nstatus: test\nsupersedes: [general]\nset: {match: [OutOfMemoryError in x]}\n",
]


def test_supersedes_folds_also_by_way_of_a_silent_rule() -> None:
    found = run(rules(*SUPERSEDES), "OutOfMemoryError in mail\n")
    assert [(match.rule_id, match.folded_under) for match in found.matches] == [
        ("special", None),
        ("general", "special"),
    ]


def test_an_experimental_rule_folds_nothing() -> None:
    shadow = [text.replace("status: test", "status: experimental") for text in SUPERSEDES]
    found = run(rules(*shadow), "OutOfMemoryError in mail\n")
    assert [match.folded_under for match in found.matches] == [None, None]


def test_order_of_matches() -> None:
    found = run(
        rules(
            "id: low-long\ntitle: A\nseverity: low\nset: {match: [telling words that are long]}\n",
            "id: low-short\ntitle: A\nseverity: low\nset: {match: [telling words]}\n",
            "id: low-two\ntitle: A\nseverity: low\nset: {window: file, match: [telling, words]}\n",
            "id: high-one\ntitle: A\nseverity: high\nset: {match: [long]}\n",
        ),
        "telling words that are long\n",
    )
    assert [match.rule_id for match in found.matches] == ["high-one", "low-two", "low-long", "low-short"]
    assert found.matches[0].rank == (3, 1, 4)


def test_deprecated_rules_and_other_products_are_not_asked() -> None:
    ruleset = rules(
        "id: old-one\ntitle: A\nstatus: deprecated\nset: {match: [telling words]}\n",
        "id: jira-one\ntitle: A\nproduct: Jira\nset: {match: [telling words]}\n",
        "id: wiki-one\ntitle: A\nproduct: wiki\nset: {match: [telling words]}\n",
    )
    found = scan([log("telling words")], ruleset, Limits(), products=frozenset({"jira"}))
    assert [match.rule_id for match in found.matches] == ["jira-one"]


def test_hits_beyond_the_budget_are_said() -> None:
    body = "set: {match: [telling words]}\n"
    limits = replace(Limits(), hits_max=10)
    found = run(rule(body), "telling words\n" * 25, limits=limits)
    assert one(found).count == 10
    assert [(one.name, one.reason) for one in found.not_scanned] == [("app.log", "more")]
    assert "rule-one" in found.not_scanned[0].detail


def test_a_term_that_is_everywhere_does_not_hide_a_rare_one() -> None:
    ruleset = rule("set: {window: file, match: [telling words, rare thing]}")
    found = run(ruleset, "telling words\n" * 25 + "rare thing\n", limits=replace(Limits(), hits_max=10))
    assert [each.line for each in one(found).evidence] == [1, 26]
    assert [each.reason for each in found.not_scanned] == ["more"]


def test_a_negation_whose_events_are_not_all_looked_at_silences() -> None:
    """Those that were not looked at may stand where they count; before them all is known."""
    body = "set: {match: [telling words], negate: [{value: all clear, window: 5s}]}\n"
    calm = [(second, "all clear") for second in range(20)]
    limits = replace(Limits(), hits_max=10)
    assert not run(rule(body), stamped([*calm, (50, "telling words")]), limits=limits).matches
    later = stamped([(0, "telling words"), *((9 + second, word) for second, word in calm)])
    assert run(rule(body), later, limits=limits).matches


def test_first_and_last_seen_over_all_that_was_counted() -> None:
    lines = [(second, "telling words") for second in range(0, 600, 20)]
    found = one(run(rule("set: {match: [telling words]}"), stamped(lines)))
    assert found.count == 30
    assert found.evidence[0].time == found.first_at
    assert found.first_at is not None
    assert found.last_at is not None
    assert (found.last_at - found.first_at).total_seconds() == 580
    untold = one(run(rule("set: {match: [telling words]}"), "telling words\n"))
    assert (untold.first_at, untold.last_at) == (None, None)


def test_a_negation_beyond_the_budget_silences() -> None:
    body = "set: {match: [telling words], negate: [{value: all clear, window: 1h}]}\n"
    lines = [(second, "telling words") for second in range(30)]
    limits = replace(Limits(), hits_max=10)
    assert not run(rule(body), stamped([*lines, (59, "all clear")]), limits=limits).matches


def test_a_count_above_the_budget_can_still_be_met() -> None:
    body = "set: {window: file, match: [{value: telling words, count: 30}]}\n"
    limits = replace(Limits(), hits_max=10)
    assert run(rule(body), "telling words\n" * 30, limits=limits).matches


def test_kinds_of_errors_beyond_the_budget_are_said() -> None:
    text = "".join(f"ERROR {chr(97 + number) * 5}\n" for number in range(20))
    found = run(rule("set: {match: [telling words]}"), text, limits=replace(Limits(), errors_max=5))
    assert len(found.errors) == 5
    assert [one.reason for one in found.not_scanned] == ["more"]


def test_too_many_finds_change_nothing() -> None:
    ruleset = rule("set: {match: [{regex: 'aaaa+b'}]}")
    text = "a" * 60_000 + "b\n"
    assert one(run(ruleset, text * 4)).count == 4


def test_a_copy_of_a_file_is_not_counted_twice() -> None:
    text = "ERROR telling words\nERROR other\n"
    found = run(rule("set: {match: [telling words]}"), log(text, "a.log"), log(text, "b.log"))
    assert one(found).count == 1
    assert [error.count for error in found.errors] == [1]
    assert [(one.name, one.reason) for one in found.not_scanned] == [("b.log", "duplicate")]
    scoped = run(rule("set: {match: [telling words]}\nfiles: b.log"), log(text, "a.log"), log(text, "b.log"))
    assert one(scoped).count == 1


def test_what_was_not_read_is_passed_on() -> None:
    gone = NotScanned("b.zip!core.bin", "binary")
    found = scan([gone, log("a\nb")], rule("set: {match: [telling words]}"), Limits())
    assert found.not_scanned == (gone,)
    assert [(file.name, file.bytes, file.lines) for file in found.files] == [("app.log", 3, 2)]


def test_nothing_at_all() -> None:
    assert scan([], compile_rules(()), Limits()) == scan([log("")], compile_rules(()), Limits()).__class__()


@pytest.mark.parametrize("engine", ["hyperscan", "re2"])
def test_threads_share_a_ruleset(engine: str) -> None:
    found, refusals = load(HEAD + CLASS)
    ruleset = compile_rules(found, refusals, "hyperscan" if engine == "hyperscan" else "re2")
    results: list[object] = []
    text = TRACE * 200
    threads = [threading.Thread(target=lambda: results.append(run(ruleset, text))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [run(ruleset, text)] * 8


def test_hash_and_lookup() -> None:
    one_set, other = rules(HEAD + CLASS), rules(HEAD + CLASS.replace("K-1", "K-2"))
    assert len(one_set.hash) == 64
    assert one_set.hash == rules(HEAD + CLASS).hash != other.hash
    assert one_set.rule("RULE-ONE") is one_set.rules[0]
    assert one_set.rule("nowhere") is None


def test_lines_before_the_first_stamp_take_its_time() -> None:
    text = "telling words\nmore\n2026-10-05 10:00:00,000 start\n2026-10-05 10:00:01,000 next\n"
    proof = one(run(rule("set: {match: [telling words]}"), text)).evidence[0]
    assert proof.time is not None
    assert (proof.line, proof.time.second, proof.text) == (1, 0, "telling words")


def test_long_events_go_on_with_the_time_of_their_first_part() -> None:
    text = "2026-10-05 10:00:07,000 dump\n" + "row\n" * 450 + "telling words\n"
    for chunk in (0, 300):
        proof = one(run(rule("set: {match: [telling words]}"), log(text, chunk=chunk))).evidence[0]
        assert proof.time is not None
        assert (proof.time.second, proof.line) == (7, 401)
