"""Periods by their labels: a month `2026-10`, a year `2026` or a day `2026-10-31`, in a given time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hercules.model import Period, SettingsError


def period_of(label: str, zone: ZoneInfo) -> Period:
    """The half-open period of a label, its ends computed in the zone and told in UTC.

    Raises SettingsError for a text that is no period.
    """
    parts = label.split("-")
    if len(parts) > 3 or not all(part.isascii() and part.isdigit() for part in parts) or len(parts[0]) != 4:
        raise SettingsError(f"{label!r} is not a period; write a month such as 2026-10, a year or a day")
    try:
        year, month, day = (int(part) for part in [*parts, "1", "1"][:3])
        start = datetime(year, month, day, tzinfo=zone)
        end = _after(start, len(parts))
    except (ValueError, OverflowError):
        raise SettingsError(f"{label!r} is not a period; there is no such date") from None
    return Period(label, start.astimezone(UTC), end.astimezone(UTC))


def _after(start: datetime, parts: int) -> datetime:
    """The first moment after the year, month or day; a day of 25 hours is one day."""
    if parts == 1:
        return start.replace(year=start.year + 1)
    if parts == 2:
        return start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    return start + timedelta(days=1)


def last_month_label(now: datetime) -> str:
    """The label of the newest month that is over."""
    return (now.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
