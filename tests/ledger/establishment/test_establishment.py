"""Stories of establishments: the place that is paid, and on which account on which day."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.establishment.aggregate import Establishment
from ledger.establishment.commands import (
    ChangeNda,
    MoveEstablishment,
    RecordBankDetails,
    RegisterEstablishment,
    RenameEstablishment,
)
from ledger.establishment.errors import BankDetailsMissing, SiretOfAnotherOrganisation
from ledger.establishment.events import (
    BankDetailsRecorded,
    EstablishmentMoved,
    EstablishmentRegistered,
    EstablishmentRenamed,
    NdaChanged,
)
from ledger.kit.errors import AlreadyClaimed, NotFound
from ledger.kit.fictitious import FICTITIOUS_BIC, fictitious_iban, fictitious_siret
from ledger.kit.ids import uuid7
from support.givens import DAY, Givens
from support.stories import Story, happened


def registration(organisation_id, siret: str, **fields) -> RegisterEstablishment:
    given = {"number": siret[-9:], "name": "Centre Zébulonne", "postcode": "29000", "town": "Quimper", **fields}
    return RegisterEstablishment(organisation_id=organisation_id, siret=siret, **given)


def test_an_establishment_is_registered_once_by_siret_and_by_number(story: Story, fund: Givens):
    organisation_id, n = fund.organisation()
    register = registration(organisation_id, fictitious_siret(n), street="1 rue Zébulonne", trade_name="Zébulonne")
    told = story.when(register)
    told.then(happened(EstablishmentRegistered, siret=fictitious_siret(n), natural_person=False))
    assert "Zébulonne" not in str(told.events)
    assert story.when(register.model_copy(update={"number": "7"})).then_refused(AlreadyClaimed).kind == "siret"
    same_number = registration(organisation_id, fictitious_siret(n, 1), number=register.number)
    assert story.when(same_number).then_refused(AlreadyClaimed).kind == "establishment-number"


def test_the_siret_of_another_organisation_is_refused(story: Story, fund: Givens):
    organisation_id, n = fund.organisation()
    stranger = registration(organisation_id, fictitious_siret(n + 50_000))
    story.when(stranger).then_refused(SiretOfAnotherOrganisation, field="siret")
    story.when(registration(uuid7(), fictitious_siret(n))).then_refused(NotFound, field="organisation_id")


def test_a_sole_traders_establishment_is_a_natural_person(story: Story, fund: Givens):
    organisation_id, n = fund.organisation(legal_category="1000")
    register = registration(organisation_id, fictitious_siret(n))
    story.when(register).then(happened(EstablishmentRegistered, natural_person=True))


def test_an_establishment_is_renamed_moves_and_changes_its_nda(story: Story, fund: Givens):
    establishment_id = fund.establishment()
    rename = RenameEstablishment(establishment_id=establishment_id, name="Nouveau centre")
    story.when(rename).then(happened(EstablishmentRenamed, trade_name=None))
    move = MoveEstablishment(establishment_id=establishment_id, street="2 quai", postcode="56000", town="Vannes")
    story.when(move).then(EstablishmentMoved)
    change = ChangeNda(establishment_id=establishment_id, nda="53290000000")
    story.when(change).then(happened(NdaChanged, nda="53290000000"))
    establishment = fund.state(Establishment, establishment_id)
    assert (establishment.address.town, establishment.trade_name) == ("Vannes", None)


def test_the_account_to_pay_depends_on_the_day(story: Story, fund: Givens):
    """Details recorded ahead take effect on their day; of the same day, the last recorded count."""
    establishment_id = fund.establishment(bank=False)
    days = [date(2026, 2, 1), date(2026, 4, 1), date(2026, 2, 1)]
    for n, on in enumerate(days):
        record = RecordBankDetails(
            establishment_id=establishment_id, iban=fictitious_iban(n), bic=FICTITIOUS_BIC, on=on
        )
        told = story.when(record)
        told.then(happened(BankDetailsRecorded, on=on, bic=FICTITIOUS_BIC))
        assert fictitious_iban(n) not in str(told.events)
    establishment = fund.state(Establishment, establishment_id)

    def paid_on(day: date):
        return fund.ledger.keyring.open(establishment.account_on(day).iban)

    assert paid_on(date(2026, 2, 1)) == paid_on(date(2026, 3, 31)) == fictitious_iban(2)
    assert paid_on(date(2026, 4, 1)) == fictitious_iban(1)
    with pytest.raises(BankDetailsMissing):
        establishment.account_on(date(2026, 1, 31))


@pytest.mark.parametrize(
    "order",
    [
        RenameEstablishment(establishment_id=uuid7(), name="Nom"),
        MoveEstablishment(establishment_id=uuid7(), postcode="56000", town="Vannes"),
        ChangeNda(establishment_id=uuid7(), nda=None),
        RecordBankDetails(establishment_id=uuid7(), iban=fictitious_iban(1), bic=FICTITIOUS_BIC, on=DAY),
    ],
    ids=lambda order: type(order).__name__,
)
def test_an_absent_establishment_is_not_found(story: Story, order):
    story.when(order).then_refused(NotFound)
