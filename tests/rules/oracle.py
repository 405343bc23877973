"""Made-up rule sets and logs, and a slow reading of both: every event is asked for every term, one at a time.

It shares with the engine only how a line's stamp looks (`shape.pattern`); folding, search and captures are
done over again, as the rules say it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

import re2

from hercules.logs.stamps import Stamped
from hercules.model import Limits, Shape
from hercules.rules.database import Engine, compile_rules
from hercules.rules.nouns import Rule, Term
from hercules.text import clean
from tests.rules.kit import load, log, run

ALL = replace(Limits(), evidence_max=10_000, hits_max=100_000)
Hit = tuple[str, int, str, tuple[tuple[str, str], ...]]
"""File, line, rule, captures."""

_WORDS = (
    "disk full slow oom é failed error Error timeout quorum lost a ab b1 17 404 x=9 Caused by: INFO "
    "connection refused peer café Zürich [core] k/v \x00 aaa retry"
).split(" ")
_GAPS = (
    ".*", ".+", r"\s+", r"\S+ ", "[^x]*", r"\d+", ".{0,9}", " ", " ", r"\W", "(?:.|\\n)*?", r"\b",
    "[0-9a-f]+",
)  # fmt: skip
_STARTS = (
    "2026-10-05 10:00:{n:02},{m:03} ", "2026-10-05 10:00:{n:02},{m:03} ", "\tat ", "  ", "", "",
    "2026-10-05 10:61:00,000 ", "Caused by: ",
)  # fmt: skip
_JSON = '{{"time":"2026-10-05T10:00:{n:02}Z","msg":"{text}"}}'


@dataclass(frozen=True, slots=True)
class Case:
    """Rules as they are written, a file, and the size of the chunks it comes in (0: whole)."""

    rules: tuple[str, ...]
    text: bytes
    chunk: int


def case(seed: int) -> Case:
    """The case with this number."""
    dice = random.Random(seed)
    patterns = [_term(dice) for _ in range(dice.randrange(1, 9))]
    rules = (f"id: rule-{n:02}\ntitle: T\nset: {{match: [{one}]}}\n" for n, one in enumerate(patterns))
    return Case(tuple(rules), _text(dice), dice.choice((0, 0, 1, 7, 64, 300)))


def _term(dice: random.Random) -> str:
    if dice.random() < 0.3:
        words = " ".join(dice.choices(_WORDS, k=dice.choice((1, 1, 2))))
        return "{value: '" + words.replace("\x00", "oom") + "'}"
    return "{regex: '" + _pattern(dice, 3).replace("'", "''") + "'}"


def _pattern(dice: random.Random, depth: int) -> str:
    kind = dice.randrange(12)
    if depth == 0 or kind < 3:
        return _atom(dice)
    left, right = _pattern(dice, depth - 1), _pattern(dice, depth - 1)
    forms = (
        f"{left}{dice.choice(_GAPS)}{right}",
        f"{left}{dice.choice(_GAPS)}{right}",
        f"{left}{right}",
        f"(?:{left}|{right})",
        f"{left}(?:{right})?",
        f"(?:{left}){dice.choice(('+', '{2}', '{1,3}'))}",
        f"(?i:{left}){right}",
        f"{left} (?P<{dice.choice('nmk')}{depth}>{right})",
        f"{dice.choice(('^', '(?m:^)'))}{dice.choice(('', '.*'))}{left}",
    )
    return forms[kind - 3] + ("$" if dice.random() < 0.08 else "")


def _atom(dice: random.Random) -> str:
    word = dice.choice([one for one in _WORDS if one != "\x00"])
    form = dice.randrange(8)
    if form == 0 and word[0].isascii() and word[0].isalpha():
        return f"[{word[0]}{word[0].upper()}]{re2.escape(word[1:])}"
    return dice.choice((r"\d+", r"\w+=", "[a-c]+ ")) if form == 1 else re2.escape(word)


def _text(dice: random.Random) -> bytes:
    end = dice.choice(("\n", "\n", "\r\n"))
    lines = [_line(dice, number) for number in range(dice.randrange(40))]
    if dice.random() < 0.2:
        lines = [_JSON.format(n=n % 60, text=" ".join(dice.choices(_WORDS, k=4))) for n in range(len(lines))]
    text = end.join(lines) + (end if dice.random() < 0.7 else "")
    return text.encode("latin-1" if dice.random() < 0.2 else "utf-8")


def _line(dice: random.Random, number: int) -> str:
    start = dice.choice(_STARTS).format(n=number % 60, m=dice.randrange(1000))
    words = dice.choices(_WORDS, k=dice.randrange(7))
    return start + dice.choice((" ", " ", "  ")).join(words)


# --- the slow reading -------------------------------------------------------------------------------


def expected(one: Case) -> set[Hit]:
    """What the rules that load find, read slowly."""
    rules, _ = load(*one.rules)
    shape = log(one.text).shape
    return {
        ("app.log", line, rule.id, captures)
        for line, event in _events(one.text, shape)
        for rule in rules
        if (captures := _captures(rule, event)) is not None
    }


def found(one: Case, engine: Engine) -> set[Hit]:
    """What the engine finds."""
    rules, refusals = load(*one.rules)
    scanned = run(compile_rules(rules, refusals, engine), log(one.text, chunk=one.chunk), limits=ALL)
    return {
        (proof.file, proof.line, match.rule_id, tuple(sorted(proof.captures.items())))
        for match in scanned.matches
        for proof in match.evidence
    }


def _events(data: bytes, shape: Shape) -> Iterator[tuple[int, bytes]]:
    """Folding: a line with the stamp starts an event; lines before the first stamp are their own events."""
    lines = data.split(b"\n")
    groups: list[tuple[int, list[bytes]]] = []
    seen = not shape.stamped
    for number, line in enumerate(lines[:-1] if not lines[-1] else lines, 1):
        starts = _starts(line, shape)
        if starts or not groups or not seen:
            groups.append((number, [line]))
        else:
            groups[-1][1].append(line)
        seen = seen or starts
    for number, parts in groups:
        event = b"\n".join(parts).rstrip(b"\r\n").replace(b"\r\n", b"\n")
        if event:
            yield number, event


def _starts(line: bytes, shape: Shape) -> bool:
    if not isinstance(shape, Stamped):
        return shape.starts(line)
    if shape.name == "json":
        return line.startswith(b"{")
    return re2.compile(shape.pattern, _options(dot=False)).match(line) is not None


def _options(*, dot: bool) -> re2.Options:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    options.dot_nl = dot
    return options


def _captures(rule: Rule, event: bytes) -> tuple[tuple[str, str], ...] | None:
    """The named groups of the only term, None when it is not in the event."""
    assert rule.node is not None
    term: Term = rule.node.positives[0]
    if term.kind == "value":
        return () if term.text.encode() in event else None
    compiled = re2.compile(term.text.encode(), _options(dot=True))
    match = compiled.search(event)
    if match is None:
        return None
    values = ((key.decode(), match.group(number)) for key, number in compiled.groupindex.items())
    texts = ((name, raw.decode("utf-8", "replace")) for name, raw in values if raw is not None)
    return tuple(sorted((name, _shown(text)) for name, text in texts if text.strip()))


def _shown(text: str) -> str:
    """A captured text as it is shown: 80 characters, without control characters."""
    return clean(text[:80])
