"""Amounts as people and spreadsheets write them."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from ledger.kit.errors import Invalid
from ledger.kit.money import MAX_CENTS, Cents, PositiveCents, format_euros, parse_cents, split_cents


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("87 518,50", 8_751_850),
        ("87518.50", 8_751_850),
        ("87518,50", 8_751_850),
        ("87\u202f518,50\u00a0€", 8_751_850),
        ("87\u00a0518,50 €", 8_751_850),
        ("1 234 567", 123_456_700),
        ("12,5", 1_250),
        ("12€", 1_200),
        ("0", 0),
        ("0,05", 5),
        (" 7 ", 700),
        ("100 000 000 000", MAX_CENTS),
    ],
)
def test_an_amount_is_read_as_it_is_written(text, cents):
    assert parse_cents(text) == cents


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("12,345", "deux décimales"),
        ("1.234", "deux décimales"),
        ("1 234,567 €", "deux décimales"),
        ("1.234,56", "mêle point et virgule"),
        ("1,234.56", "mêle point et virgule"),
        ("-12,00", "sans signe"),
        ("+12,00", "sans signe"),
        ("−12,00", "sans signe"),
        ("(12,00)", "sans signe"),
        ("", "vide"),
        (" \u00a0", "vide"),
        ("1e3", "s'écrit en euros"),
        ("12,", "s'écrit en euros"),
        (",5", "s'écrit en euros"),
        ("1 23,00", "s'écrit en euros"),
        ("12  345", "s'écrit en euros"),
        ("1_000", "s'écrit en euros"),
        ("١٢", "s'écrit en euros"),
        ("12\x00", "s'écrit en euros"),
        ("12\n", "s'écrit en euros"),
        ("€", "s'écrit en euros"),
        ("douze", "s'écrit en euros"),
        ("NaN", "s'écrit en euros"),
        ("100 000 000 000,01", "dépasse"),
    ],
)
def test_an_amount_that_could_be_read_in_two_ways_is_refused(text, rule):
    with pytest.raises(Invalid, match=rule) as caught:
        parse_cents(text, field="amount_ttc")
    assert caught.value.field == "amount_ttc"
    assert caught.value.code == "invalid"


@given(st.integers(0, MAX_CENTS))
def test_what_is_written_is_read_back(cents):
    assert parse_cents(format_euros(cents)) == cents


@given(st.text(alphabet="0123456789 .,€-+e\u00a0\u202f", max_size=20))
def test_any_text_is_an_amount_or_a_refusal(text):
    with contextlib.suppress(Invalid):
        assert 0 <= parse_cents(text) <= MAX_CENTS


def test_an_amount_is_written_in_french():
    assert format_euros(8_751_850) == "87\u202f518,50\u00a0€"
    assert format_euros(5) == "0,05\u00a0€"
    assert format_euros(-123_456) == "-1\u202f234,56\u00a0€"


@given(st.integers(0, MAX_CENTS), st.lists(st.integers(0, 1000), min_size=1, max_size=40).filter(any))
def test_a_split_adds_up_and_no_part_is_a_cent_away_from_its_share(total, shares):
    parts = split_cents(total, shares)
    assert sum(parts) == total
    for part, share in zip(parts, shares, strict=True):
        assert abs(part * sum(shares) - total * share) < sum(shares)
        assert part >= 0
        assert share or not part


def test_instalments_of_an_apprenticeship_year_add_up():
    """40/30/20/10 of 8 333,33 €: the cent that is left goes to the part that lost most."""
    assert split_cents(833_333, [40, 30, 20, 10]) == [333_333, 250_000, 166_667, 83_333]
    assert split_cents(100, [1, 1, 1]) == [34, 33, 33]
    assert split_cents(0, [1, 2]) == [0, 0]


@pytest.mark.parametrize(("total", "shares"), [(-1, [1]), (1, []), (1, [0, 0]), (1, [2, -1])])
def test_a_split_that_means_nothing_is_a_programming_error(total, shares):
    with pytest.raises(ValueError, match="split_cents"):
        split_cents(total, shares)


@pytest.mark.parametrize("bad", [-1, MAX_CENTS + 1, 1.0, "1", True, None])
def test_only_whole_cents_enter_a_command(bad):
    with pytest.raises(ValidationError):
        TypeAdapter(Cents).validate_python(bad)


def test_zero_is_an_amount_and_no_payment():
    assert TypeAdapter(Cents).validate_python(0) == 0
    with pytest.raises(ValidationError):
        TypeAdapter(PositiveCents).validate_python(0)
