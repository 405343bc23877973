"""Made-up logs and rules for measuring the scan: seeded, so that every run sees the same bytes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

BLOCK_LINES = 20_000
LINES_A_SECOND = 20
Form = Callable[[str, str, str], str]

_SYLLABLES = (
    "ar be cor dan el fer gal hol in jor kel lum mar nor ol per qua ros sen tur ul ver wex yan zor".split()
)
_VERBS = "started stopped created updated deleted synced loaded queued sent received retried skipped".split()
_THINGS = (
    "connection request session index backup worker cache queue user file node cluster shard replica volume "
    "certificate token schema table plugin webhook mail pipeline job lock transaction partition listener"
).split()
_TROUBLES = "refused lost timed_out exhausted corrupted rejected unreachable expired missing denied".split()
_HOSTS = [f"app-{n}.internal" for n in range(40)]
_LEVELS = ["INFO"] * 80 + ["DEBUG"] * 13 + ["WARN"] * 6 + ["ERROR"]
_TRACE = "\tat com.acme.{a}.{b}Service.handle({b}Service.java:{n})"


@dataclass(frozen=True, slots=True)
class Signature:
    """One made-up error: the pattern a rule has for it (`literal`: a plain text), and a fitting message."""

    name: str
    pattern: str
    literal: bool
    message: str


def signatures(count: int, seed: int = 7) -> list[Signature]:
    """Errors of invented products; a third are plain texts, the rest patterns with gaps and branches."""
    dice = random.Random(seed)
    made: dict[str, Signature] = {}
    while len(made) < count:
        one = _signature(len(made), dice)
        made.setdefault(one.pattern, one)
    return list(made.values())


def _names() -> list[str]:
    dice, made = random.Random(3), dict[str, None]()
    while len(made) < 1_500:
        made["".join(dice.choices(_SYLLABLES, k=3)).capitalize()] = None
    return list(made)


# Components of the invented products. Rules name them, and healthy lines are full of the first of them.
_NAMES = _names()
_BUSY = _NAMES[:300]


def _signature(number: int, dice: random.Random) -> Signature:
    """Of ten, four are plain texts; the patterns have the shapes of public ones, in about their shares.

    Of those few begin with what fits anything, and few do without regard to case: one in forty each.
    """
    thing, other = dice.choice(_THINGS), dice.choice(_THINGS)
    trouble, who, also = dice.choice(_TROUBLES), dice.choice(_NAMES), dice.choice(_NAMES)
    code = f"{who[:3].upper()}-{dice.randrange(1000, 9999)}"
    shapes = (
        ("", f"{who}Exception: {thing} {trouble}", f"com.acme.{who}Exception: {thing} {trouble}"),
        ("", f"{thing} of {who.lower()} {trouble} by", f"the {thing} of {who.lower()} {trouble} by peer"),
        ("", f"{code}: {other} {trouble}", f"{code}: {other} {trouble} (17)"),
        ("", f"{who} {thing} cannot be {trouble}", f"{who} {thing} cannot be {trouble} now"),
        (f"{thing}.*{trouble}: {other} of {who}", "", f"{thing} 3 was {trouble}: {other} of {who}"),
        (rf"{who}Error: [\w.$]+ {trouble}", "", f"got {who}Error: com.acme.{also} {trouble} at last"),
        (
            f"{thing}.*{who} {trouble}|{other} {also}.*{thing}|{code} failed",
            "",
            f"{thing} 17 of {who} {trouble}",
        ),
        (rf"\[error\].+{other} {who} {trouble}", "", f"[error] 7#7: *12 {other} {who} {trouble} again"),
        (_rare(number // 10)(thing, who), "", f"{thing} {trouble} in {who}, retry 4"),
        (
            rf"Failed to \S+ {thing} [\w.-]+ of {who}.*{code}",
            "",
            f"Failed to open {thing} a.b of {who}: {code}",
        ),
    )
    pattern, text, message = shapes[number % len(shapes)]
    return Signature(f"s{number}", text or pattern, bool(text), message)


def _rare(number: int) -> Callable[[str, str], str]:
    """The shapes that few patterns have, in turn."""
    return (
        lambda thing, who: f"(?i){thing.upper()} .*{who}.*RETRY [0-9]+",
        lambda thing, who: f"{thing} .*in {who}.*retry [0-9]+",
        lambda thing, who: f".*{thing} .*{who}.*retry [0-9]+.*",
        lambda thing, who: rf"[a-z]+ \S+ in {who}, retry\s+[0-9]+",
    )[number % 4]


def rule_texts(found: Sequence[Signature], *, counted: bool = True) -> Iterator[str]:
    """A rule file for each signature; if `counted` every tenth one looks for its error twice in a minute."""
    for number, one in enumerate(found):
        key = "value" if one.literal else "regex"
        term = f"{{{key}: '{one.pattern}'}}"
        node = f"set: {{match: [{term}]}}"
        if counted and number % 10 == 9:
            node = f"set: {{window: 1m, match: [{term[:-1]}, count: 2}}]}}"
        yield f"id: bench-{one.name}\ntitle: Made up\n{node}\n"


# --- logs -------------------------------------------------------------------------------------------


def _message(dice: random.Random, names: Sequence[str]) -> str:
    thing, host, number = dice.choice(_THINGS), dice.choice(_HOSTS), dice.randrange(100_000)
    name = dice.choice(names)
    return dice.choice(
        (
            f"{thing} {number} {dice.choice(_VERBS)} by {name.lower()} in {number % 977} ms",
            f"{name}Service {dice.choice(_VERBS)} {thing} for host={host} id={number:08x}",
            f"opening {thing} to {host}:{5000 + number % 1000} as {name.lower()}",
            f"{name}: {number} items in {thing}, {number % 100}% full, next run in {number % 60} s",
            f"GET /api/{thing}/{number}?page={number % 50} 200 {number} {number % 300}ms {name.lower()}",
            f"{thing} {name.lower()} {dice.choice(_TROUBLES)}, will try again",
        )
    )


def _app(at: str, level: str, text: str) -> str:
    return f"{at},{hash_of(text) % 1000:03d} {level:5} [exec-{len(text) % 20}] [c.acme.Main] {text}"


def _klog(at: str, level: str, text: str) -> str:
    sign = level[0] if level != "DEBUG" else "I"
    return (
        f"{sign}{at[5:7]}{at[8:10]} {at[11:]}.{hash_of(text) % 10**6:06d}       1 main.go:{len(text)}] {text}"
    )


def _json(at: str, level: str, text: str) -> str:
    clean = text.replace("\\", "").replace('"', "'")
    return f'{{"time":"{at[:10]}T{at[11:]}Z","level":"{level.lower()}","logger":"acme","msg":"{clean}"}}'


def _syslog(at: str, level: str, text: str) -> str:
    return (
        f"Oct {int(at[8:10]):2d} {at[11:]} host{len(text) % 9} acme[{hash_of(text) % 9999}]: {level} {text}"
    )


def hash_of(text: str) -> int:
    """A number that is the same in every run."""
    return sum(text.encode()) * 2_654_435_761 % 4_294_967_296


_FORMS = {"app.log": _app, "kube.log": _klog, "events.json": _json, "messages": _syslog}


def write_logs(
    folder: Path, size_bytes: int, planted: Sequence[Signature], share: float, seed: int = 1
) -> tuple[list[Path], int, int]:
    """Four files of four formats, together about so large: (paths, lines, planted pairs).

    `share` of the lines are errors of `planted`, always two of the same after one another.
    """
    dice = random.Random(seed)
    names = _BUSY
    paths: list[Path] = []
    lines = pairs = 0
    for name, form in _FORMS.items():
        path = folder / name
        with path.open("wb") as file:
            number = 0
            while file.tell() < size_bytes / len(_FORMS):
                block, hits = _block(form, dice, names, planted, share, number)
                file.write(block)
                lines, pairs, number = lines + block.count(b"\n"), pairs + hits, number + 1
        paths.append(path)
    return paths, lines, pairs


def _block(
    form: Form,
    dice: random.Random,
    names: Sequence[str],
    planted: Sequence[Signature],
    share: float,
    number: int,
) -> tuple[bytes, int]:
    """Some thousand lines from the block's own minute on, and how many errors are among them."""
    begin = datetime(2026, 10, 1, tzinfo=UTC) + timedelta(seconds=number * BLOCK_LINES // LINES_A_SECOND)
    stamps = [
        f"{begin + timedelta(seconds=n):%Y-%m-%d %H:%M:%S}" for n in range(BLOCK_LINES // LINES_A_SECOND + 1)
    ]
    lines = []
    for place in range(BLOCK_LINES):
        level, text = dice.choice(_LEVELS), _message(dice, names)
        lines.append(form(stamps[place // LINES_A_SECOND], level, text))
        if level == "ERROR" and form is _app:
            lines[-1] += "\n" + "\n".join(_trace(dice, names))
    pairs = round(BLOCK_LINES * share / 2) if planted else 0
    for place in dice.sample(range(0, BLOCK_LINES, 2), pairs):
        one = dice.choice(planted)
        for line in (place, place + 1):
            lines[line] = form(stamps[line // LINES_A_SECOND], "WARN", one.message)
    return ("\n".join(lines) + "\n").encode(), pairs


def _trace(dice: random.Random, names: Sequence[str]) -> Iterator[str]:
    yield f"java.lang.IllegalStateException: {dice.choice(_THINGS)} {dice.randrange(9999)}"
    for _ in range(12):
        yield _TRACE.format(a=dice.choice(names).lower(), b=dice.choice(names), n=dice.randrange(900))
