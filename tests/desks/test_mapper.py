"""Field paths and maps: what they find, and that every slip in the settings is told with desk and key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hercules.desks.jsonbody import Json
from hercules.desks.mapper import FieldMap, Reading, make_map
from hercules.desks.paths import as_bool, as_id, as_number, as_time, read_path
from hercules.events import CommentAdded, TicketClosed, TicketOpened
from hercules.model import BadDelivery, SettingsError

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
READING = Reading("acme", "d-1", NOW, UTC, frozenset({"robot"}))


@pytest.mark.parametrize(
    ("path", "body", "found"),
    [
        ("a.b", {"a": {"b": 1}}, [("a.b", 1)]),
        ("a.b | c", {"a": {}, "c": 2}, [("c", 2)]),
        ("a | c", {"a": None, "c": 2}, [("c", 2)]),
        ("a | c", {"a": "", "c": 2}, [("a", "")]),
        ("a[].b", {"a": [{"b": 1}, {"c": 2}, {"b": 3}]}, [("a[0].b", 1), ("a[2].b", 3)]),
        (
            "a[].b[].c",
            {"a": [{"b": [{"c": 1}]}, {"b": [{"c": 2}, 3]}]},
            [("a[0].b[0].c", 1), ("a[1].b[0].c", 2)],
        ),
        ("a[]", {"a": [1, [2], None]}, [("a[0]", 1), ("a[1]", [2])]),
        ("a[]", {"a": {"b": 1}}, []),
        ("a", {"a": [1, 2]}, [("a", [1, 2])]),
        ("a.b", {"a": [{"b": 1}]}, []),
        ("t (split: ' ')", {"t": "x  y "}, [("t", "x"), ("t", "y")]),
        ("t (split: '|') | u", {"t": "x|y"}, [("t", "x"), ("t", "y")]),
        ('t[] | t (split: ", ")', {"t": "x, y"}, [("t", "x"), ("t", "y")]),
        ("with-dash.$odd.1", {"with-dash": {"$odd": {"1": 5}}}, [("with-dash.$odd.1", 5)]),
        ("a", [1], []),
        ("a", None, []),
    ],
)
def test_paths(path: str, body: Json, found: list[tuple[str, Json]]) -> None:
    assert read_path(path).found(body) == found


@pytest.mark.parametrize(
    "path",
    [
        "",
        " ",
        "a..b",
        ".a",
        "a.",
        "a b",
        "a|",
        "|a",
        "a[0]",
        "a[",
        "a[]b",
        "a(split: ' ')x",
        "a (split: )",
        "a (join: ' ')",
        "a{b}",
    ],
)
def test_paths_that_are_none(path: str) -> None:
    with pytest.raises(ValueError, match=r"write"):
        read_path(path)


@pytest.mark.parametrize(
    ("value", "time"),
    [
        ("2026-01-02T03:04:05Z", NOW),
        ("2026-01-02T03:04:05.000Z", NOW),
        ("2026-01-02T04:04:05+01:00", NOW),
        ("2026-01-02 03:04:05 UTC", NOW),
        ("2026-01-02 05:04:05", NOW),
        ("20260102T030405Z", NOW),
        (1767323045, NOW),
        (1767323045000, NOW),
        (1767323045.0, NOW),
        ("1767323045", NOW),
        ("1767323045000", NOW),
        (None, None),
        ("", None),
    ],
)
def test_times(value: Json, time: datetime | None) -> None:
    assert as_time(value, "t", timezone(timedelta(hours=2))) == time


@pytest.mark.parametrize(
    "value",
    [
        "soon",
        True,
        [],
        {},
        -1,
        10**30,
        "9" * 40,
        1e300,
        "0001-01-01",
        "9999-12-31T23:59:59-23:00",
        5,
        "１７６７３２３０４５",
    ],
)
def test_times_that_are_none(value: Json) -> None:
    with pytest.raises(BadDelivery, match=r"^ticket\.opened is not a time"):
        as_time(value, "ticket.opened", UTC)


@pytest.mark.parametrize(
    "value", [None, "", "  ", True, 1.0, [], {}, "a\nb", "x" * 201, ".", "..", "a\u202eb", "a\x1b[0m"]
)
def test_ids_that_are_none(value: Json) -> None:
    with pytest.raises(BadDelivery, match=r"^a\.id is "):
        as_id(value, "a.id")


def test_small_values() -> None:
    assert [as_id(7, "i"), as_id("7", "i"), as_id(" PROJ-12 ", "i")] == ["7", "7", "PROJ-12"]


@pytest.mark.parametrize("value", [False, 0, "no", "FALSE"])
def test_what_is_false(value: Json) -> None:
    assert as_bool(value, True) is False


@pytest.mark.parametrize("value", [None, [], "maybe", 2, 1.0])
def test_what_is_neither_true_nor_false(value: Json) -> None:
    assert as_bool(value, True) is True
    assert as_bool(value, False) is False


@pytest.mark.parametrize(
    ("value", "number"),
    [("12", 12.0), (12, 12.0), ("1.5", 1.5), (True, None), ("x", None), (None, None), ("1e9", None)],
)
def test_numbers(value: Json, number: float | None) -> None:
    assert as_number(value) == number


# --- maps -----------------------------------------------------------------------------------------


def read(table: dict[str, Any], body: Json) -> list[Any]:
    return list(make_map(table, "desks.acme.map").events(body, READING))


def test_a_name_stands_for_one_event_only() -> None:
    table = {"event": {"path": "kind", "opened": ["new", 1], "closed": ["done"]}, "id": "no"}
    assert isinstance(read(table, {"kind": "new", "no": 1})[0], TicketOpened)
    assert isinstance(read(table, {"kind": 1, "no": 1})[0], TicketOpened)
    assert isinstance(read(table, {"kind": "done", "no": 1})[0], TicketClosed)
    assert read(table, {"kind": "ticket.created", "no": 1}) == []
    assert read(table, {"kind": "other"}) == []


@pytest.mark.parametrize(
    ("author", "kind"),
    [
        ({"id": "c1", "kind": "customer"}, "customer"),
        ({"id": "c1"}, "customer"),
        ({"id": "e1"}, "human"),
        ({"id": "e1", "kind": "bot"}, "bot"),
        ({"id": "robot", "kind": "human"}, "bot"),
        ({"id": "e1", "kind": "wizard"}, "human"),
        ({}, "human"),
        (None, "human"),
    ],
)
def test_who_wrote_a_comment(author: Json, kind: str) -> None:
    body: Json = {
        "type": "comment.created",
        "ticket": {"id": 1, "requester": {"id": "c1"}},
        "comment": {"id": 1, "author": author},
    }
    (comment,) = read({}, body)
    assert isinstance(comment, CommentAdded)
    assert (comment.author_kind, comment.public) == (kind, True)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"subjekt": "x"}, "map.subjekt: no such key"),
        ({"id": 5}, "map.id: must be a path"),
        ({"id": "a..b"}, "map.id: '' in 'a..b'"),
        ({"description": {"path": "a", "as": "rtf"}}, "map.description.as: 'rtf' is none of html"),
        ({"description": {"path": "a", "like": "html"}}, "map.description.like: no such key"),
        ({"description": ["a"]}, "map.description: must be a path"),
        ({"event": "type"}, "map.event: must be a table"),
        ({"event": {"path": "type"}}, "map.event.opened: no event is named"),
        ({"event": {"path": "type", "opened": "new"}}, "map.event.opened: must be a list"),
        (
            {"event": {"path": "type", "opened": ["a"], "closed": ["a"]}},
            "map.event.closed: 'a' also stands under opened",
        ),
        ({"event": {"path": "type", "solved": ["a"]}}, "map.event.solved: no such key"),
        (
            {"event": {"path": "type", "opened": ["a"], "default": "new"}},
            "map.event.default: 'new' is none of",
        ),
        ({"requester": {"mail": "a"}}, "map.requester.mail: no such key"),
        ({"requester": "a"}, "map.requester: must be a table"),
        ({"attachments": {"path": "a[]", "link": "b"}}, "map.attachments.link: no such key"),
        ({"attachments": 1}, "map.attachments: must be a path or a table"),
        ({"comment": {"author_kind": {"agent": ["x"]}}}, "map.comment.author_kind.agent: no such key"),
        ({"tags": "tags[0]"}, "map.tags: 'tags[0]'"),
    ],
)
def test_slips_in_a_map(table: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        make_map(table, "desks.acme.map")
    assert f"desks.acme.{message}" in str(caught.value)


def test_a_missing_id_is_told_by_its_path() -> None:
    with pytest.raises(BadDelivery, match=r"^a\.id \| id is missing$"):
        read({"id": "a.id | id"}, {"type": "ticket.closed"})


def json_values() -> st.SearchStrategy[Json]:
    leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
    names = st.sampled_from(
        "type ticket comment id subject description requester tags attachments name url content_base64 "
        "size created_at author kind public text rating score".split()
    )
    return st.recursive(
        leaves | st.sampled_from(["ticket.created", "ticket.rated", "comment.created", "ticket.updated"]),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5),
        max_leaves=15,
    )


OWN: FieldMap = make_map({}, "desks.acme.map")


@settings(max_examples=120, deadline=None)
@given(
    json_values(),
    st.sampled_from(["ticket.created", "ticket.updated", "ticket.closed", "comment.created", "ticket.rated"]),
    st.dictionaries(
        st.sampled_from("subject description requester tags attachments created_at url product id".split()),
        json_values(),
    ),
)
def test_wrong_types_raise_nothing_but_bad_delivery(body: Json, kind: str, ticket: dict[str, Json]) -> None:
    built: Json = {"type": kind, "ticket": {"id": "1", **ticket}, "comment": body}
    for each in (body, built):
        try:
            events = OWN.events(each, READING)
        except BadDelivery:
            continue
        for event in events:
            assert event.natural_key.partition(":")[2].startswith(event.ticket_id)
            assert event.at.tzinfo is UTC
