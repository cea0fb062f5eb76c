from __future__ import annotations

import pytest

from ledger.kit.errors import Invalid
from projections.words import LAST, prefixes, words_of


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Jean-François", {"jean", "francois"}),
        ("d'Œuvre", {"d", "oeuvre"}),
        ("ÉLÉONORE  de La-Tour", {"eleonore", "de", "la", "tour"}),
        ("STRAẞE", {"strasse"}),
        ("e\u0301te\u0301", {"ete"}),
        ("ATELIERS 2000 (SARL)", {"ateliers", "2000", "sarl"}),
        ("\x00_-", set()),
    ],
)
def test_names_are_searched_without_case_accents_or_punctuation(name: str, words: set[str]):
    assert words_of(name) == words


def test_an_erased_name_has_no_word():
    assert words_of(None, "Paul") == {"paul"}


def test_a_prefix_of_another_asks_nothing_more():
    assert prefixes("mar Martin p", field="name") == ("martin", "p")


@pytest.mark.parametrize("text", ["", "a", "é", "' -", "a b c"])
def test_a_search_says_at_least_two_letters(text: str):
    with pytest.raises(Invalid) as refused:
        prefixes(text, field="trainee_name")
    assert refused.value.field == "trainee_name"


def test_no_word_lies_beyond_the_range_of_its_prefix():
    """`word >= prefix and word < prefix || LAST`, by code point, is every word that begins so."""
    for word in ("mar", "mart", "marz", "mar\U0010fffe", "mar" + "z" * 50):
        assert "mar" <= word < "mar" + LAST
    for word in ("maq", "mas", "ma"):
        assert not "mar" <= word < "mar" + LAST
