from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.kit.errors import Invalid
from projections.page import COUNTED, counted, page_of, read_cursor, write_cursor


@given(
    day=st.dates(), row=st.uuids(), text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
)
def test_a_cursor_gives_back_its_key(day: date, row: object, text: str):
    cursor = write_cursor("list", day, str(row), text)
    assert read_cursor(cursor, "list", date.fromisoformat, UUID, str) == (day, row, text)


@given(text=st.text(max_size=60))
def test_any_other_text_is_refused_without_repeating_it(text: str):
    with pytest.raises(Invalid) as refused:
        read_cursor(text, "list", date.fromisoformat)
    assert refused.value.field == "cursor"


def test_a_cursor_with_a_nul_or_of_another_list_is_refused():
    for cursor in (write_cursor("list", "a\x00"), write_cursor("other", "a"), write_cursor("list", "a", "b")):
        with pytest.raises(Invalid):
            read_cursor(cursor, "list", str)
    assert read_cursor(None, "list", str) is None


def test_the_next_page_starts_after_the_last_row_shown():
    rows = [uuid4() for _ in range(4)]
    assert page_of(rows, 3, str) == (tuple(rows[:3]), str(rows[2]))
    assert page_of(rows, 4, str) == (tuple(rows), None)
    assert page_of([], 3, str) == ((), None)


def test_a_count_stops_beyond_ten_thousand():
    assert counted(COUNTED) == (10_000, False)
    assert counted(COUNTED + 1) == (10_000, True)
