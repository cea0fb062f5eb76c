"""Refusals speak French, have a stable code, and know nothing else."""

from __future__ import annotations

import re

import pytest

from ledger.kit import errors, keyring
from ledger.kit.errors import AlreadyClaimed, Invalid, Refusal
from ledger.vault import vault

REFUSALS = [
    value
    for module in (errors, keyring, vault)
    for value in vars(module).values()
    if isinstance(value, type) and issubclass(value, Refusal)
]


def test_an_invalid_input_names_its_field_and_its_rule():
    refusal = Invalid(field="siret", rule="Le SIRET comporte 14 chiffres.")
    assert (refusal.field, refusal.message, str(refusal)) == ("siret", *["Le SIRET comporte 14 chiffres."] * 2)


def test_a_rule_with_braces_is_shown_as_it_is():
    assert Invalid(field="x", rule="{0} {rule} %s").message == "{0} {rule} %s"


def test_a_taken_value_is_refused_by_its_kind_alone():
    refusal = AlreadyClaimed(kind="dossier-number")
    assert refusal.field == "dossier_number"
    assert "dossier-number" in refusal.message


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.__name__)
def test_every_refusal_has_a_code_and_a_french_sentence(refusal):
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", refusal.code)
    assert refusal.template.endswith((".", "}"))
