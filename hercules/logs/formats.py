"""The ways in which logs write the time: one RE2 pattern each, and what its groups stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_COLUMNS = range(5)

# Building stones of the patterns. Each is one group, named by a letter in the format's `fields`.
_H24 = rb"([01]?[0-9]|2[0-3])"
_TIME = _H24 + rb":([0-5][0-9]):([0-5][0-9]|60)"
_FRACTION = rb"(?:[.,]([0-9]{1,9}))?"
_ZONE = rb"(Z|[+-][0-9]{2}(?::?[0-9]{2})?| (?:UTC|GMT|Z|[+-][0-9]{4}|[+-][0-9]{2}:[0-9]{2}))?"
_AMPM = rb"(?: ?([AaPp])\.?[Mm]\b)?"
_YEAR = rb"((?:19|20)[0-9]{2})"
_MONTH = rb"(0?[1-9]|1[0-2])"
_DAY = rb"(0?[1-9]|[12][0-9]|3[01])"
_NAME = rb"((?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))[a-z]*"
_WEEKDAY = rb"(?i:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? "
_EPOCH = rb"(1[0-9]{9}(?:[0-9]{3}|[0-9]{6}|[0-9]{9})?)(?:\.([0-9]{1,9}))?"
END = rb"(?:[^0-9]|$)"

# What may stand before a stamp: whole fields (a bracketed one may hold spaces), then at its very place a
# syslog priority, a `file:` or `file:12:` left by grep, and one opening mark.
FIELD = rb"(?:\[[^\[\]\n]*\]|\S+)[ \t]+"
OPEN = rb"(?:<[0-9]{1,3}>)?(?:[^\s:\[\]{}\"]+:(?:[0-9]+:)?)??[\[(<\"']?"


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write a time. `fields` names the groups of `pattern` in order:

    Y year, y year of two digits, m month, b month's name, d day, H M S, f fraction, u fraction in ms,
    z zone, p a or p of am/pm, e epoch, v a text to be read as a value of its own.
    `columns` are the numbers of fields that may stand before it; none: the pattern covers the line's head.
    """

    name: str
    pattern: bytes
    fields: str
    columns: Sequence[int] = _COLUMNS


PLAIN = (
    Format("iso-t", _YEAR + b"-" + _MONTH + b"-" + _DAY + b"T" + _TIME + _FRACTION + _ZONE, "YmdHMSfz"),
    Format("iso", _YEAR + b"-" + _MONTH + b"-" + _DAY + b"[ ,]+" + _TIME + _FRACTION + _ZONE, "YmdHMSfz"),
    Format("slashes", _YEAR + b"/" + _MONTH + b"/" + _DAY + b"[ T]" + _TIME + _FRACTION + _ZONE, "YmdHMSfz"),
    Format("access", _DAY + b"/" + _NAME + b"/" + _YEAR + b":" + _TIME + _FRACTION + _ZONE, "dbYHMSfz"),
    Format("american", _MONTH + b"/" + _DAY + b"/" + _YEAR + b",? " + _TIME + _FRACTION + _AMPM, "mdYHMSfp"),
    Format("european", _DAY + b"/" + _MONTH + b"/" + _YEAR + b",? " + _TIME + _FRACTION + _AMPM, "dmYHMSfp"),
    Format(
        "day-name-year",
        _DAY + b"[ -]" + _NAME + b"[ -]" + _YEAR + b"[ :]" + _TIME + _FRACTION + _ZONE,
        "dbYHMSfz",
    ),
    Format("year-name-day", _YEAR + b" " + _NAME + b" +" + _DAY + b" " + _TIME + _FRACTION, "YbdHMSf"),
    Format(
        "name-day-year",
        _NAME + b" +" + _DAY + b",? " + _YEAR + b",? " + _TIME + _FRACTION + _AMPM,
        "bdYHMSfp",
    ),
    Format(
        "weekday",
        _WEEKDAY + _NAME + b" +" + _DAY + b" " + _TIME + _FRACTION + b"(?: [A-Z]{3,4})? " + _YEAR,
        "bdHMSfY",
    ),
    Format("syslog", _NAME + b" +" + _DAY + b" " + _TIME + _FRACTION, "bdHMSf"),
    Format("klog", b"[IWEF](0[1-9]|1[0-2])([0-3][0-9]) " + _TIME + _FRACTION, "mdHMSf"),
    Format("android", b"(0[1-9]|1[0-2])-([0-3][0-9]) " + _TIME + rb"\.([0-9]{1,9})", "mdHMSf"),
    Format("dotted", rb"\[(0[1-9]|1[0-2])\.([0-3][0-9]) " + _TIME + rb"\]", "mdHMS", (0,)),
    Format(
        "packed",
        b"([0-9]{2})(0[1-9]|1[0-2])([0-3][0-9]) ([01][0-9]|2[0-3])([0-5][0-9])([0-5][0-9])",
        "ymdHMS",
        (0,),
    ),
    Format("short-year", b"([0-9]{2})/(0[1-9]|1[0-2])/([0-3][0-9]) " + _TIME, "ymdHMS"),
    Format(
        "unpadded",
        _YEAR + b"(0[1-9]|1[0-2])([0-3][0-9])-" + _H24 + b":([0-5]?[0-9]):([0-5]?[0-9])(?::([0-9]{1,3}))?",
        "YmdHMSu",
    ),
)
EPOCHS = (Format("epoch", _EPOCH, "ef", (0, 1)),)
_KEYS = rb"(?:@?timestamp|time|ts|t|\$date|date|datetime|asctime|eventTime|creationTimestamp)"
VALUES = (
    Format(
        "json",
        rb"\{.*?\"" + _KEYS + rb"\"\s*:\s*(?:\"([^\"]{8,40})\"|([0-9]{10,19}(?:\.[0-9]+)?))",
        "vv",
        (),
    ),
    Format(
        "logfmt",
        rb"(?:.*?[ \t])?(?:ts|time|timestamp|t|datetime)=(?:\"([^\"]{8,40})\"|([0-9][0-9A-Za-z:.,+-]{9,39}))",
        "vv",
        (),
    ),
    Format("windows", rb".*?/Date\(([0-9]{10,19})", "v", ()),
)
FORMATS = PLAIN + EPOCHS + VALUES
