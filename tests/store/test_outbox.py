"""Effects: one for each kind and subject, and none is forgotten or done twice unseen."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from hercules.model import Conflict, Visibility
from hercules.store import outbox
from hercules.store.outbox import OutboxRow

from .samples import CLEANED, NASTY, NOW, later


def put(conn: sa.Connection, subject: str, desk_id: str = "a", kind: Visibility = "note") -> bool:
    return outbox.put(conn, desk_id, kind, subject, f"H-{subject}", "s1", NOW)


def take(conn: sa.Connection, seconds: float = 0) -> OutboxRow:
    row = outbox.take(conn, later(seconds))
    assert row is not None
    return row


def get(conn: sa.Connection, subject: str = "1") -> OutboxRow:
    row = outbox.get(conn, "a", "note", subject)
    assert row is not None
    return row


def test_one_of_a_kind_for_each_subject(conn: sa.Connection) -> None:
    assert put(conn, "1")
    assert not put(conn, "1")
    assert put(conn, "1", kind="reply")
    assert put(conn, "1", desk_id="b")
    assert outbox.get(conn, "a", "reply", "2") is None


def test_what_was_put_comes_back(conn: sa.Connection) -> None:
    assert outbox.put(conn, "a", "reply", NASTY, "H-1", "s1", NOW, NASTY, "Ada")
    row = outbox.get(conn, "a", "reply", NASTY)
    assert row is not None
    assert (row.subject, row.text, row.key, row.suggestion_id) == (CLEANED, CLEANED, "H-1", "s1")
    assert (row.reviewer, row.created_at, row.state, row.doubt) == ("Ada", NOW, "waiting", False)
    assert outbox.take(conn, NOW) is not None


def test_sent_once_and_for_ever(conn: sa.Connection) -> None:
    put(conn, "1")
    row = take(conn)
    assert (row.state, row.attempts) == ("sending", 1)
    assert outbox.take(conn, later(10**6)) is None
    outbox.sent(conn, "a", row.row_id, "c77", later(1))
    row = get(conn)
    assert (row.state, row.remote_id, row.sent_at) == ("sent", "c77", later(1))
    assert not put(conn, "1")
    assert outbox.take(conn, later(10**6)) is None


def test_desks_come_in_turn(conn: sa.Connection) -> None:
    for subject in ("1", "2"):
        for desk_id in ("a", "b"):
            put(conn, subject, desk_id)
    taken = [take(conn) for _ in range(4)]
    assert [(row.desk_id, row.subject) for row in taken] == [("a", "1"), ("b", "1"), ("a", "2"), ("b", "2")]


def test_a_doubt_stays_until_a_person_has_looked(conn: sa.Connection) -> None:
    put(conn, "1")
    outbox.retry(conn, "a", take(conn).row_id, later(5), "reset", doubt=True)
    assert outbox.take(conn, later(4)) is None
    row = take(conn, 5)
    assert (row.doubt, row.attempts, row.why) == (True, 2, "reset")
    outbox.retry(conn, "a", row.row_id, later(6), "refused")
    assert take(conn, 6).doubt


def test_a_restart_leaves_a_doubt(conn: sa.Connection) -> None:
    put(conn, "1")
    put(conn, "2")
    take(conn)
    assert outbox.recover(conn) == 1
    row = take(conn)
    assert (row.subject, row.doubt, row.attempts) == ("1", True, 2)
    assert not take(conn).doubt


@pytest.mark.parametrize("posted", [True, False])
def test_an_unknown_outcome_waits_for_a_person(conn: sa.Connection, posted: bool) -> None:
    put(conn, "1")
    assert not outbox.resolve(conn, "a", "note", "1", posted, NOW)
    outbox.unknown(conn, "a", take(conn).row_id, "no answer")
    assert outbox.recover(conn) == 0
    assert outbox.take(conn, later(10**6)) is None
    assert not outbox.resolve(conn, "b", "note", "1", posted, NOW)
    assert outbox.resolve(conn, "a", "note", "1", posted, later(9))
    assert not outbox.resolve(conn, "a", "note", "1", posted, later(9))
    row = get(conn)
    if posted:
        assert (row.state, row.sent_at) == ("sent", later(9))
    else:
        assert (row.state, row.doubt) == ("retry", False)
        assert take(conn, 9).attempts == 2


def test_dead_ones_come_back_only_when_asked(conn: sa.Connection) -> None:
    put(conn, "1")
    assert not outbox.again(conn, "a", "note", "1", NOW)
    outbox.dead(conn, "a", take(conn).row_id, "403")
    assert outbox.take(conn, later(10**6)) is None
    assert outbox.again(conn, "a", "note", "1", later(1))
    assert take(conn, 1).attempts == 2


def test_only_what_is_not_sent_can_be_withdrawn(conn: sa.Connection) -> None:
    put(conn, "1")
    outbox.withdrawn(conn, "a", get(conn).row_id, "closed meanwhile")
    assert get(conn).state == "withdrawn"
    assert outbox.take(conn, NOW) is None
    put(conn, "2")
    row_id = take(conn).row_id
    outbox.sent(conn, "a", row_id, "c", NOW)
    for act in (outbox.withdrawn, outbox.dead, outbox.unknown):
        with pytest.raises(Conflict, match="no longer in hand"):
            act(conn, "a", row_id, "")
    with pytest.raises(Conflict, match="no longer in hand"):
        outbox.retry(conn, "a", row_id, NOW, "")
    with pytest.raises(Conflict, match="no longer in hand"):
        outbox.sent(conn, "a", row_id, "d", NOW)
    assert get(conn, "2").remote_id == "c"


def test_another_desk_cannot_end_it(conn: sa.Connection) -> None:
    put(conn, "1")
    with pytest.raises(Conflict, match="no longer in hand"):
        outbox.sent(conn, "b", take(conn).row_id, "c", NOW)


def test_counts_and_lists_see_only_their_desks(conn: sa.Connection) -> None:
    for subject, desk_id in (("1", "a"), ("2", "a"), ("1", "b")):
        put(conn, subject, desk_id)
    outbox.dead(conn, "a", take(conn).row_id, "")
    outbox.sent(conn, "b", take(conn).row_id, "c", NOW)
    none = dict.fromkeys(outbox.STATES, 0)
    assert outbox.states(conn, frozenset({"a"})) == none | {"waiting": 1, "dead": 1}
    assert outbox.states(conn, frozenset({"a", "b"})) == none | {"waiting": 1, "dead": 1, "sent": 1}
    assert [row.subject for row in outbox.list_some(conn, frozenset({"a"}))] == ["2", "1"]
    assert [row.subject for row in outbox.list_some(conn, frozenset({"a", "b"}), ("dead",))] == ["1"]
    assert len(outbox.list_some(conn, frozenset({"a", "b"}), limit=2)) == 2


def test_paused_desks_are_not_taken(conn: sa.Connection) -> None:
    put(conn, "1")
    put(conn, "2", desk_id="b")
    taken = outbox.take(conn, NOW, paused_desks={"a"})
    assert taken is not None
    assert taken.desk_id == "b"
    assert outbox.take(conn, NOW, paused_desks={"a", "b"}) is None
    assert outbox.take(conn, NOW) is not None


def test_what_was_no_attempt_is_not_counted_but_its_doubt_stays(conn: sa.Connection) -> None:
    put(conn, "1")
    for _ in range(3):
        row = take(conn)
        assert row.attempts == 1
        outbox.retry(conn, "a", row.row_id, NOW, "away", doubt=True, counted=False)
    assert (get(conn).attempts, get(conn).doubt) == (0, True)


def test_a_persons_wish_takes_the_place_of_what_is_not_at_the_desk(conn: sa.Connection) -> None:
    put(conn, "1", kind="reply")
    assert outbox.renew(conn, "a", "reply", "1", "s1", NOW, "words", "Ada"), "it still waits"
    row_id = take(conn).row_id
    assert not outbox.renew(conn, "a", "reply", "1", "s1", NOW, "others", "Bob"), "it is on its way"
    for number, leave in enumerate((outbox.withdrawn, outbox.dead), 1):
        leave(conn, "a", row_id, "closed")
        assert not put(conn, "1", kind="reply")
        assert outbox.renew(conn, "a", "reply", "1", "s1", later(number), "words", "Ada")
        row = outbox.take(conn, later(number))
        assert row is not None
        assert (row.text, row.reviewer, row.attempts) == ("words", "Ada", number + 1)
    outbox.sent(conn, "a", row_id, "c1", later(3))
    assert not outbox.renew(conn, "a", "reply", "1", "s1", later(4))


def test_what_waits_for_a_ticket_is_withdrawn_and_what_left_is_not(conn: sa.Connection) -> None:
    put(conn, "1", kind="note")
    outbox.sent(conn, "a", take(conn).row_id, "c1", NOW)
    put(conn, "1", kind="reply")
    put(conn, "2")
    assert outbox.withdraw_waiting(conn, "a", "1", "rejected") == 1
    reply = outbox.get(conn, "a", "reply", "1")
    assert reply is not None
    assert (get(conn).state, reply.state) == ("sent", "withdrawn")
    assert take(conn).subject == "2"
