"""Frames of sets and sequences, by example and against a slow reading of the same rules."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from hercules.rules.nouns import Negate, Node, NodeKind, Place, Term
from hercules.rules.windows import Frame, Hits, Key, frames

PLACE = Place("r.yaml", 1, 1)


def term(text: str, count: int = 1) -> Term:
    return Term("value", text, PLACE, count)


def node(kind: NodeKind, *terms: Term, window: float | None = None, negates: tuple[Negate, ...] = ()) -> Node:
    return Node(kind, terms, PLACE, negates, window)


def keys(*seconds: float) -> list[Key]:
    """Hits at these seconds, each on a line of its own in the order given."""
    return [(round(second * 1_000_000), 0, place) for place, second in enumerate(seconds)]


def times(found: list[Frame]) -> list[list[float]]:
    return [[key[0] / 1_000_000 for key in frame] for frame in found]


def at(*pairs: tuple[float, int]) -> list[Key]:
    return [(round(second * 1_000_000), 0, line) for second, line in pairs]


def test_set_window_includes_its_ends() -> None:
    pair = node("set", term("a"), term("b"), window=5)
    assert times(frames(pair, Hits([at((0, 0)), at((5, 1))], True))) == [[0, 5]]
    assert not frames(pair, Hits([at((0, 0)), at((5.000001, 1))], True))


def test_set_slides_past_what_is_too_early() -> None:
    pair = node("set", term("a"), term("b"), window=5)
    hits = Hits([at((0, 0), (20, 2), (40, 4)), at((18, 1), (41, 5))], True)
    assert times(frames(pair, hits)) == [[18, 20], [40, 41]]


def test_set_of_equal_terms_needs_distinct_events() -> None:
    twice = node("set", term("a"), term("a"), window=5)
    assert not frames(twice, Hits([keys(1), keys(1)], True))
    assert times(frames(twice, Hits([keys(1, 2, 3), keys(1, 2, 3)], True))) == [[1, 2]]


def test_set_takes_one_event_for_two_terms() -> None:
    both = node("set", term("a"), term("ab"), window=5)
    assert len(frames(both, Hits([at((1, 7)), at((1, 7))], True))) == 1


def test_count_takes_so_many_events() -> None:
    five = node("set", term("a", 3), window=10)
    assert times(frames(five, Hits([keys(0, 8, 9, 10, 11, 12)], True))) == [[0, 8, 9], [10, 11, 12]]


def test_sequence_needs_the_order() -> None:
    steps = node("sequence", term("a"), term("b"), window=60)
    assert times(frames(steps, Hits([at((1, 0)), at((2, 1))], True))) == [[1, 2]]
    assert not frames(steps, Hits([at((2, 1)), at((1, 0))], True))


def test_equal_times_are_in_order_when_the_lines_are() -> None:
    steps = node("sequence", term("a"), term("b"), window=60)
    assert len(frames(steps, Hits([at((1, 0)), at((1, 1))], True))) == 1
    assert not frames(steps, Hits([at((1, 1)), at((1, 0))], True))


def test_one_event_is_one_step() -> None:
    steps = node("sequence", term("a"), term("a"), window=60)
    assert not frames(steps, Hits([keys(1), keys(1)], True))
    hits = keys(1, 2, 3, 4)
    assert times(frames(steps, Hits([hits, hits], True))) == [[1, 2], [3, 4]]


def test_plain_negation_of_one_event_means_not_at_the_same_time() -> None:
    single = node("set", term("a"), negates=(Negate(term("no")),))
    hits = Hits([at((1, 0), (5, 3)), at((1, 1))], True)
    assert times(frames(single, hits)) == [[5]]


def test_negation_window_counts_from_its_anchor_on() -> None:
    negate = Negate(term("no"), anchor=1, window_s=10)
    steps = node("sequence", term("a"), term("b"), window=30, negates=(negate,))
    assert not frames(steps, Hits([at((0, 0)), at((5, 1)), at((20, 2))], True))  # 5 + 10 + width 5
    assert frames(steps, Hits([at((0, 0)), at((5, 1)), at((20.1, 2))], True))
    assert frames(steps, Hits([at((0, 0)), at((5, 2)), at((4.9, 1))], True))


def test_absolute_negation_leaves_the_frame_out() -> None:
    negate = Negate(term("no"), anchor=1, window_s=10, absolute=True)
    steps = node("sequence", term("a"), term("b"), window=30, negates=(negate,))
    assert not frames(steps, Hits([at((0, 0)), at((5, 1)), at((15, 2))], True))
    assert frames(steps, Hits([at((0, 0)), at((5, 1)), at((15.1, 2))], True))


def test_slide_moves_the_negation_back() -> None:
    negate = Negate(term("no"), window_s=5, slide_s=-5)
    single = node("set", term("a"), negates=(negate,))
    assert not frames(single, Hits([at((10, 1)), at((6, 0))], True))
    assert frames(single, Hits([at((10, 1)), at((4, 0))], True))


def test_a_blocked_anchor_is_dropped_and_the_rest_tried() -> None:
    negate = Negate(term("no"))
    pair = node("set", term("a"), term("b"), window=5, negates=(negate,))
    hits = Hits([at((0, 0), (10, 3)), at((2, 2), (11, 4)), at((1, 1))], True)
    assert times(frames(pair, hits)) == [[10, 11]]


def test_without_times_lines_decide() -> None:
    steps = node("sequence", term("a"), term("b"), window=1, negates=(Negate(term("no")),))
    assert frames(steps, Hits([at((0, 1)), at((0, 900)), at((0, 901))], False))
    assert not frames(steps, Hits([at((0, 1)), at((0, 900)), at((0, 400))], False))
    anywhere = node("sequence", term("a"), term("b"), window=1, negates=(Negate(term("no"), window_s=1),))
    assert not frames(anywhere, Hits([at((0, 1)), at((0, 900)), at((0, 9999))], False))


def test_what_was_not_looked_for_is_not_known_to_be_absent() -> None:
    single = node("set", term("a"), negates=(Negate(term("no"), window_s=10),))
    hits = Hits([at((0, 0), (100, 1)), []], True, until=at((105, 2))[0])
    assert times(frames(single, hits)) == [[0]]


# --- against a slow reading of the same text --------------------------------------------------------


def slow_frames(made: Node, hits: Hits) -> list[Frame]:
    """The algorithm step by step, with plain lists."""
    positives = list(zip(made.positives, hits.by_term, strict=False))
    queues: list[tuple[int, list[Key]]] = []
    if made.kind == "set":
        texts = dict.fromkeys(one.text for one, _ in positives)
        for text in texts:
            same = [(one, list(have)) for one, have in positives if one.text == text]
            queues.append((sum(one.count for one, _ in same), same[0][1]))
    else:
        queues = [(one.count, list(have)) for one, have in positives]
    negated = hits.by_term[len(made.positives) :]
    found: list[Frame] = []
    while True:
        frame: list[Key] = []
        for count, queue in queues:
            later = [key for key in queue if made.kind == "set" or not frame or key > frame[-1]]
            if len(later) < count:
                return found
            frame += later[:count]
        if made.kind == "set":
            frame.sort()
        width = frame[-1][0] - frame[0][0]
        if hits.timed and made.window_s is not None and width > made.window_s * 1_000_000:
            queue = next(queue for _, queue in queues if frame[0] in queue[:1])
            queue.remove(frame[0])
            continue
        anchor = None
        for negate, have in zip(made.negates, negated, strict=True):
            low, high = min(frame), max(frame)
            if hits.timed:
                window = (negate.window_s or 0) * 1_000_000 + (0 if negate.absolute else width)
                start = frame[negate.anchor][0] + negate.slide_s * 1_000_000
                blocked = any(start <= key[0] <= start + max(0, window) for key in have)
            elif negate.window_s is not None or negate.slide_s or negate.absolute:
                blocked = bool(have)
            else:
                blocked = any(low <= key <= high for key in have)
            if blocked:
                anchor = frame[negate.anchor]
                break
        gone = frame if anchor is None else [anchor]
        if anchor is None:
            found.append(tuple(frame))
        for _, queue in queues:
            queue[:] = [key for key in queue if key not in gone]


_KEYS = st.lists(st.integers(0, 12), max_size=9).map(sorted)


@st.composite
def _cases(draw: st.DrawFn) -> tuple[Node, Hits]:
    kind: NodeKind = draw(st.sampled_from(["set", "sequence"]))
    lines = draw(st.lists(st.integers(0, 8), min_size=1, max_size=14).map(sorted))
    events = [(second * 1_000_000, 0, line) for line, second in enumerate(lines)]
    some = st.sets(st.sampled_from(events)).map(sorted)
    names = draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=3))
    have = {name: draw(some) for name in "abc"}
    terms = tuple(term(name, draw(st.integers(1, 2))) for name in names)
    expanded = sum(one.count for one in terms)
    negates = tuple(
        Negate(
            term("no"),
            anchor=draw(st.integers(0, expanded - 1)),
            window_s=draw(st.sampled_from([None, 0.0, 1.0, 3.0])),
            slide_s=draw(st.sampled_from([0.0, -2.0, 1.0])),
            absolute=draw(st.booleans()),
        )
        for _ in range(draw(st.integers(0, 2)))
    )
    window = draw(st.sampled_from([None, 0.0, 2.0, 5.0]))
    by_term = [have[name] for name in names] + [draw(some) for _ in negates]
    return Node(kind, terms, PLACE, negates, window), Hits(by_term, draw(st.booleans()))


@settings(max_examples=400, deadline=None)
@given(_cases())
def test_frames_are_those_of_the_slow_reading(case: tuple[Node, Hits]) -> None:
    made, hits = case
    assert frames(made, hits) == slow_frames(made, hits)
