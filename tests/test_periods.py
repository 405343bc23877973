"""Periods by their labels."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from hercules.model import Period, SettingsError
from hercules.periods import a_year_before, last_month_label, period_of

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


@pytest.mark.parametrize(
    ("label", "plain"), [("2026-1", "2026-01"), ("2026-1-2", "2026-01-02"), ("2026", "2026")]
)
def test_a_period_has_one_label_however_it_is_written(label: str, plain: str) -> None:
    assert period_of(label, UTC_ZONE) == period_of(plain, UTC_ZONE)
    assert period_of(label, UTC_ZONE).label == plain


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize("label", ["0001", "0001-01", "0000", "1969-12", "9999", "9999-12-31"])
def test_years_at_the_end_of_the_calendar_are_refused(label: str, zone: str) -> None:
    with pytest.raises(SettingsError):
        period_of(label, ZoneInfo(zone))


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York", "Pacific/Auckland"])
@pytest.mark.parametrize(
    ("label", "before"),
    [
        ("2025-02", "2024-02"),
        ("2025-03", "2024-03"),
        ("2024-02", "2023-02"),
        ("2024-02-29", "2023-02-28"),
        ("2026-10-25", "2025-10-25"),
        ("2025", "2024"),
    ],
)
def test_a_year_before_is_whole_in_its_zone(label: str, before: str, zone: str) -> None:
    there = ZoneInfo(zone)
    assert a_year_before(period_of(label, there), there) == period_of(before, there)


def test_what_has_no_year_before() -> None:
    ours = Period("since spring", datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))
    assert a_year_before(ours, UTC_ZONE) is None
    assert a_year_before(period_of("1970", UTC_ZONE), UTC_ZONE) is None
