"""The ways in which logs write the time: one RE2 pattern each, and what its groups stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_COLUMNS = range(5)

# Building stones of the patterns. Each is one group, named by a letter in the format's `fields`.
H24 = rb"([01]?[0-9]|2[0-3])"
_TIME = H24 + rb":([0-5][0-9]):([0-5][0-9]|60)"
_FRACTION = rb"(?:[.,]([0-9]{1,9}))?"
_ZONE = rb"(Z|[+-][0-9]{2}(?::?[0-9]{2})?| (?:UTC|GMT|Z|[+-][0-9]{4}|[+-][0-9]{2}:[0-9]{2}))?"
_AMPM = rb"(?: ?([AaPp])\.?[Mm]\b)?"
_YEAR = rb"((?:19|20)[0-9]{2})"
_MONTH = rb"(0?[1-9]|1[0-2])"
_DAY = rb"(0?[1-9]|[12][0-9]|3[01])"
_NAME = rb"((?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))[a-z]*"
_SHORT = rb"([0-9]{2})"
_YEARDAY = rb"(00[1-9]|0[1-9][0-9]|[12][0-9]{2}|3[0-5][0-9]|36[0-6])"
_WEEKDAY = rb"(?i:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? "
_EPOCH = rb"(1[0-9]{9}(?:[0-9]{3}|[0-9]{6}|[0-9]{9})?)(?:\.([0-9]{1,9}))?"
END = rb"(?:[^0-9]|$)"

# What may stand before a stamp: whole fields (a bracketed one may hold spaces), then at its very place a
# syslog priority, a `file:` or `file:12:` left by grep, and one opening mark.
FIELD = rb"(?:\[[^\[\]\n]*\]|\S+)[ \t]+"
OPEN = rb"(?:<[0-9]{1,3}>)?(?:[^\s:\[\]{}\"]+:(?:[0-9]+:)?)??[\[(<\"']?"
# A word may stand right before the bracket: `orbit[2026-11-22 10:00:10]`.
WORD = rb"[A-Za-z][A-Za-z0-9_.-]{0,30}[\[(]"
_BRACKET = rb"[\[(]?"


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write a time. `fields` names the groups of `pattern` in order:

    Y year, y year of two digits, m month, b month's name, d day, j day of the year, H M S, f fraction,
    u fraction in ms, z zone, p a or p of am/pm, e epoch, v a text to be read as a value of its own.
    `columns` are the numbers of fields that may stand before it; none: the pattern covers the line's head.
    `open` may stand right before it and `end` must follow it; `example` is one as people know it.
    """

    name: str
    pattern: bytes
    fields: str
    columns: Sequence[int] = _COLUMNS
    example: str = ""
    open: bytes = OPEN
    end: bytes = END

    @property
    def dated(self) -> bool:
        """False when it tells the time of day alone."""
        return any(name in self.fields for name in "djev")


PLAIN = (
    Format(
        "iso-t",
        _YEAR + b"-" + _MONTH + b"-" + _DAY + b"T" + _TIME + _FRACTION + _ZONE,
        "YmdHMSfz",
        example="2026-01-02T03:04:05.123Z",
    ),
    Format(
        "iso",
        _YEAR + b"-" + _MONTH + b"-" + _DAY + b"[ ,]+" + _TIME + _FRACTION + _ZONE,
        "YmdHMSfz",
        example="2026-01-02 03:04:05,123",
    ),
    Format(
        "slashes",
        _YEAR + b"/" + _MONTH + b"/" + _DAY + b"[ T]" + _TIME + _FRACTION + _ZONE,
        "YmdHMSfz",
        example="2026/01/02 03:04:05",
    ),
    Format(
        "access",
        _DAY + b"/" + _NAME + b"/" + _YEAR + b":" + _TIME + _FRACTION + _ZONE,
        "dbYHMSfz",
        example="02/Jan/2026:03:04:05 +0000",
    ),
    Format(
        "american",
        _MONTH + b"/" + _DAY + b"/" + _YEAR + b",? " + _TIME + _FRACTION + _AMPM,
        "mdYHMSfp",
        example="01/02/2026 03:04:05 AM",
    ),
    Format(
        "european",
        _DAY + b"/" + _MONTH + b"/" + _YEAR + b",? " + _TIME + _FRACTION + _AMPM,
        "dmYHMSfp",
        example="22/01/2026 03:04:05",
    ),
    Format(
        "day-name-year",
        _DAY + b"[ -]" + _NAME + b"[ -]" + _YEAR + b"[ :]" + _TIME + _FRACTION + _ZONE,
        "dbYHMSfz",
        example="02-Jan-2026 03:04:05.123",
    ),
    Format(
        "year-name-day",
        _YEAR + b" " + _NAME + b" +" + _DAY + b" " + _TIME + _FRACTION,
        "YbdHMSf",
        example="2026 Jan 02 03:04:05",
    ),
    Format(
        "name-day-year",
        _NAME + b" +" + _DAY + b",? " + _YEAR + b",? " + _TIME + _FRACTION + _AMPM,
        "bdYHMSfp",
        example="Jan 02, 2026 3:04:05 AM",
    ),
    Format(
        "weekday",
        _WEEKDAY + _NAME + b" +" + _DAY + b" " + _TIME + _FRACTION + b"(?: [A-Z]{3,4})? " + _YEAR,
        "bdHMSfY",
        example="Fri Jan 02 03:04:05 2026",
    ),
    Format("syslog", _NAME + b" +" + _DAY + b" " + _TIME + _FRACTION, "bdHMSf", example="Jan  2 03:04:05"),
    Format(
        "klog",
        b"[IWEF](0[1-9]|1[0-2])([0-3][0-9]) " + _TIME + _FRACTION,
        "mdHMSf",
        example="E0102 03:04:05.123456",
    ),
    Format(
        "android",
        b"(0[1-9]|1[0-2])-([0-3][0-9]) " + _TIME + rb"\.([0-9]{1,9})",
        "mdHMSf",
        example="01-02 03:04:05.123",
    ),
    Format(
        "dotted",
        rb"\[(0[1-9]|1[0-2])\.([0-3][0-9]) " + _TIME + rb"\]",
        "mdHMS",
        (0,),
        example="[01.02 03:04:05]",
    ),
    Format(
        "packed",
        b"([0-9]{2})(0[1-9]|1[0-2])([0-3][0-9]) ([01][0-9]|2[0-3])([0-5][0-9])([0-5][0-9])",
        "ymdHMS",
        (0,),
        example="260102 030405",
    ),
    Format(
        "short-year",
        b"([0-9]{2})/(0[1-9]|1[0-2])/([0-3][0-9]) " + _TIME,
        "ymdHMS",
        example="26/01/02 03:04:05",
    ),
    Format(
        "unpadded",
        _YEAR + b"(0[1-9]|1[0-2])([0-3][0-9])-" + H24 + b":([0-5]?[0-9]):([0-5]?[0-9])(?::([0-9]{1,3}))?",
        "YmdHMSu",
        example="20260102-03:04:05:123",
    ),
    Format(
        "day-dots",
        _DAY + rb"\." + _MONTH + rb"\." + _YEAR + b"[ ,]+" + _TIME + _FRACTION + _ZONE,
        "dmYHMSfz",
        example="02.01.2026 03:04:05",
    ),
    Format(
        "day-name-short",
        _DAY + b"[ -]" + _NAME + b"[ -]" + _SHORT + b"[ :]" + _TIME + _FRACTION + _AMPM,
        "dbyHMSfp",
        example="02-JAN-26 03:04:05",
    ),
    Format(
        "clock-day-name",
        _TIME + _FRACTION + b"[ ,]+" + _DAY + b"[ -]" + _NAME + b"[ -](?:" + _YEAR + b"|" + _SHORT + b")",
        "HMSfdbYy",
        example="03:04:05.123 02-Jan-2026",
    ),
    Format(
        "compact",
        _YEAR + b"(0[1-9]|1[0-2])([0-3][0-9])[ T]" + _TIME + _FRACTION + _ZONE,
        "YmdHMSfz",
        example="20260102 03:04:05",
    ),
    Format(
        "compact-t",
        _YEAR + b"(0[1-9]|1[0-2])([0-3][0-9])T([01][0-9]|2[0-3])([0-5][0-9])([0-5][0-9])" + _FRACTION + _ZONE,
        "YmdHMSfz",
        example="20260102T030405Z",
    ),
    Format(
        "year-day",
        _YEAR + b"[/.:-]" + _YEARDAY + b"[ T/:-]" + _TIME + _FRACTION + _ZONE,
        "YjHMSfz",
        example="2026/002 03:04:05",
    ),
)
CLOCKS = (
    Format(
        "clock",
        _TIME + _FRACTION,
        "HMSf",
        (0,),
        example="03:04:05.123",
        open=_BRACKET,
        end=rb"(?:[\]) \t,|]|$)",
    ),
)
EPOCHS = (Format("epoch", _EPOCH, "ef", (0, 1), example="1767323045"),)
_KEYS = rb"(?:@?timestamp|time|ts|t|\$date|date|datetime|asctime|eventTime|creationTimestamp)"
VALUES = (
    Format(
        "json",
        rb"\{.*?\"" + _KEYS + rb"\"\s*:\s*(?:\"([^\"]{8,40})\"|([0-9]{10,19}(?:\.[0-9]+)?))",
        "vv",
        (),
        example='{"time":"2026-01-02T03:04:05Z"}',
    ),
    Format(
        "logfmt",
        rb"(?:.*?[ \t])?(?:ts|time|timestamp|t|datetime)=(?:\"([^\"]{8,40})\"|([0-9][0-9A-Za-z:.,+-]{9,39}))",
        "vv",
        (),
        example="ts=2026-01-02T03:04:05Z",
    ),
    Format("windows", rb".*?/Date\(([0-9]{10,19})", "v", (), example="/Date(1767323045000)/"),
)
FORMATS = PLAIN + CLOCKS + EPOCHS + VALUES
