"""Periods by their labels."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from hercules.model import SettingsError
from hercules.periods import last_month_label, period_of

UTC_ZONE = ZoneInfo("UTC")


def test_months_years_and_days() -> None:
    december = period_of("2026-12", UTC_ZONE)
    assert (december.start, december.end) == (
        datetime(2026, 12, 1, tzinfo=UTC),
        datetime(2027, 1, 1, tzinfo=UTC),
    )
    year = period_of("2026", UTC_ZONE)
    assert (year.end - year.start).days == 365
    assert (period_of("2026-10-31", UTC_ZONE).end - period_of("2026-10-31", UTC_ZONE).start).days == 1


def test_a_day_of_25_hours_is_one_day() -> None:
    day = period_of("2026-10-25", ZoneInfo("Europe/Berlin"))
    assert (day.end - day.start).total_seconds() == 25 * 3600


@pytest.mark.parametrize(
    "label", ["", "october", "2026-13", "2026-02-30", "26-1", "2026-1-1-1", "٢٠٢٦-01", "2026-"]
)
def test_what_is_no_period(label: str) -> None:
    with pytest.raises(SettingsError):
        period_of(label, UTC_ZONE)


def test_the_newest_whole_month() -> None:
    assert last_month_label(datetime(2026, 1, 31, tzinfo=UTC)) == "2025-12"
