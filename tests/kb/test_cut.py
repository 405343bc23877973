"""Cutting a ticket: what is dropped, and where the rest goes."""

from __future__ import annotations

import pytest

from hercules.kb.cut import cut_event, cut_ticket, masked

TICKET = """Hello team,

since the update all pages of "the order overview" hang.
2026-10-29 07:30:14.795 INFO  [http-8] c.e.Heartbeat - still alive
2026-10-29 07:30:14.799 ERROR [http-8] c.e.Pool - no free connection in the pool for 30000 ms
2026-10-29 07:30:16.101 ERROR [http-9] c.e.Pool - no free connection in the pool for 30001 ms
com.example.PoolExhaustedException: no free connection
\tat com.example.Pool.take(Pool.java:17)
\t... 13 more
Caused by: java.net.SocketException: Connection reset
[=======>      ] 55%
> ERROR: the archive is full
Environment: Windows Server 2019, 16 GB RAM
Please write to [email-2] about it.

Kind regards,
Some Body
Example Ltd., 12 Long Street
"""


def test_each_line_goes_where_it_belongs() -> None:
    kept = cut_ticket(TICKET)
    assert kept.prose[0].startswith("since the update all pages")
    assert "the order overview" in kept.quotes
    assert "ERROR: the archive is full" in kept.quotes
    assert kept.logs == ["no free connection in the pool for ms"]
    assert kept.environment == ["Environment: Windows Server 2019, 16 GB RAM"]
    assert [name for name, _ in kept.exceptions] == [
        "com.example.PoolExhaustedException",
        "java.net.SocketException",
    ]


@pytest.mark.parametrize(
    ("why", "line"),
    [
        ("greeting", "Hello team,"),
        ("log line below warning", "2026-10-29 07:30:14.795 INFO"),
        ("log line seen before", "2026-10-29 07:30:16.101 ERROR"),
        ("stack frame", "at com.example.Pool.take"),
        ("stack frame", "... 13 more"),
        ("progress", "[=======>"),
        ("signature", "Kind regards,"),
        ("signature", "Example Ltd., 12 Long Street"),
    ],
)
def test_what_is_dropped_tells_why(why: str, line: str) -> None:
    assert any(entry.startswith(f"{why}: {line}") for entry in cut_ticket(TICKET).dropped)


def test_redacted_markers_are_no_words() -> None:
    assert not any("email-2" in line for line in cut_ticket(TICKET).prose)


def test_a_greeting_before_the_question_leaves_the_question() -> None:
    assert cut_ticket("Hi all, the archive stops.").prose == ["the archive stops."]
    assert cut_ticket("Hidden files, for instance, stay.").prose == ["Hidden files, for instance, stay."]


def test_thanks_in_the_middle_cut_nothing() -> None:
    long = "Thanks\n" + "\n".join(
        f"This is sentence number {at} of a long question about it." for at in range(12)
    )
    assert len(cut_ticket(long).prose) == 13


def test_old_mail_is_dropped() -> None:
    text = "It happens again.\n\nOn Monday 3 May a person wrote:\n> Restart the gateway.\nNew words after it."
    kept = cut_ticket(text)
    assert kept.prose == ["It happens again.", "New words after it."]
    asked = "A question about the archive that stopped to answer us since the last update of it on Monday."
    kept = cut_ticket(f"{asked}\n-----Original Message-----\nFrom: a\nSent: b\n\nOld words.")
    assert kept.prose == [asked]


@pytest.mark.parametrize(
    "text",
    [
        "FYI\n---------- Forwarded message ---------\nFrom: a\nDate: b\n\nThe archive stops.",
        "see below\n-----Original Message-----\nFrom: a\nSent: b\nTo: c\nSubject: d\n\nThe archive stops.",
        "----- Mensaje reenviado -----\nDe: a\nAsunto: b\n\nThe archive stops.",
    ],
)
def test_a_mail_that_is_only_handed_on_is_the_question(text: str) -> None:
    assert cut_ticket(text).prose[-1] == "The archive stops."
    assert not any(line.startswith(("From", "De:")) for line in cut_ticket(text).prose)


def test_greetings_and_closings_of_every_language_go() -> None:
    text = "Buenos d\u00edas, el archivo no responde.\nUn saludo,\nMarta\nEquipo de datos"
    assert cut_ticket(text).prose == ["el archivo no responde."]


def test_disclaimers_are_dropped() -> None:
    text = "The archive stops.\nThis e-mail and its files are confidential and for the addressee only."
    assert cut_ticket(text).prose == ["The archive stops."]


def test_python_traces_leave_the_error() -> None:
    frames = 'Traceback (most recent call last):\n  File "/srv/app.py", line 3, in run\n'
    text = f"{frames}ValueError: no such archive"
    kept = cut_ticket(text)
    assert kept.exceptions == [("ValueError", "no such archive")]
    assert kept.prose == []


@pytest.mark.parametrize(
    "line",
    [
        "2026-10-29 07:30:14,795 ERROR [main] disk is full",
        "Oct 29 07:30:14 host ERROR disk is full",
        "E1029 07:30:14.795 disk is full",
        "[2026-10-29T07:30:14.795Z] [error] disk is full",
    ],
)
def test_log_lines_of_several_forms(line: str) -> None:
    kept = cut_ticket(line)
    assert not kept.prose
    assert len(kept.logs) == 1
    assert "disk is full" in kept.logs[0]


def test_masking_leaves_the_message() -> None:
    message = "id 3f2c9d0e1a2b from 10.0.0.7:5432 at /srv/data/x/y.log gone"
    line = f"2026-10-29 07:30:14 ERROR [http-8] a.b.Pool - {message}"
    assert masked(line) == "id from at gone"


def test_events_keep_message_and_causes() -> None:
    trace = "a.b.CException: outer\n\tat x.Y.z(Y.java:1)\nCaused by: a.b.DException: inner"
    kept = cut_event(f"ERROR Pool - broken\n{trace}")
    assert [name for name, _ in kept.exceptions] == ["a.b.CException", "a.b.DException"]
    assert kept.logs == ["Pool - broken"]


def test_floods_are_bounded() -> None:
    kept = cut_ticket("\n".join(f"2026-10-29 07:30:14 INFO line {at}" for at in range(50_000)))
    assert len(kept.dropped) <= 200
    assert kept.prose == []
