"""Suggestions, reviews of them, and how rules fare by those."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
import sqlalchemy as sa

from hercules.model import Conflict, FileRead, NotFound, NotScanned, ReviewVerdict, Track
from hercules.store import suggestions
from hercules.store.db import Connection, Database
from hercules.store.suggestions import Label, LabelSource, SuggestionRow

from .samples import CLEANED, HOLD, NASTY, NOTE, NOW, SILENT, item, later, review, suggestion

A = frozenset({"a"})


def get(conn: sa.Connection, suggestion_id: str = "s-a-1") -> SuggestionRow:
    row = suggestions.get(conn, "a", suggestion_id)
    assert row is not None
    return row


def test_a_suggestion_comes_back_whole(conn: sa.Connection) -> None:
    whole = replace(
        suggestion(),
        seen=(item("r9"),),
        files=(FileRead("app.log", 10, 2, "utf-8"),),
        not_scanned=(NotScanned("b.zip", "encrypted", "needs a password"),),
    )
    assert not suggestions.exists(conn, "a", "1")
    assert suggestions.put(conn, whole, HOLD, "holdout", NOW)
    row = get(conn)
    assert row == SuggestionRow(whole, HOLD, "holdout", "open", NOW, NOW)
    assert suggestions.of_ticket(conn, "a", "1") == row
    assert suggestions.exists(conn, "a", "1")
    assert suggestions.find(conn, frozenset({"a", "b"}), "s-a-1") == row


def test_other_desks_see_nothing_of_it(conn: sa.Connection) -> None:
    suggestions.put(conn, suggestion(), HOLD, "treated", NOW)
    assert suggestions.get(conn, "b", "s-a-1") is None
    assert suggestions.of_ticket(conn, "b", "1") is None
    assert not suggestions.exists(conn, "b", "1")
    assert suggestions.find(conn, frozenset({"b"}), "s-a-1") is None
    assert suggestions.find(conn, frozenset(), "s-a-1") is None
    assert not suggestions.set_state(conn, "b", "s-a-1", "rejected")


def test_a_ticket_has_one(conn: sa.Connection) -> None:
    assert suggestions.put(conn, suggestion(), HOLD, "treated", NOW)
    assert not suggestions.put(conn, suggestion("1", "a", item("r2")), NOTE, "treated", later(1))
    assert get(conn).suggestion == suggestion()


def test_hostile_text_is_stored(conn: sa.Connection) -> None:
    bad = suggestion("1", "a", replace(item(text=NASTY), title=NASTY))
    suggestions.put(conn, bad, replace(HOLD, reason=NASTY), "treated", NOW)
    row = get(conn)
    assert (row.suggestion.items[0].title, row.decision.reason) == (CLEANED, CLEANED)
    assert row.suggestion.items[0].evidence[0].text == CLEANED


def test_a_change_is_the_next_version_and_open_again(conn: sa.Connection) -> None:
    suggestions.put(conn, suggestion(), SILENT, "treated", NOW)
    assert get(conn).state == "silent"
    suggestions.set_state(conn, "a", "s-a-1", "rejected")
    changed = suggestions.update(conn, suggestion("1", "a", item("r2", 0.7)), NOTE, later(3))
    assert changed.version == 2
    assert get(conn) == SuggestionRow(changed, NOTE, "treated", "open", NOW, later(3))
    assert suggestions.update(conn, changed, HOLD, later(4)).version == 3
    with pytest.raises(NotFound, match="no suggestion s-a-2"):
        suggestions.update(conn, suggestion("2"), NOTE, NOW)


def test_what_waits_for_a_review_is_counted(conn: sa.Connection) -> None:
    for ticket_id, decision in (
        ("1", HOLD),
        ("2", NOTE),
        ("3", SILENT),
        ("4", replace(HOLD, verdict="POST")),
    ):
        suggestions.put(conn, suggestion(ticket_id), decision, "treated", NOW)
    suggestions.put(conn, suggestion("1", "b"), HOLD, "treated", NOW)
    assert suggestions.waiting(conn, A) == 2
    suggestions.add_review(conn, suggestion("1"), review(), "correct")
    assert suggestions.waiting(conn, A) == 1
    assert suggestions.waiting(conn, frozenset()) == 0


# --- reviews --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "state"), [("approve", "approved"), ("edit", "edited"), ("reject", "rejected")]
)
def test_a_review_is_kept(conn: sa.Connection, verdict: ReviewVerdict, state: str) -> None:
    suggestions.put(conn, suggestion(), HOLD, "treated", NOW)
    assert suggestions.review_of(conn, "a", "s-a-1") is None
    given = review(verdict, NASTY, "wrong")
    suggestions.add_review(conn, suggestion(), given, "wrong")
    found = suggestions.review_of(conn, "a", "s-a-1")
    assert found is not None
    assert found.review == replace(given, reviewer=CLEANED)
    assert (found.version, found.label, found.suggestion_id) == (1, "wrong", "s-a-1")
    assert get(conn).state == state
    assert suggestions.review_of(conn, "b", "s-a-1") is None


def test_the_second_review_of_a_version_is_told_the_first(conn: sa.Connection) -> None:
    suggestions.put(conn, suggestion(), HOLD, "treated", NOW)
    suggestions.add_review(conn, suggestion(), review("reject", "Ada", "outdated"), "wrong")
    with pytest.raises(Conflict, match=r"Already rejected by Ada at 2026-03-01 12:00 UTC \(outdated\)\."):
        suggestions.add_review(conn, suggestion(), review("approve", "Bob"), "correct")
    assert get(conn).state == "rejected"
    assert suggestions.tracks(conn, A) == {"r1": Track(0, 1, 1)}


def test_a_review_of_an_older_version_is_refused(conn: sa.Connection) -> None:
    suggestions.put(conn, suggestion(), HOLD, "treated", NOW)
    newer = suggestions.update(conn, suggestion(), HOLD, NOW)
    with pytest.raises(Conflict, match="changed to version 2"):
        suggestions.add_review(conn, suggestion(), review(), "correct")
    suggestions.add_review(conn, newer, review(), "correct")
    assert suggestions.update(conn, newer, HOLD, NOW).version == 2, "the answers are those that were reviewed"
    newest = suggestions.update(conn, suggestion("1", "a", item("r2", 0.7)), HOLD, NOW)
    suggestions.add_review(conn, newest, review("reject"), "wrong")
    found = [suggestions.review_of(conn, "a", "s-a-1", version) for version in (None, 3, 2, 1)]
    assert [row.version if row else None for row in found] == [3, 3, 2, None]
    with pytest.raises(NotFound, match="no suggestion s-a-2"):
        suggestions.add_review(conn, suggestion("2"), review(), "correct")


def test_five_reviewers_at_once_give_one_review(db: Database) -> None:
    db.do(lambda conn: suggestions.put(conn, suggestion(), HOLD, "treated", NOW))

    def press(name: str, conn: Connection) -> None:
        suggestions.add_review(conn, suggestion(), review("approve", name), "correct")

    pressed = [db.write(partial(press, f"P{n}")) for n in range(5)]
    errors = [future.exception(10) for future in pressed]
    assert errors[0] is None
    assert all(isinstance(error, Conflict) and "approved by P0" in str(error) for error in errors[1:])


# --- tracks ---------------------------------------------------------------------------------------


def label(
    conn: sa.Connection, ticket_id: str, said: Label, source: LabelSource = "approve", seconds: float = 0
) -> None:
    suggestions.put_labels(conn, "a", ticket_id, ["r1"], said, source, later(seconds))


def test_reviews_label_the_rules_they_judge(conn: sa.Connection) -> None:
    three = suggestion("1", "a", item("r1"), item("r2"), item(""))
    suggestions.put(conn, replace(three, seen=(item("r3"),)), HOLD, "treated", NOW)
    suggestions.add_review(conn, three, review(), "correct")
    suggestions.put(conn, suggestion("2"), HOLD, "treated", NOW)
    suggestions.add_review(conn, suggestion("2"), review("reject", reason="other"), "unsure")
    suggestions.put(conn, suggestion("1", "b"), HOLD, "treated", NOW)
    suggestions.add_review(conn, suggestion("1", "b"), review("reject"), "wrong")
    assert suggestions.tracks(conn, A) == {"r1": Track(1, 0, 0), "r2": Track(1, 0, 0)}
    assert suggestions.tracks(conn, frozenset({"a", "b"}))["r1"] == Track(1, 1, 1)
    assert suggestions.tracks(conn, frozenset()) == {}


def test_one_label_for_each_rule_and_ticket_by_weight(conn: sa.Connection) -> None:
    label(conn, "1", "correct", "vote")
    label(conn, "1", "wrong", "approve")
    assert suggestions.tracks(conn, A) == {"r1": Track(0, 1, 1)}
    label(conn, "1", "correct", "vote")
    assert suggestions.tracks(conn, A) == {"r1": Track(0, 1, 1)}
    label(conn, "1", "correct", "judge")
    label(conn, "1", "unsure", "judge")
    assert suggestions.tracks(conn, A) == {"r1": Track(1, 0, 0)}
    label(conn, "1", "wrong", "judge")
    assert suggestions.tracks(conn, A) == {"r1": Track(0, 1, 1)}


def test_recent_means_the_newest_fifty(conn: sa.Connection) -> None:
    for n in range(60):
        label(conn, f"{n:02}", "wrong" if n < 15 else "correct", seconds=n)
    assert suggestions.tracks(conn, A) == {"r1": Track(45, 15, 5)}
    label(conn, "new", "wrong", seconds=100)
    assert suggestions.tracks(conn, A) == {"r1": Track(45, 16, 5)}
