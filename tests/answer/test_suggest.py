"""Rules and search hits become one short list, and each answer says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hercules.answer.suggest import AnswerOptions, merge, suggest
from hercules.model import (
    Article,
    Evidence,
    FileRead,
    Hit,
    Match,
    NotScanned,
    RuleStatus,
    Scan,
    Suggestion,
    TicketRef,
)

REF = TicketRef("acme", "4711")
OPTIONS = AnswerOptions(hold_from=0.35, say_from=0.55)
ARTICLES = {
    "open-files": Article(
        id="folder:open-files", title="Too many open files", body="b", url="https://kb.test/1"
    ),
    "pool": Article(id="folder:pool", title="Pool exhausted", body="b"),
    "secret": Article(id="folder:secret", title="Runbook", body="b", audience="internal"),
}


def proof(file: str = "app.log", line: int = 812) -> Evidence:
    return Evidence(file, line, None, "ERROR Too many open files", ((6, 25),))


def match(rule_id: str = "files", status: RuleStatus = "stable", **changes: object) -> Match:
    base = Match(
        rule_id, f"Title {rule_id}", "high", status, 1, (proof(),), kb=("open-files",), rank=(3, 1, 20)
    )
    return replace(base, **changes)  # type: ignore[arg-type]  # the tests name real fields


def hit(article_id: str, share: float, **changes: object) -> Hit:
    base = Hit(article_id, f"About {article_id}", "https://kb.test/h", 9.0, share)
    return replace(base, **changes)  # type: ignore[arg-type]  # the tests name real fields


def run(
    matches: tuple[Match, ...] = (), hits: tuple[Hit, ...] = (), options: AnswerOptions = OPTIONS
) -> Suggestion:
    return suggest(REF, Scan(matches=matches), hits, ARTICLES.get, options, "s1", "hash")


def test_rule_with_its_article_place_and_why() -> None:
    item = run((match(count=3),)).items[0]
    assert (item.title, item.article_id, item.url) == (
        "Too many open files",
        "folder:open-files",
        "https://kb.test/1",
    )
    assert item.why == "Rule files matched app.log line 812 and 2 more times."
    assert (item.confidence, item.rule_status, item.severity) == (0.90, "stable", "high")
    assert run((match(status="test"),)).items[0].confidence == 0.85


def test_same_article_by_rule_and_search_is_one_answer_that_names_both() -> None:
    words = (("index locked", "subject", "body"), ("ora-01555", "log", "exact"), ("ora-01555", "log", "body"))
    found = run((match(),), (hit("folder:open-files", 0.6, matched=words),))
    assert len(found.items) == 1
    assert found.items[0].why == (
        "Rule files matched app.log line 812, and the ticket shares the word 'index locked' with its "
        "article, its log the word ora-01555."
    )


def test_search_alone_says_which_words() -> None:
    words = tuple((word, "subject", "title") for word in ("one", "two", "three", "four"))
    found = run(hits=(hit("folder:pool", 0.6, matched=words),))
    assert found.items[0].why == "The ticket shares the words 'one', 'two', 'three' with this article."
    assert (found.items[0].confidence, found.items[0].rule_id) == (0.6, "")


def test_weak_hits_are_dropped_and_never_crowd_in_beside_a_proven_rule() -> None:
    weak, fair, good = hit("a:1", 0.34), hit("a:2", 0.5), hit("a:3", 0.8)
    assert [item.article_id for item in run(hits=(good, fair, weak)).items] == ["a:3", "a:2"]
    assert [item.article_id for item in run((match(),), (good, fair, weak)).items] == [
        "folder:open-files",
        "a:3",
    ]
    assert run(hits=(weak,)).items == ()


def test_rules_that_fit_words_stand_by_their_confidence() -> None:
    words = match("how-to", kb=(), evidence=(proof("ticket/subject.txt", 1),), rank=(4, 0, 0))
    found = run((words, match()), (hit("a:9", 0.95),))
    assert [item.rule_id for item in found.items] == ["files", "", "how-to"]
    assert found.items[2].why == "Rule how-to fits the words of the ticket."
    assert found.items[2].confidence == 0.75
    pasted = match("pasted", kb=(), evidence=(proof("ticket/description.txt", 4),))
    assert run((pasted,)).items[0].confidence == 0.90


def test_at_most_three_by_rank() -> None:
    matches = tuple(match(f"r{number}", kb=(), rank=(number, 1, 1)) for number in range(5))
    assert [item.rule_id for item in run(matches).items] == ["r4", "r3", "r2"]


def test_two_rules_with_one_article_are_one_answer() -> None:
    found = run((match("a", rank=(4, 1, 1)), match("b", rank=(3, 1, 1))))
    assert [(item.rule_id, item.folded) for item in found.items] == [("a", ("b",))]


def test_superseded_rules_fold_under_the_one_above_however_deep() -> None:
    chain = (match("top"), match("mid", folded_under="top"), match("low", folded_under="mid"))
    found = run(chain)
    assert [(item.rule_id, item.folded) for item in found.items] == [("top", ("mid", "low"))]
    circle = (match("a", folded_under="b"), match("b", folded_under="a"))
    assert run(circle).items == ()


def test_experimental_rules_are_only_seen() -> None:
    found = run((match("new", status="experimental"), match("old", status="deprecated")))
    assert found.items == ()
    assert [item.rule_id for item in found.seen] == ["new"]


def test_missing_article_gives_the_rules_title_without_link() -> None:
    item = run((match(kb=("gone",)),)).items[0]
    assert (item.title, item.url, item.article_id) == ("Title files", "", "")
    assert run((match(kb=("gone", "pool")),)).items[0].article_id == "folder:pool"
    assert run((match(kb=("https://kb.test/x",)),)).items[0].url == "https://kb.test/x"
    assert run((match(kb=("javascript:alert(1)",)),)).items[0].url == ""


def test_unknown_conditions_cost_confidence_and_are_named() -> None:
    item = run((match(unverified=("version", "product")),)).items[0]
    assert item.confidence == 0.80
    assert item.why.endswith("; not verified: version, product.")


def test_public_only_leaves_internal_articles_out() -> None:
    public = replace(OPTIONS, public_only=True)
    assert run((match(kb=("secret",)),)).items[0].audience == "internal"
    assert run((match(kb=("secret",)),), options=public).items[0].article_id == ""
    assert run(hits=(hit("folder:secret", 0.9, audience="internal"),), options=public).items == ()


def test_whys_hold_no_secret_and_stay_on_one_line() -> None:
    words = (("joe@example.com", "subject", "body"), ("a\nb", "subject", "body"))
    assert (
        run(hits=(hit("a:1", 0.9, matched=words),)).items[0].why
        == "The ticket shares the words '[email]', 'a b' with this article."
    )
    place = match(evidence=(proof("for joe@example.com\n.log"),))
    assert run((place,)).items[0].why == "Rule files matched for [email] .log line 812."


def test_what_was_read_and_not_travels_along() -> None:
    scan = Scan(files=(FileRead("a.log", 5, 1, "utf-8"),), not_scanned=(NotScanned("b.bin", "binary"),))
    found = suggest(REF, scan, (), ARTICLES.get, OPTIONS, "s1", "hash")
    assert (found.files, found.not_scanned, found.rules_hash) == (scan.files, scan.not_scanned, "hash")
    assert (found.suggestion_id, found.desk_id, found.ticket_id) == ("s1", "acme", "4711")


def test_late_files_join_what_was_suggested() -> None:
    before = replace(run(hits=(hit("folder:open-files", 0.6), hit("a:2", 0.5))), version=4)
    later = run((match(), match("other", kb=("pool",), rank=(1, 1, 1))))
    joined = merge(before, later)
    assert [(item.rule_id, item.article_id) for item in joined.items] == [
        ("files", "folder:open-files"), ("other", "folder:pool"), ("", "a:2")
    ]  # fmt: skip
    assert (joined.suggestion_id, joined.version) == ("s1", 4)
    again = merge(joined, later)
    assert (again.items[0].count, len(again.items[0].evidence)) == (2, 2)


def test_two_sources_of_one_page_are_one_answer_the_newer() -> None:
    old, new = (
        Article(id=f"{source}:vpn", title="Setting up the VPN client", body="", updated_at=at)
        for source, at in (
            ("folder", datetime(2024, 5, 1, tzinfo=UTC)),
            ("wiki", datetime(2026, 5, 1, tzinfo=UTC)),
        )
    )
    pages = {page.id: page for page in (old, new)}
    hits = (hit("folder:vpn", 0.9, title=old.title), hit("wiki:vpn", 0.8, title="Setting up the VPN Client."))

    def asked(matches: tuple[Match, ...] = ()) -> list[tuple[str, float]]:
        found = suggest(REF, Scan(matches=matches), hits, pages.get, OPTIONS, "s1", "hash")
        return [(item.article_id, item.confidence) for item in found.items]

    assert asked() == [("wiki:vpn", 0.9)]
    by_rule = match(kb=("folder:vpn",))
    assert asked((by_rule,)) == [("folder:vpn", 0.9)], "what a rule names stays"
