"""Identifiers are right, or refused by a rule in French that never repeats them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from stdnum.fr import nir as stdnum_nir
from stdnum.fr import siret as stdnum_siret

from ledger.kit import identifiers
from ledger.kit.errors import Invalid
from ledger.kit.fictitious import (
    FICTITIOUS_BIC,
    fictitious_iban,
    fictitious_nir,
    fictitious_siren,
    fictitious_siret,
    is_fictitious_iban,
    is_fictitious_nir,
    is_fictitious_siret,
)
from ledger.kit.identifiers import (
    check_bic,
    check_dossier_number,
    check_email,
    check_iban,
    check_invoice_reference,
    check_nda,
    check_nir,
    check_one_line,
    check_postcode,
    check_short_number,
    check_siren,
    check_siret,
    nir_key,
    normalise_reference,
)

LA_POSTE_HEAD_OFFICE = "35600000000048"
CORSICAN = "199132A000001"


def refused(check, text, **options) -> str:
    with pytest.raises(Invalid) as caught:
        check(text, **options)
    rule = caught.value.message
    assert caught.value.field
    assert caught.value.__cause__ is None
    assert len(text.strip()) < 3 or text not in rule
    return rule


def test_a_siret_is_normalised():
    siret = fictitious_siret(12)
    assert check_siret(f" {siret[:3]} {siret[3:6]}\u00a0{siret[6:9]}\u202f{siret[9:]} ") == siret


@given(st.from_regex(r"\A[0-9]{14}\Z") | st.from_regex(r"\A356000000[0-9]{5}\Z"))
def test_a_siret_is_judged_as_stdnum_judges_it(digits):
    """La Poste's by digit sum, everybody else's by Luhn; SIREN 000000000 apart, which stdnum lets through."""
    right = stdnum_siret.is_valid(digits) and not digits.startswith("000000000")
    if right:
        assert check_siret(digits) == digits
    else:
        refused(check_siret, digits)


def test_la_poste_is_judged_by_its_own_rule():
    assert check_siret(LA_POSTE_HEAD_OFFICE) == LA_POSTE_HEAD_OFFICE
    assert check_siret("35600000000010") == "35600000000010"
    refused(check_siret, "35600000000011")


@pytest.mark.parametrize(
    "text",
    ["", "123", "0" * 14, "9" * 15, "9990000039903\u0664", "99900000399\u00b299", fictitious_siret(1) + "\n", "a" * 14],
)
def test_a_wrong_siret_is_refused(text):
    refused(check_siret, text)


@given(st.integers(0, 13), st.integers(1, 9), st.integers(0, 99_999))
def test_one_wrong_digit_of_a_siret_is_always_found(place, change, n):
    siret = fictitious_siret(n)
    wrong = siret[:place] + str((int(siret[place]) + change) % 10) + siret[place + 1 :]
    refused(check_siret, wrong)


def test_siren_zero_is_nobody():
    refused(check_siren, "000000000")
    assert check_siren("356 000 000") == "356000000"


def test_a_nir_is_kept_without_its_key_and_the_key_is_checked():
    nir = fictitious_nir(5)
    assert check_nir(nir, fictitious=True) == nir
    assert check_nir(f"{nir} {nir_key(nir)}", fictitious=True) == nir
    wrong = f"{(int(nir_key(nir)) % 97) + 1:02d}"
    assert "clé" in refused(check_nir, nir + wrong, fictitious=True)


@given(st.from_regex(r"\A[12][0-9]{4}([0-9]{2}|2A|2B)[0-9]{6}\Z"))
def test_the_key_of_a_nir_is_stdnums(nir):
    assert nir_key(nir) == stdnum_nir.calc_check_digits(nir)


def test_a_corsican_nir_is_text():
    assert check_nir(CORSICAN.lower(), fictitious=True) == CORSICAN


@pytest.mark.parametrize(
    "text",
    ["", "5991375000001", "1991375", "199132C000001", "19913750000012", "1 99 13 75 000 00x", "0991375000001"],
)
def test_a_nir_of_another_shape_is_refused(text):
    refused(check_nir, text, fictitious=True)


@pytest.mark.parametrize("month", ["00", "14", "19", "43", "49"])
def test_a_month_that_does_not_exist_is_refused_even_in_tests(month):
    assert "mois" in refused(check_nir, f"199{month}75000001", fictitious=True)


@pytest.mark.parametrize("month", ["01", "12", "20", "42", "50", "99"])
def test_the_months_of_incomplete_civil_records_exist(month):
    check_nir(f"799{month}00000000")


def test_a_fictitious_nir_is_accepted_behind_the_flag_alone(monkeypatch):
    nir = fictitious_nir(1)
    monkeypatch.delenv("LEDGER_FICTITIOUS", raising=False)
    refused(check_nir, nir)
    monkeypatch.setenv("LEDGER_FICTITIOUS", "1")
    assert check_nir(nir) == nir
    refused(check_nir, nir, fictitious=False)


def test_an_iban_with_a_wrong_rib_key_is_refused_though_modulo_97_holds():
    """The IBAN's own check digits are right for the wrong RIB: only the RIB key finds it."""
    iban = fictitious_iban(7)
    body = iban[4:-2] + f"{(int(iban[-2:]) % 97) + 1:02d}"
    digits = int(body + "152700")  # F = 15, R = 27, then 00
    wrong = f"FR{98 - digits % 97:02d}{body}"
    assert int(body + "1527" + wrong[2:4]) % 97 == 1
    refused(check_iban, wrong)
    assert check_iban(f"{iban[:4]} {iban[4:8]} {iban[8:]}".lower()) == iban


@pytest.mark.parametrize("text", ["", "FR76", "XX7630006000011234567890189", "FR76\x00", "é" * 27])
def test_a_wrong_iban_is_refused(text):
    refused(check_iban, text)


def test_a_bic_must_be_some_banks():
    assert check_bic(FICTITIOUS_BIC.lower()) == FICTITIOUS_BIC
    assert "banque" in refused(check_bic, "ZZZZFRPPXXX")
    assert "8 ou 11" in refused(check_bic, "PSST")


@pytest.mark.parametrize(
    ("check", "good", "kept"),
    [
        (check_nda, "11 75 12345 67", "11751234567"),
        (check_postcode, "75 001", "75001"),
        (check_postcode, "01000", "01000"),
        (check_short_number, "0012345", "0012345"),
        (check_dossier_number, "1819006292.01", "1819006292.01"),
        (check_dossier_number, "AB-12/é", "AB-12/é"),
        (check_invoice_reference, " FAC-12 / 3 ", "FAC-12 / 3"),
        (check_email, " Prenom.Nom+x@Essai.Example ", "prenom.nom+x@essai.example"),
        (check_one_line, " Formation\u00a0: e\u0301lectricite\u0301 ", "Formation : électricité"),
    ],
)
def test_identifiers_are_normalised(check, good, kept):
    assert check(good) == kept
    assert check(kept) == kept


@pytest.mark.parametrize(
    ("check", "bad"),
    [
        (check_nda, "1175123456"),
        (check_nda, "1175123456A"),
        (check_postcode, "2A000"),
        (check_postcode, "750011"),
        (check_short_number, ""),
        (check_short_number, "1234567890123"),
        (check_short_number, "12-34"),
        (check_dossier_number, ""),
        (check_dossier_number, " 12"),
        (check_dossier_number, "1" * 41),
        (check_dossier_number, "12\x0034"),
        (check_dossier_number, "12\n34"),
        (check_invoice_reference, "---"),
        (check_invoice_reference, "1" * 61),
        (check_email, "sans-arobase.example"),
        (check_email, "a@b"),
        (check_email, "a..b@essai.example"),
        (check_email, ".a@essai.example"),
        (check_email, "a@-essai.example"),
        (check_email, "a@essai.example\x00"),
        (check_email, "a b@essai.example"),
        (check_email, "é@essai.example"),
        (check_email, "\u212aevin@essai.example"),  # the Kelvin sign, which folds to k
        (check_email, "stra\u00dfe@essai.example"),  # folds to ss, which is another mailbox
        (check_email, "\u0440aul@essai.example"),  # a Cyrillic letter that looks like p
        (check_email, "a@b@essai.example"),
        (check_email, "a" * 65 + "@essai.example"),
        (check_email, "a@" + "b" * 60 + ("." + "c" * 60) * 4 + ".example"),
        (check_one_line, ""),
        (check_one_line, "   "),
        (check_one_line, "deux\nlignes"),
        (check_one_line, "nul\x00"),
        (check_one_line, "demi-paire \ud800"),
        (check_one_line, "\u202eà l'envers"),
        (check_one_line, "x" * 301),
    ],
)
def test_a_value_of_another_shape_is_refused(check, bad):
    refused(check, bad)


def test_two_writings_of_one_reference_are_one_invoice():
    """B2: duplicates are refused by the normalised reference."""
    writings = ("Fac. n° É-12", "FAC N° e12", "facné12", "ＦＡＣ-n-é-１２")
    assert {normalise_reference(writing) for writing in writings} == {"facne12"}
    assert normalise_reference("FAC-12") != normalise_reference("FAC-21")


@given(st.text(max_size=80))
def test_a_normalised_reference_stays_as_it_is(text):
    once = normalise_reference(text)
    assert normalise_reference(once) == once


TYPES = [name for name, value in vars(identifiers).items() if name[0].isupper() and hasattr(value, "__metadata__")]


@pytest.mark.parametrize("name", TYPES)
@given(text=st.text(max_size=320))
def test_every_type_accepts_or_names_its_rule_and_never_the_value(name, text):
    """Whatever is thrown at it: no other error, and nothing of the value in the text of the refusal."""
    adapter = TypeAdapter(getattr(identifiers, name))
    try:
        kept = adapter.validate_python(text)
    except ValidationError as error:
        [problem] = error.errors(include_input=False)
        assert problem["type"] == "rule"
        assert problem["msg"].endswith(".")
        assert len(text.strip()) < 12 or text not in problem["msg"]
    else:
        assert adapter.validate_python(kept) == kept


def test_there_are_types_to_test():
    assert len(TYPES) == 14


@pytest.mark.parametrize("name", TYPES)
def test_every_type_has_a_schema(name):
    assert TypeAdapter(getattr(identifiers, name)).json_schema()["type"] == "string"


@given(st.integers(0, 99_999), st.integers(0, 99))
def test_marked_data_passes_its_checks_and_shows_its_mark(n, establishment):
    siret = fictitious_siret(n, establishment)
    assert check_siret(siret) == siret
    assert check_siren(siret[:9]) == fictitious_siren(n)
    assert is_fictitious_siret(siret)
    nir = fictitious_nir(n, sex=2, year=1999)
    assert check_nir(nir, fictitious=True) == nir
    assert is_fictitious_nir(nir)
    iban = fictitious_iban(n)
    assert check_iban(iban) == iban
    assert is_fictitious_iban(iban)


def test_real_shapes_do_not_bear_the_mark():
    assert not is_fictitious_siret(LA_POSTE_HEAD_OFFICE)
    assert not is_fictitious_nir("1990175000001")
    assert not is_fictitious_iban("FR7620041")


def test_marked_data_runs_out_rather_than_repeat_itself():
    with pytest.raises(ValueError, match="99999"):
        fictitious_siren(100_000)
