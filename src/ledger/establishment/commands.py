"""Orders about an establishment. Its names, street and IBAN are in clear here, and nowhere after."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ledger.establishment.aggregate import Establishment
from ledger.establishment.errors import SiretOfAnotherOrganisation
from ledger.establishment.events import Address, EstablishmentRegistered
from ledger.kit.command import Command, handles
from ledger.kit.days import Day
from ledger.kit.identifiers import Bic, EstablishmentNumber, Iban, Nda, OneLine, Postcode, Siret
from ledger.kit.personal import Personal
from ledger.organisation.aggregate import Organisation
from ledger.work import Work


class RegisterEstablishment(Command):
    organisation_id: UUID
    number: EstablishmentNumber
    siret: Siret
    name: OneLine
    trade_name: OneLine | None = None
    nda: Nda | None = None
    street: OneLine | None = None
    postcode: Postcode
    town: OneLine


class RenameEstablishment(Command):
    establishment_id: UUID
    name: OneLine
    trade_name: OneLine | None = None


class MoveEstablishment(Command):
    establishment_id: UUID
    street: OneLine | None = None
    postcode: Postcode
    town: OneLine


class ChangeNda(Command):
    establishment_id: UUID
    nda: Nda | None


class RecordBankDetails(Command):
    establishment_id: UUID
    iban: Iban
    bic: Bic
    on: Day


@handles(RegisterEstablishment)
def register_establishment(command: RegisterEstablishment, work: Work) -> UUID:
    """Refused: NotFound (organisation), SiretOfAnotherOrganisation, AlreadyClaimed (siret, establishment-number)."""
    # Its SIREN and legal category never change: nothing to guard.
    organisation = work.read(Organisation, command.organisation_id, field="organisation_id")
    if not command.siret.startswith(organisation.siren):
        raise SiretOfAnotherOrganisation(field="siret")
    establishment_id = work.new_id()
    establishment = Establishment.open(
        EstablishmentRegistered,
        id=establishment_id,
        at=work.now,
        organisation_id=organisation.id,
        number=command.number,
        siret=command.siret,
        name=work.seal(establishment_id, command.name),
        trade_name=_sealed(work, establishment_id, command.trade_name),
        nda=command.nda,
        address=_address(work, establishment_id, command),
        natural_person=organisation.natural_person,
    )
    work.add(establishment)
    return establishment_id


@handles(RenameEstablishment)
def rename_establishment(command: RenameEstablishment, work: Work) -> UUID:
    """Refused: NotFound."""
    establishment = work.load(Establishment, command.establishment_id)
    name = work.seal(establishment.id, command.name)
    establishment.rename(name, _sealed(work, establishment.id, command.trade_name), at=work.now)
    return establishment.id


@handles(MoveEstablishment)
def move_establishment(command: MoveEstablishment, work: Work) -> UUID:
    """Refused: NotFound."""
    establishment = work.load(Establishment, command.establishment_id)
    establishment.move(_address(work, establishment.id, command), at=work.now)
    return establishment.id


@handles(ChangeNda)
def change_nda(command: ChangeNda, work: Work) -> UUID:
    """Refused: NotFound."""
    establishment = work.load(Establishment, command.establishment_id)
    establishment.change_nda(command.nda, at=work.now)
    return establishment.id


@handles(RecordBankDetails)
def record_bank_details(command: RecordBankDetails, work: Work) -> UUID:
    """Refused: NotFound."""
    establishment = work.load(Establishment, command.establishment_id)
    iban = work.seal(establishment.id, command.iban)
    establishment.record_bank_details(iban, command.bic, command.on, at=work.now)
    return establishment.id


def _address(work: Work, subject: UUID, command: RegisterEstablishment | MoveEstablishment) -> Address:
    return Address(street=_sealed(work, subject, command.street), postcode=command.postcode, town=command.town)


def _sealed(work: Work, subject: UUID, text: str | None) -> Personal[Any] | None:
    return None if text is None else work.seal(subject, text)
