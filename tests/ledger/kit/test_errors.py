"""Refusals speak French, have a stable code, and know nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import ledger.application  # noqa: F401 - every noun's commands
from ledger.kit import errors, keyring
from ledger.kit.command import Command
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
    assert refusal.field == "number"
    assert refusal.message == "Cette valeur est déjà utilisée (numéro de dossier)."


def test_every_kind_of_claim_has_its_field_and_its_french_name():
    """Bad input: a duplicate number is refused by the order's own field, and in French."""
    sources = "".join(path.read_text() for path in Path("src/ledger").glob("*/events.py"))
    kinds = set(re.findall(r'Claim\(kind="([a-z-]+)"', sources))
    assert len(kinds) == 9
    fields = {name for command in each_command(Command) for name in command.model_fields}
    for kind in kinds:
        refusal = AlreadyClaimed(kind=kind)
        assert refusal.field in fields
        assert f"({kind})" not in refusal.message


def each_command(base: type[Command]) -> Iterator[type[Command]]:
    for command in base.__subclasses__():
        yield command
        yield from each_command(command)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.__name__)
def test_every_refusal_has_a_code_and_a_french_sentence(refusal):
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", refusal.code)
    assert refusal.template.endswith((".", "}"))
