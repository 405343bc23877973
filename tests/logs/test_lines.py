"""Events are cut the same way however the text comes in, and folded as the lines' shape says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hercules.logs import lines
from hercules.logs.lines import Cutter, cutters, event_bounds, events, plain_event, shape_of
from hercules.model import Limits, Shape

AS_OF = datetime(2026, 11, 22, tzinfo=UTC)
LIMITS = Limits()
STAMPED = shape_of(b"2026-01-01 00:00:00 x\n", AS_OF)
PLAIN = shape_of(b"some text\n", AS_OF)
SMALL = replace(LIMITS, event_lines=4, event_bytes=48)

lines_of_logs = st.lists(
    st.sampled_from(
        [
            b"2026-01-01 00:00:00 one",
            b"2026-01-01 00:00:07 another, longer than a small event may be",
            b"\tat com.example.Foo.bar(Foo.java:1)",
            b"Caused by: x",
            b"text",
            b"",
            b"\r",
            b"with a return\r",
            b"x" * 130,
        ]
    ),
    max_size=30,
)
texts = st.builds(lambda lines, end: b"\n".join(lines) + end, lines_of_logs, st.sampled_from([b"", b"\n"]))


def by_hand(text: bytes, shape: Shape, limits: Limits) -> list[tuple[int, bytes]]:
    """Events by the written rules, line by line, the slow and obvious way."""
    found: list[tuple[int, list[bytes]]] = []
    seen = not shape.stamped
    forced = True
    for number, line in enumerate(text.split(b"\n"), 1):
        starts = shape.starts(line[: limits.event_bytes])
        seen = seen or starts
        room = found and len(found[-1][1]) < limits.event_lines
        fits = found and len(b"\n".join([*found[-1][1], line])) <= limits.event_bytes
        if forced or starts or not seen or not room or not fits:
            found.append((number, []))
        forced = False
        while len(line) > limits.event_bytes:
            found[-1][1].append(line[: limits.event_bytes])
            line = line[limits.event_bytes :]
            found.append((number, []))
        found[-1][1].append(line)
    whole = [(number, b"\n".join(lines).rstrip(b"\r\n").replace(b"\r\n", b"\n")) for number, lines in found]
    return [(number, event) for number, event in whole if event]


def split(text: bytes, size: int) -> list[bytes]:
    return [text[at : at + size] for at in range(0, len(text), size)]


@pytest.mark.parametrize("shape", [STAMPED, PLAIN], ids=["stamped", "plain"])
@pytest.mark.parametrize("limits", [LIMITS, SMALL], ids=["usual", "small"])
@settings(max_examples=60, deadline=None)
@given(text=texts)
def test_events_are_those_of_the_written_rules_at_every_chunk_size(
    shape: Shape, limits: Limits, text: bytes
) -> None:
    expected = by_hand(text, shape, limits)
    for size in (1, 7, 64, 16 << 10):
        assert list(events(split(text, size), shape, limits)) == expected


@pytest.mark.parametrize("shape", [STAMPED, PLAIN], ids=["stamped", "plain"])
@pytest.mark.parametrize("limits", [LIMITS, SMALL], ids=["usual", "small"])
@settings(max_examples=30, deadline=None)
@given(text=texts, order=st.randoms(use_true_random=False))
def test_bounds_around_a_byte_are_those_of_its_event(
    shape: Shape, limits: Limits, text: bytes, order: object
) -> None:
    expected = {event for _, event in events([text], shape, limits)}
    cutter = Cutter(text, shape, limits)
    positions = list(range(len(text)))
    order.shuffle(positions)  # type: ignore[attr-defined]  # a random.Random
    found = set()
    for position in positions:
        start, end = event_bounds(text, position, shape, limits)
        assert (start, end) == cutter.at(position)
        found.add(plain_event(text[start:end]))
    assert found - {b""} == expected


@settings(max_examples=30, deadline=None)
@given(text=texts, size=st.integers(1, 90))
def test_cutters_hand_on_every_byte_once(text: bytes, size: int) -> None:
    assert (
        b"".join(cutter.buffer[: cutter.end] for cutter in cutters(split(text, size), STAMPED, SMALL)) == text
    )


def folded(text: bytes) -> list[bytes]:
    return [event for _, event in events([text], shape_of(text, AS_OF), LIMITS)]


def test_a_stamped_file_folds_all_lines_without_a_stamp() -> None:
    trace = b"2026-01-01 00:00:00,000 ERROR x\njava.lang.Error: y\n\tat a.B\nCaused by: z\n\n\tat c.D"
    assert folded(trace + b"\n2026-01-01 00:00:01,000 INFO next\n") == [
        trace,
        b"2026-01-01 00:00:01,000 INFO next",
    ]


def test_lines_before_the_first_stamp_are_events_of_their_own() -> None:
    text = b"banner\n  indented\n\n2026-01-01 00:00:00 x\n  more\n"
    assert folded(text) == [b"banner", b"  indented", b"2026-01-01 00:00:00 x\n  more"]


def test_an_unstamped_file_folds_what_reads_like_a_trace() -> None:
    text = (
        b"java.lang.Error: x\n\tat a.B\nCaused by: y\n... 3 more\nother\n"
        b"panic: z\ngoroutine 1 [running]:\n}\nat a\nTraceback (most recent call last):\nlast\n"
    )
    assert folded(text) == [
        b"java.lang.Error: x\n\tat a.B\nCaused by: y\n... 3 more",
        b"other",
        b"panic: z\ngoroutine 1 [running]:\n}\nat a\nTraceback (most recent call last):",
        b"last",
    ]


def test_json_lines_are_one_event_each_and_one_value_is_one_event() -> None:
    assert len(folded(b'{"a":1}\n{"a":2}\n')) == 2
    assert folded(b'{\n"a": 1,\n"b": [\n2]\n}\n') == [b'{\n"a": 1,\n"b": [\n2]\n}']
    assert len(folded(b"[not json\nnot at all]\n")) == 2
    assert len(folded(b"[" * 60_000 + b"\n" + b"]" * 60_000)) == 2


def test_line_numbers_are_those_of_the_file() -> None:
    text = b"\n\n2026-01-01 00:00:00 x\n  more\n\n\n2026-01-01 00:00:01 y\n"
    assert [number for number, _ in events([text], STAMPED, LIMITS)] == [3, 7]


def test_windows_line_ends_give_the_same_events() -> None:
    text = b"2026-01-01 00:00:00 fail\n\tat a\n2026-01-01 00:00:01 end\n"
    assert folded(text.replace(b"\n", b"\r\n")) == folded(text)


def test_long_events_are_cut_at_200_lines_and_64_kib() -> None:
    many = b"2026-01-01 00:00:00 x\n" + b"\tat a.B\n" * 450
    assert [event.count(b"\n") + 1 for event in folded(many)] == [200, 200, 51]
    one_line = folded(b"y" * 200_000)
    assert [len(event) for event in one_line] == [65_536, 65_536, 65_536, 3_392]


def test_many_finds_in_one_hostile_megabyte_cost_linear_work() -> None:
    class Counting:
        stamped = True
        asked = 0

        def starts(self, line: bytes) -> bool:
            self.asked += 1
            return line.startswith(b"2026")

        def time(self, line: bytes) -> None:
            return None

    shape = Counting()
    text = b"2026 first\n" + b"ab\n" * 100_000
    cutter = Cutter(text, shape, LIMITS)
    for position in range(0, len(text), 5):
        cutter.at(position)
    assert shape.asked < 4 * text.count(b"\n")


@settings(max_examples=40, deadline=None)
@given(text=texts, step=st.integers(1, 400))
def test_starts_far_back_are_found_by_windows(text: bytes, step: int) -> None:
    text = text + b"\n2026-01-01 00:00:00 [x" + b"\n[more" * 40 + b"\n" + text
    expected = dict(events([text], STAMPED, LIMITS))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "_WALK", 1)
        patch.setattr(lines, "_WINDOW_BYTES", 40)
        cutter = Cutter(text, STAMPED, LIMITS)
        for position in range(step, len(text), step):
            start, end = cutter.at(position)
            if end > start:
                assert expected[text.count(b"\n", 0, start) + 1] == plain_event(text[start:end])


@pytest.mark.parametrize("line", [b"\n", b"ab\n", b"a line as long as most are, and longer\n"])
def test_lines_are_counted_whatever_their_length(line: bytes) -> None:
    text = line * 3_000 + b"the last one"
    cutter = Cutter(text, PLAIN, LIMITS)
    for position in (0, 1, len(text) // 3, len(text) // 2, len(text)):
        assert cutter.line_at(position) == text.count(b"\n", 0, position) + 1
