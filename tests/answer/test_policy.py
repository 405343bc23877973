"""What may be posted by itself, and everything that speaks against it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hercules.answer.policy import Facts, Gate, alike, decide
from hercules.model import Decision, Item, Policy, Suggestion, Track

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FACTS = Facts(now=NOW, opened_at=NOW - timedelta(minutes=5), live_since=NOW - timedelta(days=9))
RULE = Item("t", "w", 0.9, article_id="f:a", rule_id="r", rule_status="stable", severity="high")
SEARCH = Item("t", "w", 0.6, article_id="f:b")
GOOD = {"r": Track(correct=47, wrong=0)}


def run(
    items: tuple[Item, ...] = (RULE,),
    policy: Policy = "note",
    facts: Facts = FACTS,
    tracks: dict[str, Track] | None = None,
    seen: tuple[Item, ...] = (),
) -> Decision:
    suggestion = Suggestion("s", "acme", "1", items, seen=seen)
    return decide(suggestion, policy, facts, GOOD if tracks is None else tracks, Gate(20, 0.90), 0.55)


def test_silence_when_nothing_is_sure_enough() -> None:
    assert run(()) == Decision("SILENT", "nothing was sure enough")
    assert run((), seen=(RULE,)) == Decision("SILENT", "only experimental rules matched")


def test_shadow_only_records() -> None:
    assert run(policy="shadow") == Decision("SILENT", "shadow: recorded only")


def test_note_by_default_and_hold_without_notes() -> None:
    assert run().verdict == "NOTE"
    assert run(facts=replace(FACTS, has_notes=False)) == Decision("HOLD", "the desk has no internal notes")
    assert run(policy="hold").verdict == "HOLD"


def test_below_the_threshold_is_held() -> None:
    assert run((replace(SEARCH, confidence=0.5),)).verdict == "HOLD"
    assert run((replace(SEARCH, confidence=0.55),)).verdict == "NOTE"


@pytest.mark.parametrize("policy", ["note", "post", "hold"])
@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"backfilled": True}, "history"),
        ({"live_since": NOW}, "before the desk was connected"),
        ({"opened_at": NOW - timedelta(hours=25)}, "older than 24 hours"),
        ({"closed": True}, "closed"),
        ({"human_replied": True}, "a person has replied"),
        ({"twin_of": "4710"}, "ticket 4710"),
    ],
)
def test_tickets_that_get_no_post_of_any_kind(policy: Policy, changes: dict[str, object], word: str) -> None:
    found = run(policy=policy, facts=replace(FACTS, **changes))  # type: ignore[arg-type]  # real field names
    assert found.verdict == "HOLD"
    assert word in found.reason


def test_the_age_limit_is_inclusive_and_unknown_start_is_no_reason() -> None:
    assert run(facts=replace(FACTS, opened_at=NOW - timedelta(hours=24))).verdict == "NOTE"
    assert run(facts=replace(FACTS, live_since=None)).verdict == "NOTE"


def test_post_when_everything_has_earned_it() -> None:
    assert run(policy="post").verdict == "POST"
    two = (RULE, replace(RULE, rule_id="q", article_id="f:c"))
    assert run(two, "post", tracks={**GOOD, "q": Track(20, 0)}).verdict == "POST"


@pytest.mark.parametrize(
    ("items", "tracks", "word"),
    [
        ((replace(RULE, rule_status="test"),), GOOD, "not stable"),
        ((replace(RULE, unverified=("version",)),), GOOD, "could not verify version"),
        ((replace(RULE, audience="internal"),), GOOD, "internal"),
        ((RULE, SEARCH), GOOD, "search alone"),
        ((RULE,), {}, "judged 0 times of 20"),
        ((RULE,), {"r": Track(19, 0)}, "judged 19 times of 20"),
        ((RULE,), {"r": Track(36, 1)}, "right 36 of 37"),
        ((RULE,), {"r": Track(194, 6, recent_wrong=6)}, "wrong 6 times lately"),
    ],
)
def test_post_falls_back_to_a_note_with_the_reason(
    items: tuple[Item, ...], tracks: dict[str, Track], word: str
) -> None:
    found = run(items, "post", tracks=tracks)
    assert found.verdict == "NOTE"
    assert word in found.reason
    held = run(items, "post", replace(FACTS, has_notes=False), tracks)
    assert held == Decision("HOLD", found.reason)


def test_a_desk_without_public_replies_gets_a_note() -> None:
    assert run(policy="post", facts=replace(FACTS, has_replies=False)) == Decision(
        "NOTE", "the desk takes no public replies"
    )


def test_thirty_eight_labels_bear_one_wrong() -> None:
    assert run(policy="post", tracks={"r": Track(37, 1)}).verdict == "POST"
    assert run(policy="post", tracks={"r": Track(195, 5, recent_wrong=5)}).verdict == "POST"


def test_twins_say_nearly_the_same() -> None:
    assert alike("Jira is down!", "JIRA is  down")
    assert not alike("Jira is down", "Invoice missing")
    assert not alike("", "")
