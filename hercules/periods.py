"""Periods by their labels: a month `2026-10`, a year `2026` or a day `2026-10-31`, in a given time zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hercules.model import Period, SettingsError

YEAR_MIN = 1970


def period_of(label: str, zone: ZoneInfo) -> Period:
    """The half-open period of a label, its ends computed in the zone and told in UTC.

    Its own label is always written alike: `2026-1` is `2026-01`. Raises SettingsError for a text that is no
    period, and for years before 1970.
    """
    parts = label.split("-")
    if len(parts) > 3 or not all(part.isascii() and part.isdigit() for part in parts) or len(parts[0]) != 4:
        raise SettingsError(f"{label!r} is not a period; write a month such as 2026-10, a year or a day")
    try:
        numbers = [int(part) for part in parts]
        start = datetime(*_whole(numbers), tzinfo=zone)
        end = _after(start, len(parts))
    except (ValueError, OverflowError):
        raise SettingsError(f"{label!r} is not a period; there is no such date") from None
    plain = "-".join((f"{numbers[0]:04}", *(f"{each:02}" for each in numbers[1:])))
    return Period(plain, start.astimezone(UTC), end.astimezone(UTC))


def _whole(numbers: Sequence[int]) -> tuple[int, int, int]:
    year, month, day = [*numbers, 1, 1][:3]
    if year < YEAR_MIN:  # there are no tickets, and at the first years the calendar of computers ends
        raise ValueError
    return year, month, day


def a_year_before(period: Period, zone: ZoneInfo) -> Period | None:
    """The same year, month or day a year earlier, February 29th as the 28th; None where there is none."""
    year, rest = period.label[:4], period.label[4:].replace("-02-29", "-02-28")
    try:
        return period_of(f"{int(year) - 1:04}{rest}", zone)
    except (ValueError, SettingsError):
        return None


def _after(start: datetime, parts: int) -> datetime:
    """The first moment after the year, month or day; a day of 25 hours is one day."""
    if parts == 1:
        return start.replace(year=start.year + 1)
    if parts == 2:
        return start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    return start + timedelta(days=1)


def last_month_label(now: datetime) -> str:
    """The label of the newest month that is over, in the time zone of `now`."""
    return (now.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
