"""Ordinary logs of healthy software, made up by a seed: a rule that fires on them is too general."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hercules.rules import neutral_apps as apps
from hercules.rules import neutral_lines as servers

LINES_EACH = 2_000
SEED = 20_260_101
# A Monday morning; every file runs on from here, a moment a line.
_BEGIN = datetime(2026, 3, 2, 8, 0, 0, tzinfo=UTC)
_MULTIPLIER, _INCREMENT, _MODULUS = 6_364_136_223_846_793_005, 1_442_695_040_888_963_407, 1 << 64
_NEWLINE = "¶"
_WORDS = (
    "billing orders search mailer invoice catalog cart payment shipping profile archive report import export "
    "audit session gateway inventory ledger media notify pricing quota registry review storage sync tenant "
    "ticket upload webhook worker core calendar contact device feed graph journal keystore label metric"
).split()
_USERS = "anna bob carla deploy erik fatima gus hana ivan jenkins kim lena root admin postgres backup".split()
_KINDS = "ConfigMap Secret Pod Node Service Endpoints ReplicaSet Deployment Job Namespace Event".split()
_THREADS = (
    "main",
    "http-nio-8080-exec-{s}",
    "pool-{s}-thread-{s}",
    "scheduler-{s}",
    "Timer-{s}",
    "worker-{s}",
)
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_DAYS = "Mon Tue Wed Thu Fri Sat Sun".split()
_NETWORKS = ("10.0", "10.12", "172.16", "192.168", "192.0.2", "198.51.100", "203.0.113")


class Dice:
    """A seeded linear congruential generator (Knuth's MMIX constants): the same numbers on every machine."""

    def __init__(self, seed: int) -> None:
        self._state = seed

    def below(self, end: int) -> int:
        """A whole number from 0 up to, not including, `end`."""
        self._state = (self._state * _MULTIPLIER + _INCREMENT) % _MODULUS
        return (self._state >> 33) * end >> 31

    def pick(self, items: Sequence[str]) -> str:
        """One of the items."""
        return items[self.below(len(items))]

    def hex(self, digits: int) -> str:
        """So many hexadecimal digits."""
        return "".join("0123456789abcdef"[self.below(16)] for _ in range(digits))


@dataclass(frozen=True, slots=True)
class Style:
    """One kind of log: the file's name, what stands before each message, and the forms of messages."""

    name: str
    head: str
    forms: str


STYLES = (
    Style("log4j.log", "{comma} ", servers.LOG4J),
    Style("hdfs.log", "{hdfs} {pid} ", servers.HDFS),
    Style("klog.log", "", servers.KLOG),
    Style("syslog.log", "{bsd} ", servers.SYSLOG),
    Style("nginx-access.log", "", servers.NGINX_ACCESS),
    Style("nginx-error.log", "{slashes} ", servers.NGINX_ERROR),
    Style("apache-error.log", "[{ctime}] ", servers.APACHE_ERROR),
    Style("postgresql.log", "{dot} UTC ", servers.POSTGRESQL),
    Style("service.jsonl", '{"ts":"{iso}",', apps.JSON_LINES),
    Style("logfmt.log", "ts={iso} ", apps.LOGFMT),
    Style("catalina.log", "{tomcat} ", apps.TOMCAT),
    Style("redis.log", "", apps.REDIS),
    Style("rabbitmq.log", "{micro}+00:00 ", apps.RABBITMQ),
    Style("elasticsearch.log", "[{iso_comma}]", apps.ELASTICSEARCH),
    Style("windows.log", "{plain}, ", apps.WINDOWS),
    Style("python.log", "{comma} ", apps.PYTHON),
)


def neutral_files(seed: int = SEED, lines_each: int = LINES_EACH) -> Iterator[tuple[str, bytes]]:
    """The files of the neutral corpus by name: 16 styles of at least `lines_each` lines, equal for a seed."""
    for number, style in enumerate(STYLES):
        yield style.name, _file(style, Dice(seed + number * 7_919), lines_each)


def _file(style: Style, dice: Dice, lines_each: int) -> bytes:
    forms = [_pieces(style.head + form) for form in style.forms.splitlines()]
    at, lines, written = _BEGIN, 0, []
    while lines < lines_each:
        at += timedelta(milliseconds=dice.below(4_000), microseconds=dice.below(1_000))
        # The square of a uniform number: the first forms are common, the last ones come still.
        place = dice.below(1_000) * dice.below(1_000) * len(forms) // 1_000_000
        text = _filled(forms[place], dice, at).replace(_NEWLINE, "\n")
        written.append(text)
        lines += 1 + text.count("\n")
    return ("\n".join(written) + "\n").encode()


# --- slots ------------------------------------------------------------------------------------------


def _host(dice: Dice) -> str:
    return f"{dice.pick(('app', 'db', 'web', 'node', 'cache', 'mq'))}-{dice.below(20):02d}"


def _ip(dice: Dice) -> str:
    network = dice.pick(_NETWORKS)
    rest = ".".join(str(1 + dice.below(250)) for _ in range(3 - network.count(".")))
    return f"{network}.{rest}"


def _uuid(dice: Dice) -> str:
    return "-".join(dice.hex(size) for size in (8, 4, 4, 4, 12))


def _path(dice: Dice) -> str:
    return f"/{dice.pick(_WORDS)}/{dice.pick(_WORDS)}" + (f"/{dice.below(90_000)}" if dice.below(2) else "")


def _class(dice: Dice) -> str:
    word = dice.pick(_WORDS)
    kind = dice.pick(("Service", "Controller", "Repository", "Job", "Client", "Filter"))
    return f"com.example.{word}.{word.title()}{kind}"


def _thread(dice: Dice) -> str:
    return dice.pick(_THREADS).replace("{s}", str(1 + dice.below(20)))


_VALUES: Mapping[str, Callable[[Dice], str]] = {
    "n": lambda dice: str(dice.below(10 ** (2 + dice.below(5)))),
    "s": lambda dice: str(1 + dice.below(59)),
    "ms": lambda dice: str(1 + dice.below(899)),
    "mb": lambda dice: str(16 + dice.below(2_000)),
    "id8": lambda dice: dice.hex(8),
    "uuid": _uuid,
    "ip": _ip,
    "port": lambda dice: str(30_000 + dice.below(30_000)),
    "pid": lambda dice: str(100 + dice.below(9_000)),
    "user": lambda dice: dice.pick(_USERS),
    "host": _host,
    "path": _path,
    "cls": _class,
    "thread": _thread,
    "word": lambda dice: dice.pick(_WORDS),
    "ver": lambda dice: f"{dice.below(12)}.{dice.below(20)}.{dice.below(30)}",
    "table": lambda dice: dice.pick(_WORDS) + "s",
    "db": lambda dice: dice.pick(("shop", "wiki", "tickets", "warehouse")),
    "ns": lambda dice: dice.pick(("default", "kube-system", "shop", "monitoring")),
    "pod": lambda dice: f"{dice.pick(_WORDS)}-{dice.hex(9)}-{dice.hex(5)}",
    "kind": lambda dice: dice.pick(_KINDS),
}


def _milli(at: datetime) -> str:
    return f"{at.microsecond // 1_000:03d}"


_STAMPS: Mapping[str, Callable[[datetime], str]] = {
    "plain": lambda at: f"{at:%Y-%m-%d %H:%M:%S}",
    "comma": lambda at: f"{at:%Y-%m-%d %H:%M:%S},{_milli(at)}",
    "dot": lambda at: f"{at:%Y-%m-%d %H:%M:%S}.{_milli(at)}",
    "micro": lambda at: f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond:06d}",
    "iso": lambda at: f"{at:%Y-%m-%dT%H:%M:%S}.{_milli(at)}Z",
    "iso_comma": lambda at: f"{at:%Y-%m-%dT%H:%M:%S},{_milli(at)}",
    "slashes": lambda at: f"{at:%Y/%m/%d %H:%M:%S}",
    "hdfs": lambda at: f"{at:%y%m%d %H%M%S}",
    "klog": lambda at: f"{at:%m%d %H:%M:%S}.{at.microsecond:06d}",
    # Month and day names are written out here, since those of strftime change with the locale.
    "bsd": lambda at: f"{_MONTHS[at.month - 1]} {at.day:2d} {at:%H:%M:%S}",
    "clf": lambda at: f"{at.day:02d}/{_MONTHS[at.month - 1]}/{at:%Y:%H:%M:%S} +0000",
    "ctime": lambda at: (
        f"{_DAYS[at.weekday()]} {_MONTHS[at.month - 1]} {at:%d %H:%M:%S}.{at.microsecond:06d} {at.year}"
    ),
    "tomcat": lambda at: f"{at.day:02d}-{_MONTHS[at.month - 1]}-{at:%Y %H:%M:%S}.{_milli(at)}",
    "rdb": lambda at: f"{at.day:02d} {_MONTHS[at.month - 1]} {at:%Y %H:%M:%S}.{_milli(at)}",
}


def _pieces(form: str) -> list[tuple[str, bool]]:
    """A form cut into texts and slots: (text, False) or (slot, True); other braces are text."""
    found, rest = [], form
    while rest:
        before, brace, after = rest.partition("{")
        name, closed, behind = after.partition("}")
        if brace and closed and (name in _VALUES or name in _STAMPS):
            found += [(before, False), (name, True)]
            rest = behind
        else:
            found.append((before + brace, False))
            rest = after
    return found


def _filled(pieces: Sequence[tuple[str, bool]], dice: Dice, at: datetime) -> str:
    return "".join(
        text if not is_slot else _STAMPS[text](at) if text in _STAMPS else _VALUES[text](dice)
        for text, is_slot in pieces
    )
