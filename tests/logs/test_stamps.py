"""Every known way to write a time is found and read, and what only looks like one is not."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from hercules.logs.days import Days
from hercules.logs.formats import FORMATS, Format
from hercules.logs.stamps import Seen, SeenJson, detect

AS_OF = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

ROWS = [
    ("2026-01-01T00:00:00.123456789Z x", "2026-01-01T00:00:00.123456+00:00"),
    ("2026-01-01T00:00:00+02:00 x", "2025-12-31T22:00:00+00:00"),
    ("2026-01-01T00:00:00-0230 x", "2026-01-01T02:30:00+00:00"),
    ("2026-01-01 00:00:00.000000+00:00 x", "2026-01-01T00:00:00+00:00"),
    ("2018-07-10 09:38:40,539 http-nio ERROR", "2018-07-10T09:38:40.539000+00:00"),
    ("[2018-07-10 09:38:40,539] INFO", "2018-07-10T09:38:40.539000+00:00"),
    ("[2026-01-01T00:00:00,123][WARN ][o.e.c] x", "2026-01-01T00:00:00.123000+00:00"),
    ("2025-05-17 16:09:12,46570 x", "2025-05-17T16:09:12.465700+00:00"),
    ("2026-01-01 00:00:00", "2026-01-01T00:00:00+00:00"),
    ("2026-01-01 00:00:00.123 UTC [12] LOG:  x", "2026-01-01T00:00:00.123000+00:00"),
    ("2026/01/01 00:00:00 [error] 7#7: *1 x", "2026-01-01T00:00:00+00:00"),
    ("[1] 2025/06/15 07:45:17.458398 [INF] x", "2025-06-15T07:45:17.458398+00:00"),
    ('10.0.0.1 - - [10/Oct/2026:13:55:36 +0200] "GET / HTTP/1.1" 200', "2026-10-10T11:55:36+00:00"),
    ("10/Oct/2026:13:55:36.500 x", "2026-10-10T13:55:36.500000+00:00"),
    ("01/02/2006, 15:04:05 x", "2006-01-02T15:04:05+00:00"),
    ("01/02/2006 12:04:05 AM x", "2006-01-02T00:04:05+00:00"),
    ("01/02/2006 03:04:05 PM x", "2006-01-02T15:04:05+00:00"),
    ("02 Jan 2006 15:04:05.000 x", "2006-01-02T15:04:05+00:00"),
    ("1:M 02 Jan 2006 15:04:05.250 * Ready", "2006-01-02T15:04:05.250000+00:00"),
    ("2006 Jan 02 15:04:05 x", "2006-01-02T15:04:05+00:00"),
    ("02-Jan-2026 15:04:05.000 SEVERE [main] x", "2026-01-02T15:04:05+00:00"),
    ("Jan 02, 2026 3:04:05 PM org.apache.x y", "2026-01-02T15:04:05+00:00"),
    ("Sun Dec 04 04:51:09 2005 x", "2005-12-04T04:51:09+00:00"),
    ("[Sun Dec 04 04:51:09.123456 2005] [error] x", "2005-12-04T04:51:09.123456+00:00"),
    ("Jan  2 15:04:05 host sshd[1]: x", "2026-01-02T15:04:05+00:00"),
    ("Jan  2 15:04:05.123456 host x", "2026-01-02T15:04:05.123456+00:00"),
    ("<34>Oct 11 22:14:15 host su: x", "2026-10-11T22:14:15+00:00"),
    ("<34>1 2003-10-11T22:14:15.003Z host su - x", "2003-10-11T22:14:15.003000+00:00"),
    ("E0117 21:10:32.916387    1 x.go:12] y", "2026-01-17T21:10:32.916387+00:00"),
    ("03-17 16:13:38.859  1702  2395 D x", "2026-03-17T16:13:38.859000+00:00"),
    ("[10.30 16:49:07] chrome.exe x", "2026-10-30T16:49:07+00:00"),
    ("081109 204106 329 INFO x", "2008-11-09T20:41:06+00:00"),
    ("17/06/09 20:10:41 INFO x", "2017-06-09T20:10:41+00:00"),
    ("20171223-22:15:29:635|x", "2017-12-23T22:15:29.635000+00:00"),
    ("20171224-0:5:9:3|x", "2017-12-24T00:05:09.003000+00:00"),
    ("1117838570 x", "2005-06-03T22:42:50+00:00"),
    ("- 1117838570 2005.06.03 R02 x", "2005-06-03T22:42:50+00:00"),
    ("1117838570123 x", "2005-06-03T22:42:50.123000+00:00"),
    ("1117838570123456 x", "2005-06-03T22:42:50.123456+00:00"),
    ("1117838570123456789 x", "2005-06-03T22:42:50.123456+00:00"),
    ("1066036250.603 310 x", "2003-10-13T09:10:50.603000+00:00"),
    ('{"level":"info","time":"2026-01-01T00:00:00.123Z","msg":"x"}', "2026-01-01T00:00:00.123000+00:00"),
    ('{"level":"info","ts":1767225600.25,"msg":"x"}', "2026-01-01T00:00:00.250000+00:00"),
    ('{"msg":"x", "@timestamp": 1767225600123}', "2026-01-01T00:00:00.123000+00:00"),
    ('{"t":{"$date":"2026-01-01T00:00:00.123+00:00"},"s":"I"}', "2026-01-01T00:00:00.123000+00:00"),
    ("ts=2026-01-01T00:00:00Z level=info", "2026-01-01T00:00:00+00:00"),
    ('level=info time="2026-01-01 00:00:00" msg=x', "2026-01-01T00:00:00+00:00"),
    ("TimeCreated : /Date(1743448267142)/", "2025-03-31T19:11:07.142000+00:00"),
    ("2016-09-28 04:30:31, Info                  CBS    x", "2016-09-28T04:30:31+00:00"),
    ("atlassian-jira.log.1:2018-07-10 09:38:40,539 x", "2018-07-10T09:38:40.539000+00:00"),
    ("app.log:12:2018-07-10 09:38:40,539 x", "2018-07-10T09:38:40.539000+00:00"),
    ("[pool-1 thread 3] 2018-07-10 09:38:40,539 x", "2018-07-10T09:38:40.539000+00:00"),
    ("WARN  2018-07-10 09:38:40,539 x", "2018-07-10T09:38:40.539000+00:00"),
    ("web-1  | 2018-07-10T09:38:40.539Z x", "2018-07-10T09:38:40.539000+00:00"),
    ("2016-12-31 23:59:60 a leap second", "2016-12-31T23:59:59+00:00"),
    ("orbit[2026-11-22 10:00:10.120] x", "2026-11-22T10:00:10.120000+00:00"),
    ("INFO[2026-11-22T10:00:00Z] x", "2026-11-22T10:00:00+00:00"),
    ("nav.core(22.11.2026 09:17:01,5) x", "2026-11-22T09:17:01.500000+00:00"),
    ("orbit[10:00:10.120 22-NOV-26] x", "2026-11-22T10:00:10.120000+00:00"),
    ("[09:17:01.531 22-Nov-2026] x", "2026-11-22T09:17:01.531000+00:00"),
    ("22.11.2026 09:17:01 x", "2026-11-22T09:17:01+00:00"),
    ("22.11.2026, 09:17:01.250 x", "2026-11-22T09:17:01.250000+00:00"),
    ("22-NOV-26 09:17:01 x", "2026-11-22T09:17:01+00:00"),
    ("22-NOV-26 09:17:01.123 PM x", "2026-11-22T21:17:01.123000+00:00"),
    ("20261122 09:17:01 x", "2026-11-22T09:17:01+00:00"),
    ("20261122T091701 x", "2026-11-22T09:17:01+00:00"),
    ("20261122T091701.5Z x", "2026-11-22T09:17:01.500000+00:00"),
    ("20261122T091701+0100 x", "2026-11-22T08:17:01+00:00"),
    ("2026/326 09:17:01 x", "2026-11-22T09:17:01+00:00"),
    ("2024-366T09:17:01Z x", "2024-12-31T09:17:01+00:00"),
    ("2026:001:09:17:01.5 x", "2026-01-01T09:17:01.500000+00:00"),
    ("09:17:01.531 [main] x", "2026-11-22T09:17:01.531000+00:00"),
    ("[09:17:01] 5 items", "2026-11-22T09:17:01+00:00"),
    ("orbit[9:17:01,5] x", "2026-11-22T09:17:01.500000+00:00"),
]


@pytest.mark.parametrize(("line", "iso"), ROWS, ids=[line[:40] for line, _ in ROWS])
def test_a_known_stamp_is_found_and_read(line: str, iso: str) -> None:
    shape = detect([line.encode()], AS_OF)
    assert shape is not None
    assert shape.stamped
    assert shape.starts(line.encode())
    found = shape.time(line.encode())
    assert found is not None
    assert found.isoformat() == iso


@pytest.mark.parametrize(
    "line",
    [
        "just text at 12:30 or so",
        "2018-07-10 07:07:072,777 broken seconds",
        "2018-07-10 27:07:07 no such hour",
        "2026-02-31 00:00:00 no such day",
        "9999-99-99 00:00:00",
        "\tat com.example.Foo(Foo.java:12)",
        '{"message": "no time here"}',
        "192.168.100.100 is an address",
        "12345 67890",
        "2026-01-01T00:00:00+99:99 no such zone",
        "orbit[42] 2026-11-22",
        "LocalDate[2026-11-22] is a day",
        "sshd[1117838570]: a process id",
        "32.11.2026 09:17:01 no such day",
        "22.13.2026 09:17:01 no such month",
        "1.2.3.4 09:17:01 is an address",
        "22-FOO-26 09:17:01 no such month",
        "20261322 09:17:01 no such month",
        "20261122T246001 no such hour",
        "20261122091701 is a number",
        "2026/367 09:17:01 no such day",
        "2025/366 09:17:01 no leap year",
        "00:11:22:33:44:55 is an address",
        "10:20:30::1 is an address",
        "25:17:01 no such hour",
        "09:17:01abc",
        "09:17:01.531.22 x",
        "09:17 without seconds",
        "took 09:17:01 in all",
    ],
)
def test_what_only_looks_like_a_stamp_is_none(line: str) -> None:
    assert detect([line.encode()], AS_OF) is None


def test_a_line_whose_stamp_is_broken_starts_nothing() -> None:
    shape = detect([b"2018-07-10 07:07:07,777 good"], AS_OF)
    assert shape is not None
    assert not shape.starts(b"2018-07-10 07:07:072,777 broken")


def test_a_stamp_elsewhere_in_the_line_starts_nothing() -> None:
    shape = detect([b"2026-01-01 00:00:00 first", b"2026-01-01 00:00:01 second"], AS_OF)
    assert shape is not None
    assert not shape.starts(b"  expired 2026-01-01 00:00:00")
    assert not shape.starts(b"expired 2026-01-01 00:00:00")


def test_the_format_of_most_lines_wins() -> None:
    shape = detect([b"2026/01/01 00:00:00 x", *[b"Jan  1 00:00:00 host x"] * 3], AS_OF)
    assert shape is not None
    assert shape.name == "syslog"


def test_a_first_field_over_12_makes_the_day_come_first() -> None:
    lines = [b"03/02/2026 10:00:00 x", b"13/02/2026 10:00:00 x"]
    shape = detect(lines, AS_OF)
    assert shape is not None
    assert [shape.time(line) for line in lines] == [
        datetime(2026, 2, 3, 10, tzinfo=UTC),
        datetime(2026, 2, 13, 10, tzinfo=UTC),
    ]


def test_stamps_without_a_year_stay_ordered_over_new_year() -> None:
    lines = [b"Dec 31 23:59:59 host x", b"Jan  1 00:00:01 host x"]
    shape = detect(lines, datetime(2026, 1, 5, tzinfo=UTC))
    assert shape is not None
    assert [shape.time(line) for line in lines] == [
        datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC),
    ]


def test_a_stamp_without_a_year_may_lie_one_day_ahead_of_the_ticket() -> None:
    line = b"Jan  6 00:00:00 host x"
    ahead = detect([line], datetime(2026, 1, 5, tzinfo=UTC))
    beyond = detect([line], datetime(2026, 1, 4, 23, tzinfo=UTC))
    assert ahead is not None
    assert beyond is not None
    assert ahead.time(line) == datetime(2026, 1, 6, tzinfo=UTC)
    assert beyond.time(line) == datetime(2025, 1, 6, tzinfo=UTC)


def test_the_29th_of_february_without_a_year_finds_its_leap_year() -> None:
    line = b"Feb 29 10:00:00 host x"
    shape = detect([line], AS_OF)
    assert shape is not None
    assert shape.time(line) == datetime(2024, 2, 29, 10, tzinfo=UTC)


def test_a_stamp_behind_a_long_banner_is_found() -> None:
    shape = detect([b"*** banner ***"] * 300 + [b"2026-01-01 00:00:00 x"], AS_OF)
    assert shape is not None
    assert shape.name == "iso"


def test_json_lines_are_events_with_and_without_a_time() -> None:
    shape = detect([b'{"time":"2026-01-01T00:00:00Z","msg":"x"}'], AS_OF)
    assert shape is not None
    assert shape.starts(b'{"msg":"no time"}')
    assert shape.time(b'{"msg":"no time"}') is None
    assert not shape.starts(b"  at x")


def clock(*lines: str) -> Days:
    shape = detect([line.encode() for line in lines], AS_OF)
    assert shape is not None
    assert (shape.name, shape.dated) == ("clock", False)
    return Days(shape)


def test_a_time_of_day_counts_only_where_most_lines_have_one() -> None:
    assert detect([b"09:17:01 x", b"just text", b"more text"], AS_OF) is None
    assert clock("09:17:01 x", "\tat a.b", "Caused by: c", "09:17:02 y")


def test_a_date_goes_before_a_time_of_day() -> None:
    lines = [b"09:17:01 host 2026-01-02 10:00:00 x", b"09:17:02 host 2026-01-02 10:00:01 x", b"09:17:03 x"]
    shape = detect(lines, AS_OF)
    assert shape is not None
    assert (shape.name, shape.dated) == ("iso", True)


def test_times_of_day_go_on_past_midnight() -> None:
    texts = [
        "22:00:00 a",
        "23:59:59 b",
        "00:00:00 c",
        "23:59:59 late",
        "00:00:01 d",
        "09:00:00 e",
        "08:00:00 f",
    ]
    days = clock(*texts)
    read = [days.time(text.encode()) for text in texts]
    assert [(at.day, at.hour) for at in read if at] == [
        (22, 22), (22, 23), (23, 0), (22, 23), (23, 0), (23, 9), (23, 8),
    ]  # fmt: skip
    assert days.time(b"06:00:00 a day later").__str__().startswith("2026-11-24")


def test_skimming_reads_the_same_days() -> None:
    dice = random.Random(5)
    now, texts = 0, []
    for _ in range(400):
        now += dice.choice((0, 1, 30, 600, 7000, 40_000))
        texts.append(f"{now // 3600 % 24:02}:{now // 60 % 60:02}:{now % 60:02} x".encode())
    one, other = clock(texts[0].decode()), clock(texts[0].decode())
    expected = [one.time(text) for text in texts]
    whole, at, found = b"\n".join(texts), 0, []
    for text in texts:
        found.append(other.skim(whole, at, at + len(text) + 1))
        at += len(text) + 1
    assert found == expected
    assert clock(texts[0].decode()).skim(whole, 0, len(whole)) == expected[-1]


def test_days_without_end_come_to_one() -> None:
    days = clock("10:00:00 x")
    last = None
    for _ in range(60_000):
        last = days.time(b"01:00:00 x") and days.time(b"23:00:00 x")
    assert last is not None
    assert last.year < 2200


@pytest.mark.parametrize("made", FORMATS, ids=[made.name for made in FORMATS])
def test_the_example_of_a_format_is_read_by_it(made: Format) -> None:
    shape = detect([f"{made.example} x".encode()], AS_OF)
    assert shape is not None
    assert (shape.name, shape.example) == (made.name, made.example)
    assert shape.time(made.example.encode()) is not None


@pytest.mark.parametrize("line", [line for line, _ in ROWS])
def test_what_was_learnt_from_lines_before_changes_nothing(line: str) -> None:
    learnt = detect([line.encode()], AS_OF)
    assert learnt is not None
    dice = random.Random(line)
    for _ in range(400):
        signs = list(line)
        for _ in range(dice.choice((0, 1, 1, 2, 4))):
            place = dice.randrange(min(len(signs), 40))
            if signs[place].isdigit() or dice.random() < 0.2:
                signs[place] = dice.choice("0123456789" if dice.random() < 0.8 else " ,.:+-ZPx")
        other = "".join(signs)[: dice.choice((len(line), len(line), dice.randrange(1, 40)))].encode()
        new = replace(learnt, seen=SeenJson() if learnt.name == "json" else Seen())
        assert learnt.starts(other) == new.starts(other), other
        assert learnt.time(other) == replace(new, seen=Seen()).time(other), other
