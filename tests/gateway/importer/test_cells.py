"""What a cell may hold, beyond the kit's own identifiers, amounts and dates."""

from __future__ import annotations

import pytest

from gateway.importer import cells
from ledger.dossier.scheme import Scheme
from ledger.kit.errors import Invalid
from ledger.kit.fictitious import fictitious_siret


@pytest.mark.parametrize(("text", "points"), [("20", 2_000), ("5,5", 550), ("5.50 %", 550), ("0", 0), ("100", 10_000)])
def test_rates_are_basis_points(text: str, points: int):
    assert cells.percent(text, field="vat_rate") == points


@pytest.mark.parametrize("text", ["100,01", "-1", "20,005", "vingt", "%"])
def test_a_rate_is_a_percentage(text: str):
    with pytest.raises(Invalid, match="pourcentage"):
        cells.percent(text, field="vat_rate")


def test_codes_are_read_in_either_case_and_others_refused_with_the_list():
    read = cells.choice(Scheme)
    assert read(" c pro ", field="scheme") is Scheme.C_PRO
    with pytest.raises(Invalid, match="PLAN, ALTE, C PRO"):
        read("CPRO", field="scheme")


def test_several_values_are_each_checked_and_each_once():
    read = cells.several(cells.siret)
    first, second = fictitious_siret(1), fictitious_siret(2)
    assert read(f"{first} | {second}", field="provider_sirets") == (first, second)
    with pytest.raises(Invalid, match="deux fois"):
        read(f"{first}|{first}", field="provider_sirets")
    with pytest.raises(Invalid, match="14 chiffres"):
        read(f"{first}|", field="provider_sirets")


@pytest.mark.parametrize(
    "text", ["/etc/passwd", "../a.pdf", "a/../../b.pdf", "..\\a.pdf", "C:\\a.pdf", "a//b.pdf", "./a"]
)
def test_a_file_stays_beside_its_manifest(text: str):
    with pytest.raises(Invalid, match="relatif"):
        cells.file_name(text, field="file")


def test_an_amount_of_zero_is_no_line():
    with pytest.raises(Invalid, match="nul"):
        cells.positive_cents("0,00", field="amount")
