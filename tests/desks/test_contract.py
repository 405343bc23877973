"""What every kind of desk keeps, asked of all of them: proof, reading, and secrets that stay secret."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hercules.desks.desk import Desk, check_body
from hercules.events import CommentAdded, Event
from hercules.model import BadDelivery, Delivery, Refused, SettingsError
from hercules.wiring import DESKS

from .kinds import ADDRESS, DESK, NOW, Kind, NoClient, Sent, all_kinds, desk_of, kept, made

KINDS = list(all_kinds().values())
SIGNED = [kind for kind in KINDS if kind.signature]
TIMED = [kind for kind in KINDS if "time" in kind.signed]
over_kinds = pytest.mark.parametrize("kind", KINDS, ids=str)


def small(kind: Kind) -> bytes:
    """The sample as it is sent, without spaces."""
    return json.dumps(kind.opened, separators=(",", ":")).encode()


def signed(kind: Kind, body: bytes, now: datetime = NOW, secret: int = 0) -> Sent:
    return kind.sign(kind.secrets[secret], body, now)


def takes(desk: Desk, sent: Sent, body: bytes, now: datetime = NOW) -> bool:
    """Whether the proof is taken; anything but Refused is an error."""
    try:
        desk.verify(sent.raw_headers, body, now, sent.url_secret)
    except Refused:
        return False
    return True


def refuses(desk: Desk, headers: list[tuple[bytes, bytes]], body: bytes, url_secret: str = "") -> bool:
    try:
        desk.verify(headers, body, NOW, url_secret)
    except Refused:
        return True
    return False


def flips(value: bytes) -> Iterator[bytes]:
    for bit in range(len(value) * 8):
        changed = bytearray(value)
        changed[bit // 8] ^= 1 << bit % 8
        yield bytes(changed)


def with_header(sent: Sent, name: str, value: bytes) -> list[tuple[bytes, bytes]]:
    """The headers with another value under a name."""
    return [(key, value if key == name.encode() else old) for key, old in sent.raw_headers]


def test_every_kind_is_asked() -> None:
    assert {kind.desk for kind in KINDS} == set(DESKS)


# --- proof ----------------------------------------------------------------------------------------


@over_kinds
def test_a_delivery_by_an_independent_signer_is_taken(kind: Kind) -> None:
    desk, body = desk_of(kind), small(kind)
    sent = signed(kind, body)
    proof = desk.verify([*sent.raw_headers, (b"x-other", b"\xff")], body, NOW, sent.url_secret)
    assert proof.id_is_signed == ("id" in kind.signed)
    if kind.id_header:
        assert proof.delivery_id == sent.headers[kind.id_header]


@over_kinds
def test_every_flipped_bit_is_refused(kind: Kind) -> None:
    """Of the body, the id and the time where they are signed, and of the signature, token or path."""
    desk, body = desk_of(kind), small(kind)
    sent = signed(kind, body)
    assert takes(desk, sent, body)
    if "body" in kind.signed:
        assert all(refuses(desk, sent.raw_headers, each, sent.url_secret) for each in flips(body))
    given_headers = dict(sent.raw_headers)
    names = [kind.signature] if kind.signature else []
    names += [kind.id_header] if "id" in kind.signed else []
    names += [kind.time_header] if "time" in kind.signed else []
    for name in names:
        for each in flips(given_headers[name.encode()]):
            assert refuses(desk, with_header(sent, name, each), body, sent.url_secret), (name, each)
    for each in flips(sent.url_secret.encode("latin-1")):
        assert refuses(desk, sent.raw_headers, body, each.decode("latin-1")), each


def malformed(good: bytes) -> list[bytes]:
    """Shapes no honest sender sends, each made from a good value."""
    return [
        b"",
        b" ",
        good[:-1],
        good + b"0",
        b"\t" + good,
        b'"' + good + b'"',
        good.swapcase(),
        good.replace(b"=", b"") + b"_",
        b"\x00" + good,
        good + b"\x00",
        b"\xff\xfe" + good,
        b"\xff" * len(good),
        good[: len(good) // 2],
        good[::-1],
        b"v1,",
        b"sha256=",
        b"sha1=" + good,
        b"=" * 70,
        b"x" * 5_000,
        "\uff56\u0661".encode() + good,
    ]


@over_kinds
def test_malformed_signatures_are_refused_and_nothing_else(kind: Kind) -> None:
    desk, body = desk_of(kind), small(kind)
    sent = signed(kind, body)
    if kind.signature:
        shapes = malformed(dict(sent.raw_headers)[kind.signature.encode()])
        assert len(set(shapes)) >= 16
        for shape in shapes:
            assert refuses(desk, with_header(sent, kind.signature, shape), body), shape
    else:
        for shape in malformed(sent.url_secret.encode()):
            for text in (shape.decode("latin-1"), shape.decode("utf-8", "surrogateescape")):
                assert refuses(desk, sent.raw_headers, body, text), shape


@pytest.mark.parametrize("kind", SIGNED, ids=str)
def test_missing_and_doubled_headers_are_refused(kind: Kind) -> None:
    desk, body = desk_of(kind), small(kind)
    sent = signed(kind, body)
    asked = {kind.signature, kind.time_header} | ({kind.id_header} if "id" in kind.signed else set())
    for name in filter(None, asked):
        key = name.encode()
        without = [pair for pair in sent.raw_headers if pair[0] != key]
        assert refuses(desk, without, body), f"{name} is missing"
        assert refuses(desk, [*sent.raw_headers, (key, dict(sent.raw_headers)[key])], body), f"{name} twice"
    assert refuses(desk, [], body)
    assert refuses(desk, sent.raw_headers, body, "a-secret-in-the-path-" * 2)


TIMES = [
    b"",
    b" ",
    b" 1767323045",
    b"1767323045 ",
    b"+1767323045",
    b"-1767323045",
    b"1_767_323_045",
    b"1767323045.0",
    b"0x69573225",
    b"9" * 13,
    b"1" * 400,
    "\u0661\u0667\u0666\u0667\u0663\u0662\u0663\u0660\u0664\u0665".encode(),
    b"2026-13-45T99:99:99Z",
    b"\xff\xfe",
    b"nan",
    b"1767323045\x00",
]


@pytest.mark.parametrize("kind", TIMED, ids=str)
def test_malformed_times_are_refused_and_nothing_else(kind: Kind) -> None:
    desk, body = desk_of(kind), small(kind)
    sent = signed(kind, body)
    for shape in TIMES:
        assert refuses(desk, with_header(sent, kind.time_header, shape), body), shape


@pytest.mark.parametrize("kind", TIMED, ids=str)
def test_stale_and_early_deliveries_are_refused(kind: Kind) -> None:
    desk, body = desk_of(kind), small(kind)
    for off_s, taken in ((-1.0, True), (0.0, True), (1.0, False), (3600.0, False), (86_400.0 * 400, False)):
        for sign in (1, -1):
            sent = signed(kind, body, NOW + sign * timedelta(seconds=kind.window_s + off_s))
            assert takes(desk, sent, body) is taken, (off_s, sign)


@over_kinds
def test_two_secrets_while_one_takes_over(kind: Kind) -> None:
    ends = NOW + timedelta(seconds=1)
    secrets = [{"value": kind.secrets[0], "not_after": ends.isoformat()}, {"value": kind.secrets[1]}]
    desk, body = desk_of(kind, secrets=secrets), small(kind)
    for secret, now, taken in ((0, NOW, True), (1, NOW, True), (0, ends, False), (1, ends, True)):
        assert takes(desk, signed(kind, body, now, secret), body, now) is taken, (secret, now)
    only_old = desk_of(kind, secrets=secrets[:1])
    assert not takes(only_old, signed(kind, body, ends), body, ends)


@over_kinds
def test_a_test_delivery_is_taken(kind: Kind) -> None:
    for at in (0, 1):
        desk = desk_of(kind, secrets=[{"value": kind.secrets[at]}])
        body = check_body("abc123")
        test = desk.test_delivery(body, NOW)
        sent = Sent(test.headers, test.url_secret, test.tail)
        assert takes(desk, sent, body)
        assert not takes(desk_of(kind, secrets=[{"value": kind.secrets[1 - at]}]), sent, body)
        assert kind.secrets[at] not in repr(test)


HEADER_NAMES = sorted({name for kind in KINDS for name in (kind.signature, kind.id_header, kind.time_header)})


@over_kinds
@settings(max_examples=40, deadline=None)
@given(
    headers=st.lists(
        st.tuples(st.sampled_from([*HEADER_NAMES, "authorization"]).map(str.encode), st.binary(max_size=90)),
        max_size=5,
    ),
    raw=st.binary(max_size=30),
    url_secret=st.text(max_size=50),
)
def test_verify_raises_refused_and_nothing_else(
    kind: Kind, headers: list[tuple[bytes, bytes]], raw: bytes, url_secret: str
) -> None:
    assert refuses(desk_of(kind), headers, raw, url_secret)


# --- reading --------------------------------------------------------------------------------------

STRANGE: st.SearchStrategy[Any] = st.sampled_from(
    (
        *(
            None,
            True,
            0,
            -1,
            1.5,
            10**17,
            "",
            " ",
            "x",
            "\ud800",
            "2026-13-01",
            "../..",
            [],
            [None],
            [[]],
            {},
        ),
        *({"id": None}, {"id": []}, {"type": "doc", "content": 7}, "<p", "{noformat}", 1e300, "9" * 400),
    )
)


def bases(kind: Kind) -> list[Any]:
    """The sample and the bodies of all fixtures."""
    found: list[Any] = [dict(kind.opened)]
    for path in sorted(kind.folder.glob("*.json")):
        if not path.stem.endswith(".expected"):
            found.append(json.loads(path.read_text(encoding="utf-8")).get("body", {}))
    return found


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value."""
    yield at
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*at, index))


def put(value: Any, at: tuple[Any, ...], new: Any) -> Any:
    """The value with something else in one place."""
    if not at:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[at[0]] = put(value[at[0]], at[1:], new)
    return copy


def read(desk: Desk, kind: Kind, raw: bytes) -> list[Event]:
    """The events, none when the delivery cannot be read; anything but BadDelivery is an error."""
    sent = signed(kind, small(kind))
    headers = kept(desk, sent.raw_headers)
    try:
        return desk.read(Delivery(DESK, "d-1", headers, raw, NOW, sent.tail))
    except BadDelivery:
        return []


@over_kinds
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_reading_anything_raises_bad_delivery_and_nothing_else(kind: Kind, data: st.DataObject) -> None:
    """A good body with strange values in some places; every event that comes out is whole."""
    desk = quiet(kind)
    body = data.draw(st.sampled_from(bases(kind)))
    for _ in range(data.draw(st.integers(1, 3))):
        body = put(body, data.draw(st.sampled_from(list(places(body)))), data.draw(STRANGE))
    for event in read(desk, kind, json.dumps(body).encode()):
        assert event.desk_id == DESK
        assert event.ticket_id
        assert event.natural_key
        assert event.at.tzinfo is not None


@over_kinds
@settings(max_examples=40, deadline=None)
@given(raw=st.binary(max_size=60) | st.text(max_size=60).map(lambda text: json.dumps(text).encode()))
def test_reading_bytes_raises_bad_delivery_and_nothing_else(kind: Kind, raw: bytes) -> None:
    assert read(quiet(kind), kind, raw) == []


def quiet(kind: Kind) -> Desk:
    """A desk that may ask nobody."""
    from hercules.desks.desk import CallLimits
    from hercules.desks.jsonbody import JsonLimits

    limits, json_limits = CallLimits(), JsonLimits()
    return kind.made(
        DESK, kind.common(), NoClient(), limits=limits, json_limits=json_limits, clock=lambda: NOW
    )


@over_kinds
def test_the_same_delivery_gives_the_same_events(kind: Kind) -> None:
    desk, body = quiet(kind), small(kind)
    assert read(desk, kind, body) == read(desk, kind, body)
    assert read(desk, kind, body)


@over_kinds
def test_a_reference_in_a_customers_words_is_not_ours(kind: Kind) -> None:
    desk = desk_of(kind)
    ours = next(iter(desk.bot_ids))
    said = CommentAdded(
        desk_id=DESK, ticket_id="1", natural_key="comment:1:2", at=NOW, author_id=ours, text="H-ABCDEFGH"
    )
    assert desk.own_comment(said)
    assert desk.own_comment(replace(said, text="Thanks"))
    for author in ("customer-9", "", ours + "0"):
        for author_kind in ("customer", "human"):
            other = replace(said, author_id=author, author_kind=author_kind)
            assert not desk.own_comment(other), (author, author_kind)


# --- secrets --------------------------------------------------------------------------------------


@over_kinds
def test_no_secret_is_shown(kind: Kind) -> None:
    common = kind.common(secrets=[{"value": secret} for secret in kind.secrets])
    desk = made(kind, common)
    hidden = [*kind.canaries, *kind.secrets, *(secret.removeprefix("whsec_") for secret in kind.secrets)]
    assert kind.canaries
    parts = [desk, common, kind.made.reach(DESK, common)]
    for part in (*parts, *vars(desk).values()):
        for text in (repr(part), str(part), format(part)):
            assert not [each for each in hidden if each in text], type(part)


@over_kinds
def test_settings_that_are_wrong_are_told_without_the_secret(kind: Kind) -> None:
    with pytest.raises(SettingsError, match=rf"desks\.{DESK}\."):
        desk_of(kind, secrets=[])
    with pytest.raises(SettingsError) as caught:
        desk_of(kind, ADDRESS, no_such_setting=kind.canaries[0])
    assert f"desks.{DESK}.no_such_setting" in str(caught.value)
    assert not [word for word in (*kind.canaries, *kind.secrets) if word in str(caught.value)]
