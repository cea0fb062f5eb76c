"""French formats: days, amounts, names; what is absent or erased never breaks a page."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from gateway.portal import formats

NBSP = "\u00a0"


def test_days_and_instants_are_french_and_in_paris():
    """JJ/MM/AAAA, from a date or from its ISO form; an instant of the log is UTC and is shown in Paris."""
    late = datetime(2026, 7, 31, 22, 30, tzinfo=UTC)
    assert formats.day(date(2022, 9, 1)) == formats.day("2022-09-01") == "01/09/2022"
    assert formats.instant(late) == f"01/08/2026 à 0{NBSP}h{NBSP}30"
    assert formats.instant("2026-01-31T22:30:00Z") == f"31/01/2026 à 23{NBSP}h{NBSP}30"
    assert formats.moment(late) == formats.instant(late)
    assert formats.moment("2022-09-01") == formats.moment(date(2022, 9, 1)) == "01/09/2022"


def test_amounts_have_their_unit_or_their_columns():
    """O41: « 87 518,50 € »; the head of a column says the unit for all."""
    assert formats.euros(8_751_850) == f"87\u202f518,50{NBSP}€"
    assert formats.amount(8_751_850) == "87\u202f518,50"
    assert formats.amount(-5) == "-0,05"
    assert formats.count(10_000) == "10\u202f000"


def test_numbers_are_grouped_as_they_are_read():
    assert formats.iban("FR7699999000010000000000123") == "FR76 9999 9000 0100 0000 0000 123"
    assert formats.siret("99900010299009") == NBSP.join(["999", "000", "102", "99009"])
    assert formats.siret("123") == "123"


@pytest.mark.parametrize(
    ("octets", "shown"),
    [(0, "0 octets"), (999, "999 octets"), (12_400, "12 Ko"), (1_440_000, "1,4 Mo"), (25_000_000, "25 Mo")],
)
def test_what_a_download_weighs(octets: int, shown: str):
    assert formats.size(octets) == shown.replace(" ", NBSP)


def test_names_are_set_apart():
    """A right-to-left name turns nobody round; markup in one is text."""
    assert formats.person("Dupré", "Anne") == "<bdi>DUPRÉ Anne</bdi>"
    assert formats.person(None, "Anne") == "<bdi>Anne</bdi>"
    assert formats.plain("<script>\u202eabc") == "<bdi>&lt;script&gt;\u202eabc</bdi>"
    assert formats.bare("a\u202eb\u2066<") == "ab&lt;"


def test_what_is_absent_is_said_and_what_is_erased_too():
    """A reader hears « non renseigné » where others see a dash."""
    for absent in (formats.day(None), formats.euros(None), formats.iban(None), formats.plain(None), formats.size(None)):
        assert "non renseigné" in absent
    assert "effacé" in formats.person(None, None)
    assert "effacé" in formats.plain("effacé")
    assert "effacé" in formats.iban("effacé")
    assert formats.bare(None) == ""


@pytest.mark.parametrize(
    ("seconds", "told"), [("1", "1 seconde"), ("119", "119 secondes"), ("120", "2 minutes"), ("841", "15 minutes")]
)
def test_a_delay(seconds: str, told: str):
    assert formats.delay(seconds) == told
