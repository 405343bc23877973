"""Drafts from a line of a log: the pattern keeps the words and masks what differs, and the rule works."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hercules.kb.article import read_markdown
from hercules.logs.bundle import open_bundle
from hercules.model import HerculesError, Limits, NotScanned, Part
from hercules.redact import Redactor
from hercules.rules.database import compile_rules
from hercules.rules.draft import Draft, draft, pick
from hercules.rules.masking import message_of
from hercules.rules.neutral import neutral_files
from hercules.rules.rule import RuleFile, read_rules
from hercules.rules.scan import scan
from hercules.rules.writing import DRAFT_ARTICLE
from tests.rules.kit import AS_OF, log, run

TODAY = date(2026, 11, 1)


def drafted(text: str | bytes, line: int = 1, product: str = "acme", rule_id: str = "") -> Draft:
    picked = pick([log(text)], line, Limits())
    return draft(picked, Redactor(), product, TODAY, rule_id)


def pattern(text: str, line: int = 1) -> tuple[str, str, str]:
    """Kind, text and field of the drafted term."""
    (rule,), _ = read_rules([RuleFile("a.yaml", drafted(text, line).rule, "acme")])
    assert rule.node is not None
    term = rule.node.positives[0]
    return term.kind, term.text, term.field


STAMP = "2026-10-03 11:22:32,500"


MASKED: list[tuple[str, tuple[str, str, str]]] = [
    (
        f"{STAMP} ERROR [pool-3-thread-7] com.acme.Volume - disk quota of vol17 exceeded",
        ("regex", r"disk quota of [\w-]+ exceeded", ""),
    ),
    (
        "Jan  2 15:04:05 host7 kernel: [123.456] Memory cgroup out of memory: Killed process 1234 (java)",
        ("regex", r"Memory cgroup out of memory: Killed process \d+ \(java\)", ""),
    ),
    (
        "1:M 11 Oct 2026 04:18:00.102 # Can't save in background: fork: Cannot allocate memory",
        ("value", "Can't save in background: fork: Cannot allocate memory", ""),
    ),
    (
        "2026/10/05 12:00:01 [alert] 31#31: *1234 768 worker_connections are not enough, client: 10.0.0.1",
        ("value", "worker_connections are not enough, client", ""),
    ),
    (
        '{"ts":"2026-03-02T08:03:30.007Z","level":"warn","msg":"cannot open ledger 17 for writing","ms":6}',
        ("regex", r"cannot open ledger \d+ for writing", "msg"),
    ),
    (
        'ts=2026-10-01T00:00:00Z level=error msg="compaction failed badly" block=01ABC took=77ms',
        ("regex", r'msg="compaction failed badly" block=[\w-]+ took', ""),
    ),
    (
        "ORA-00600: internal error code, arguments: [kcbz_check], [0], [1]",
        ("value", "ORA-00600: internal error code, arguments: [kcbz_check]", ""),
    ),
    (
        "java.lang.OutOfMemoryError: Java heap space",
        ("value", "java.lang.OutOfMemoryError: Java heap space", ""),
    ),
    (
        f"{STAMP} ERROR could not copy /srv/data/in/a.csv to https://a.example.com/x?y=1 for tenant 'blue'",
        ("regex", r"could not copy \S+ to \S+ for tenant", ""),
    ),
    (
        f"{STAMP} ERROR request 0f8fad5b-d9cb-469f-a165-70867728950e of 192.0.2.7:8080 was dropped midway",
        ("regex", r"request [0-9a-fA-F-]+ of \S+ was dropped midway", ""),
    ),
    (
        f"{STAMP} ERROR weird (signs) [kept] {{as}} they $are^ *here*",
        ("value", "weird (signs) [kept] {as} they $are^ *here*", ""),
    ),
    (
        f"{STAMP} orbit[4711:7f3a] <compactor#7> ERROR segment 17 is lost: manifest mismatch (want 1, got 2)",
        ("regex", r"segment \d+ is lost: manifest mismatch \(want \d+, got", ""),
    ),
    (
        "Oct 11 04:18:00 host7 orbit[4711] <compactor 7> ERROR: tenant blue was evicted by the reaper",
        ("value", "tenant blue was evicted by the reaper", ""),
    ),
    (
        f"{STAMP} The disk reported ERROR state of volume vol-17 which is orphaned",
        ("regex", r"The disk reported ERROR state of volume [\w-]+ which is orphaned", ""),
    ),
    (
        f"{STAMP} shard 1 of 7 left nodes n-1, n-2, n-3, n-4, n-5, n-6 and will be evacuated soon",
        (
            "regex",
            r"shard \d+ of \d+ left nodes [\w-]+, [\w-]+, [\w-]+, [\w-]+, [^\n]+ and will be evacuated soon",
            "",
        ),
    ),
    (
        f"{STAMP} | E | acme.invoice | w5 | run 20261120-7 aborted for tenant t-8841 midway",
        ("regex", r"run [\w-]+ aborted for tenant [\w-]+ midway", ""),
    ),
    (
        "ERROR 1040 (HY000): Too many connections",
        ("regex", r"ERROR \d+ \([\w-]+\): Too many connections", ""),
    ),
]


@pytest.mark.parametrize(
    ("line", "made"),
    MASKED,
)
def test_what_differs_is_masked_and_the_words_stay(line: str, made: tuple[str, str, str]) -> None:
    assert pattern(line + "\n") == made


def test_the_bare_message_pasted_into_a_ticket_is_found_too() -> None:
    framed = f"{STAMP} orbit[4711:7f3a] <compactor#7> ERROR segment 17 is lost: no manifest"
    (rule,), refusals = read_rules([RuleFile("a.yaml", drafted(framed + "\n").rule, "acme")])
    ruleset = compile_rules((rule,), refusals)
    for text in ("segment 99 is lost: no manifest", "It says: ERROR segment 3 is lost: no manifest!"):
        assert run(ruleset, text).matches, text


def test_the_chosen_line_of_a_trace_is_the_pattern() -> None:
    cause = "Caused by: com.acme.QuotaException: volume is full up"
    text = f"{STAMP} ERROR [main] it failed\n\tat a.b.C.d(C.java:5)\n{cause}\n"
    kind, made, _ = pattern(text, 3)
    assert (kind, made) == ("value", cause)
    trace = 'Traceback (most recent call last):\n  File "a.py", line 3, in f\n'
    raised = "acme.rates.RateMissing: no rate for the currency"
    assert pattern(f"{STAMP} ERROR [main] it failed\n{trace}{raised}\n", 4)[:2] == ("value", raised)
    assert drafted(text, 3).hit == text.encode(), "the sample holds the whole event"


def neighbours(count: int, middle: str) -> str:
    lines = [
        f"2026-10-03 11:{number:02d}:00,000 INFO step {number} of the work is done" for number in range(count)
    ]
    lines[count // 2] = f"2026-10-03 11:{count // 2:02d}:00,000 ERROR {middle}"
    return "\n".join(lines) + "\n"


def test_samples_hold_the_line_with_its_neighbours_and_the_neighbours_without_it() -> None:
    made = drafted(neighbours(50, "disk quota of vol17 exceeded"), 26)
    hit, miss = made.hit.decode().splitlines(), made.miss.decode().splitlines()
    assert len(hit) == 21
    assert hit[10].endswith("disk quota of vol17 exceeded")
    assert len(miss) == 40
    assert not any("quota" in line for line in miss)
    assert made.notes == ()


def test_other_events_of_the_same_kind_are_no_miss() -> None:
    text = "ERROR disk quota of vol1 exceeded\nINFO well\nERROR disk quota of vol2 exceeded\nINFO fine\n"
    assert drafted(text).miss == b"INFO well\nINFO fine\n"


def test_the_draft_fires_on_its_hit_and_not_on_its_miss() -> None:
    for name, data in neutral_files(lines_each=60):
        made = 0
        for line in range(5, 60, 6):
            try:
                found = drafted(data, line)
            except HerculesError:
                continue  # a line of numbers and names only: told, not drafted
            rules, refusals = read_rules([RuleFile("a.yaml", found.rule, "acme")])
            ruleset = compile_rules(rules, refusals)
            assert run(ruleset, log(found.hit)).matches, (name, line)
            assert not (found.miss and run(ruleset, log(found.miss)).matches), (name, line)
            made += 1
        assert made >= (0 if name == "nginx-access.log" else 5), name


def test_secrets_are_in_none_of_the_files() -> None:
    bad = "ERROR login of ann.smith@example.com with password=hunter2secret was refused by policy"
    text = f"INFO up\n{bad}\nINFO on\n"
    made = drafted(text, 2)
    together = made.rule + made.hit + made.miss + made.article
    assert b"ann.smith" not in together
    assert b"hunter2secret" not in together
    assert b"was refused by policy" in made.rule


def test_the_article_is_a_draft_that_can_be_read() -> None:
    made = drafted('ERROR disk quota of vol17 exceeded: "full"\n')
    article = read_markdown("a.md", made.article)
    assert (article.key, article.status, article.audience, article.product) == (
        made.rule_id,
        "draft",
        "internal",
        "acme",
    )


def test_what_is_to_be_written_yet_is_told_by_its_line() -> None:
    made = drafted("ERROR disk quota of vol17 exceeded\n")
    _, refusals = read_rules([RuleFile("a.yaml", made.rule, "acme")])
    lines = made.rule.decode().splitlines()
    assert [lines[each.line - 1].partition(":")[0] for each in refusals] == [
        "title", "description", "cause", "impact", "mitigation",
    ]  # fmt: skip
    assert {each.code for each in refusals} == {"W-placeholder"}
    assert set(DRAFT_ARTICLE) <= set(made.article.decode().splitlines())
    assert b"$schema" not in made.rule, "no such file lies beside it"


def test_names() -> None:
    assert drafted("ERROR disk of vol17 could not be opened, the quota was lost by its owner\n").rule_id == (
        "acme-disk-opened-quota-lost"
    )
    assert drafted("ERROR disk quota of vol17 exceeded\n").rule_id == "acme-disk-quota-exceeded"
    assert drafted("ERROR disk quota of vol17 exceeded\n", rule_id="own-id").rule_id == "own-id"
    for product, rule_id in (("acme", "no id!"), ("../up", ""), ("", "")):
        with pytest.raises(HerculesError):
            drafted("ERROR disk quota of vol17 exceeded\n", product=product, rule_id=rule_id)


HIDDEN = [
    "Größe überschritten für Konto vol17".encode("latin-1"),
    "Größe überschritten für Konto vol17".encode(),
    b"connect postgres://bob:s3cretpass@db.example.com:5432/shop refused by quorum guard",
    b"card 4111 1111 1111 1111 refused by acquirer bank",
    b'login failed for password="hunter two three" at gateway node',
    b"Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.abcdefghijk refused by gateway node",
]


@pytest.mark.parametrize("message", HIDDEN)
def test_a_draft_fires_on_the_log_itself(message: bytes) -> None:
    """Whatever the file's encoding, and whatever was hidden before the pattern was made."""
    data = f"{STAMP} ERROR com.acme.X - ".encode() + message + f"\n{STAMP} INFO well\n".encode()
    opened = list(open_bundle([Part("a.log", data=data)], Limits(), AS_OF))
    made = draft(pick(opened, 1, Limits()), Redactor(), "acme", TODAY)
    ruleset = compile_rules(*read_rules([RuleFile("a.yaml", made.rule, "acme")]))
    assert made.notes == ("the log has too few other lines: add a healthy log as miss1.log",)
    for text in (data, made.hit):
        again = open_bundle([Part("a.log", data=text)], Limits(), AS_OF)
        assert len(scan(again, ruleset, Limits()).matches) == 1


def test_a_draft_that_misses_its_own_line_says_so() -> None:
    def hides(text: str) -> str:
        return text.replace("blue green", "[ip]")

    picked = pick([log("ERROR shard blue green lost its quorum\nINFO well\n")], 1, Limits())
    notes = draft(picked, hides, "acme", TODAY).notes
    assert any("does not fire on the line as it stands in the log" in note for note in notes)


def test_an_id_takes_what_the_product_and_the_line_have() -> None:
    assert drafted("ERROR shard lost its quorum\n", product="Acme Server").rule_id.startswith(
        "acme-server-shard"
    )
    one, two = (
        drafted(f"ERROR {words}\n").rule_id for words in ("接続が 拒否されました", "領域が 足りません")
    )
    assert one.startswith("acme-")
    assert one != two


def test_the_file_of_a_bundle_is_taken_by_its_name() -> None:
    files = [log("ERROR shard lost\n", "b.zip!a.log"), log("ERROR ledger torn\n", "b.zip!b.log")]
    assert pick(iter(files), 1, Limits(), "b.zip!b.log").event == b"ERROR ledger torn"
    files = [log("ERROR shard lost\n", "b.zip!a.log")]
    with pytest.raises(HerculesError, match=r"no b\.zip!c\.log, but for example b\.zip!a\.log"):
        pick(files, 1, Limits(), "b.zip!c.log")


def test_too_few_neighbours_and_too_common_words_are_told() -> None:
    notes = drafted("ERROR connection failed\n").notes
    assert any("healthy log" in note for note in notes)
    assert any("says little" in note for note in notes)


@pytest.mark.parametrize("text", ["12345\n", "-- 17 -- ::\n", "2026-10-03 11:22:32,500 12 13\n"])
def test_a_line_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(HerculesError, match=r"nothing but|too little"):
        drafted(text)


def test_a_line_that_is_not_there_or_cannot_be_read() -> None:
    with pytest.raises(HerculesError, match="last one is 1"):
        pick([log("one line\n")], 9, Limits())
    with pytest.raises(HerculesError, match="it has a password"):
        pick([NotScanned("a.zip", "encrypted", "it has a password")], 1, Limits())
    with pytest.raises(HerculesError, match="no text"):
        pick([], 1, Limits())


@settings(max_examples=150, deadline=None)
@given(st.text(min_size=1, max_size=120))
def test_any_line_is_drafted_or_refused_in_words(text: str) -> None:
    line = "".join(char for char in text if not 0xD800 <= ord(char) <= 0xDFFF).split("\n")[0].strip("\r")
    assert isinstance(message_of(line), str)
    try:
        made = drafted(line.encode() + b"\nINFO well\n")
    except HerculesError:
        return
    rules, refusals = read_rules([RuleFile("a.yaml", made.rule, "acme")])
    assert rules, [str(each) for each in refusals]
