"""What every kind of desk keeps towards its vendor: one write, found again, no credential elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from hercules.desks.desk import Desk
from hercules.model import Attachment, BadDelivery, DeskError, TicketRef, Visibility

from .fakes.server import FAULTS, Fault, VendorFake, always, on_writes, running
from .faulty import post_once, reply_for, run_kind
from .kinds import DESK, NOW, Kind, all_kinds, desk_of
from .servers import FakeDesk, fake_desk

KINDS = [kind for kind in all_kinds().values() if kind.fake]
KEY = "H-ABCDEFGH"
DRIP_DEADLINE_S = 0.4  # a slow drip is waited for so long
over_kinds = pytest.mark.parametrize("kind", KINDS, ids=str)


@contextmanager
def at_fake(kind: Kind, fault: str = "") -> Iterator[tuple[Desk, VendorFake]]:
    """A desk and the fake it talks to."""
    assert kind.fake is not None
    with running(kind.fake()) as fake:
        yield desk_of(kind, fake.url, deadline_s=DRIP_DEADLINE_S if fault == "slow drip" else 5.0), fake


@pytest.fixture
def foreign() -> Iterator[FakeDesk]:
    """Another host: nothing of ours has any business there."""
    with fake_desk() as desk:
        desk.answer = lambda _: (200, b"content", {})
        yield desk


def raised(ask: Callable[[], object]) -> DeskError | None:
    """The DeskError this raises, if any; unreadable answers may be told as a bad delivery."""
    try:
        ask()
    except DeskError as error:
        return error
    except BadDelivery:
        return None
    return None


def ways(desk: Desk) -> list[Visibility]:
    return [*(["note"] if desk.notes else []), *(["reply"] if desk.replies else [])]  # type: ignore[list-item]  # literals


# --- posting --------------------------------------------------------------------------------------


@over_kinds
def test_a_post_is_one_write_and_is_found(kind: Kind) -> None:
    with at_fake(kind) as (desk, fake):
        assert ways(desk)
        for visibility in ways(desk):
            ticket = TicketRef(DESK, fake.ticket_id)
            reply = reply_for(desk, fake.ticket_id, visibility)
            assert desk.find_marker(ticket, reply.key, visibility) is None
            fake.asked.clear()
            posted = desk.post(reply, reply.key)
            assert len(fake.asked) == len(fake.writes()) == 1
            written = fake.posts[-1]
            assert (written.ticket_id, written.public) == (fake.ticket_id, visibility == "reply")
            assert reply.key in written.text
            found = desk.find_marker(ticket, reply.key, visibility)
            assert found is not None
            assert found.found
            assert posted.remote_id
            assert found.remote_id == posted.remote_id
            assert desk.find_marker(ticket, "H-OTHERKEY", visibility) is None
        assert len(fake.posts) == len(ways(desk))


@over_kinds
def test_a_reference_pasted_by_a_customer_is_not_our_post(kind: Kind) -> None:
    with at_fake(kind) as (desk, fake):
        fake.say(fake.ticket_id, f"You wrote {KEY}, what does it mean?")
        for visibility in ways(desk):
            assert desk.find_marker(TicketRef(DESK, fake.ticket_id), KEY, visibility) is None


@over_kinds
def test_our_post_is_found_behind_many_others(kind: Kind) -> None:
    """More comments than a page holds, before and after it."""
    with at_fake(kind) as (desk, fake):
        for at in range(120):
            fake.say(fake.ticket_id, f"Comment {at}")
        reply = reply_for(desk, fake.ticket_id, "reply")
        desk.post(reply, reply.key)
        for at in range(120):
            fake.say(fake.ticket_id, f"Answer {at}")
        assert desk.find_marker(reply.ticket, reply.key, "reply")


@over_kinds
@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_of_a_write_is_told_by_its_outcome(kind: Kind, name: str) -> None:
    """`no` only where nothing was written; what may have been is looked for, and no second one is written."""
    fault = FAULTS[name]
    with at_fake(kind, name) as (desk, fake):
        fake.plan = on_writes(fault)
        reply = reply_for(desk, fake.ticket_id, "reply")
        error = raised(lambda: desk.post(reply, reply.key))
        assert len(fake.posts) == int(fault.acts)
        assert error or fault.acts, "told as posted, but nothing was written"
        if error:
            assert not error.permanent
            assert error.outcome in (("unknown",) if fault.acts else ("no", "unknown"))
            assert (error.retry_after_s or 0) > 0 if fault.retry_after else error.retry_after_s is None
        if not desk.can_find:
            return
        patient = desk_of(kind, fake.url)
        found = patient.find_marker(reply.ticket, reply.key, "reply")
        assert (found is not None) == fault.acts
        assert post_once(patient, reply) if found is None else True
        assert len(fake.posts) == 1


@over_kinds
@pytest.mark.parametrize("name", FAULTS)
def test_a_look_up_that_fails_never_says_that_there_is_no_post(kind: Kind, name: str) -> None:
    with at_fake(kind, name) as (desk, fake):
        reply = reply_for(desk, fake.ticket_id, "reply")
        desk_of(kind, fake.url).post(reply, reply.key)
        fake.plan = always(FAULTS[name])
        found: list[object] = []
        error = raised(lambda: found.append(desk.find_marker(reply.ticket, reply.key, "reply")))
        assert error or found[0]


@over_kinds
def test_no_double_posts_under_random_faults(kind: Kind) -> None:
    """A few of the 1,000 runs of `python -m tests.bench desks`."""
    told = run_kind(kind, runs=4)
    assert (told.runs, told.doubles) == (4, 0)


# --- asking ---------------------------------------------------------------------------------------


@over_kinds
def test_the_desk_is_asked_without_writing(kind: Kind) -> None:
    with at_fake(kind) as (desk, fake):
        found = list(desk.probe())
        assert found
        assert [each for each in found if each.ok is False] == []
        events = list(desk.list_recent(NOW)) if desk.can_list else []
        events += desk.read_ticket(TicketRef(DESK, fake.ticket_id))
        assert all(event.natural_key and event.desk_id == DESK for event in events)
        assert len({event.natural_key for event in events}) <= len(events)
        assert fake.writes() == []


@over_kinds
@pytest.mark.parametrize("name", FAULTS)
def test_a_desk_that_fails_is_told_and_nothing_else_is_raised(kind: Kind, name: str) -> None:
    with at_fake(kind, name) as (desk, fake):
        fake.plan = always(FAULTS[name])
        assert all(each.detail and not _shown(kind, each.detail) for each in desk.probe())
        asks: list[Callable[[], object]] = [
            lambda: list(desk.list_recent(NOW)),
            lambda: desk.read_ticket(TicketRef(DESK, fake.ticket_id)),
        ]
        for ask in asks:
            assert not _shown(kind, str(raised(ask)))


def _shown(kind: Kind, text: str) -> list[str]:
    return [word for word in (*kind.canaries, *kind.secrets) if word in text]


@over_kinds
def test_a_wrong_credential_is_told_by_the_check(kind: Kind) -> None:
    with at_fake(kind) as (desk, fake):
        fake.plan = always(Fault("status", status=401))
        found = list(desk.probe())
        assert found[0].ok is False
        assert found[0].detail
        assert not _shown(kind, found[0].detail)


# --- credentials ----------------------------------------------------------------------------------


@over_kinds
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_carries_anything_to_another_host(kind: Kind, foreign: FakeDesk, status: int) -> None:
    with at_fake(kind) as (desk, fake):
        fake.elsewhere = f"{foreign.url}/steal"
        fake.plan = always(Fault("redirect", status=status))
        reply = reply_for(desk, fake.ticket_id, "reply")
        asks: list[Callable[[], object]] = [
            lambda: desk.post(reply, reply.key),
            lambda: desk.find_marker(reply.ticket, reply.key, "reply"),
            lambda: b"".join(desk.fetch(Attachment("a.log", url=f"{fake.url}/a.log"), 1000)),
            lambda: list(desk.probe()),
            lambda: list(desk.list_recent(NOW)),
            lambda: desk.read_ticket(reply.ticket),
        ]
        for ask in asks:
            assert not _shown(kind, str(raised(ask)))
        assert foreign.asked == []


@over_kinds
def test_a_file_of_another_host_is_refused_or_fetched_without_credentials(
    kind: Kind, foreign: FakeDesk
) -> None:
    file = Attachment("a.log", url=f"{foreign.url}/a.log")
    with at_fake(kind) as (desk, _), pytest.raises(DeskError) as caught:
        b"".join(desk.fetch(file, 1000))
    assert caught.value.permanent
    assert foreign.asked == []
    assert kind.fake is not None
    with running(kind.fake()) as fake:
        private = [fake.host, foreign.host]
        desk = desk_of(kind, fake.url, file_hosts=[foreign.host], private_hosts=private)
        assert b"".join(desk.fetch(file, 1000)) == b"content"
        fake.elsewhere = f"{foreign.url}/moved"
        fake.plan = always(Fault("redirect", status=302))
        assert b"".join(desk.fetch(Attachment("b.log", url=f"{fake.url}/b.log"), 1000)) == b"content"
    assert len(foreign.asked) == 2
    for asked in foreign.asked:
        assert "authorization" not in asked.headers
        assert not _shown(kind, f"{asked.path} {asked.headers}")


@over_kinds
@pytest.mark.parametrize(
    "url", ["//127.0.0.1:9/x", "http://127.0.0.1:9/x", "file:///etc/passwd", "javascript:1"]
)
def test_a_file_at_no_place_of_the_desks_is_refused(kind: Kind, url: str) -> None:
    with at_fake(kind) as (desk, fake), pytest.raises(DeskError) as caught:
        b"".join(desk.fetch(Attachment("x", url=url), 1000))
    assert caught.value.permanent
    assert fake.asked == []
