"""Days are France's, and dates are read in two ways only."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.kit.clock import paris_day, parse_date, system_clock
from ledger.kit.errors import Invalid


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2025, 12, 31, 22, 59, tzinfo=UTC), date(2025, 12, 31)),
        (datetime(2025, 12, 31, 23, 0, tzinfo=UTC), date(2026, 1, 1)),
        (datetime(2026, 7, 1, 21, 59, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 7, 1, 22, 0, tzinfo=UTC), date(2026, 7, 2)),
        (datetime(2026, 3, 28, 23, 30, tzinfo=UTC), date(2026, 3, 29)),
    ],
)
def test_a_late_evening_in_utc_is_the_next_day_in_paris(instant, day):
    assert paris_day(instant) == day


def test_the_system_clock_is_aware_and_in_utc():
    assert system_clock().utcoffset() == timedelta(0)


@given(st.dates(min_value=date(1000, 1, 1)))
def test_both_writings_of_a_day_are_read(day):
    assert parse_date(day.strftime("%d/%m/%Y")) == day
    assert parse_date(f" {day.isoformat()} ") == day


@pytest.mark.parametrize("text", ["31/02/2025", "2025-02-29", "00/01/2025", "2025-13-01", "01/01/0000"])
def test_an_impossible_date_is_refused(text):
    with pytest.raises(Invalid, match="n'existe pas") as caught:
        parse_date(text, field="starts_on")
    assert caught.value.field == "starts_on"


@pytest.mark.parametrize(
    "text", ["", "1/9/2022", "01/09/22", "2022-W35-4", "20220901", "2022-09-01T00:00", "01-09-2022", "٠١/٠٩/٢٠٢٢", "x"]
)
def test_a_date_in_another_writing_is_refused(text):
    """American dates cannot be told from French ones: `09/13/2022` is impossible, and two-digit years are a guess."""
    with pytest.raises(Invalid, match="jj/mm/aaaa"):
        parse_date(text)
