"""Days and periods as commands take them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from ledger.kit.days import Day, check_period
from ledger.kit.errors import Invalid

DAY = TypeAdapter(Day)


def test_a_day_is_a_date_or_its_iso_text():
    assert DAY.validate_python("2022-09-01") == DAY.validate_python(date(2022, 9, 1)) == date(2022, 9, 1)
    assert DAY.validate_python("2024-02-29") == date(2024, 2, 29)


@pytest.mark.parametrize(
    "wrong",
    [0, 1_661_990_400, "1661990400", "2022-09-01T00:00:00", datetime(2022, 9, 1, tzinfo=UTC), "01/09/2022",
     "2023-02-29", "0001-01-01", "9999-12-31", "2022-9-1", " 2022-09-01", "２０２２-09-01", "", None, True, []],
)  # fmt: skip
def test_whatever_could_be_read_otherwise_is_refused(wrong):
    """pydantic alone would read 0 as 1970-01-01. The refusal never quotes the value: a birth date is personal."""
    with pytest.raises(ValidationError) as refused:
        DAY.validate_python(wrong)
    assert [error["type"] for error in refused.value.errors()] == ["rule"]
    assert refused.value.errors()[0]["msg"] in {"La date s'écrit aaaa-mm-jj.", "Cette date n'existe pas."}


def test_a_period_may_be_one_day_and_never_ends_before_it_starts():
    check_period(date(2022, 9, 1), date(2022, 9, 1))
    with pytest.raises(Invalid) as refused:
        check_period(date(2022, 9, 2), date(2022, 9, 1), field="ends_on")
    assert refused.value.field == "ends_on"
