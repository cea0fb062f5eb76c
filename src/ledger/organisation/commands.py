"""Orders about an organisation. Its names are in clear here, and nowhere after."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from ledger.kit.command import Command, handles
from ledger.kit.errors import Invalid
from ledger.kit.identifiers import Email, MemberNumber, OneLine, Siren
from ledger.organisation.aggregate import Organisation
from ledger.organisation.events import OrganisationKind, OrganisationRegistered
from ledger.work import Work

LegalCategory = Annotated[str, Field(pattern="^[0-9]{4}$")]


class RegisterOrganisation(Command):
    siren: Siren
    name: OneLine
    kinds: Annotated[frozenset[OrganisationKind], Field(min_length=1)]
    member_number: MemberNumber | None = None
    legal_category: LegalCategory | None = None


class RenameOrganisation(Command):
    organisation_id: UUID
    name: OneLine


class AddOrganisationKind(Command):
    organisation_id: UUID
    kind: OrganisationKind
    member_number: MemberNumber | None = None


class RecordContact(Command):
    """The contact on file, who confirms that somebody speaks for the organisation (row E1)."""

    organisation_id: UUID
    email: Email


@handles(RegisterOrganisation)
def register_organisation(command: RegisterOrganisation, work: Work) -> UUID:
    """Refused: AlreadyClaimed (siren, member-number), Invalid (a member number without the kind)."""
    _check_member_number(command.kinds, command.member_number)
    organisation_id = work.new_id()
    organisation = Organisation.open(
        OrganisationRegistered,
        id=organisation_id,
        at=work.now,
        siren=command.siren,
        name=work.seal(organisation_id, command.name),
        kinds=tuple(sorted(command.kinds)),
        member_number=command.member_number,
        legal_category=command.legal_category,
    )
    work.add(organisation)
    return organisation_id


@handles(RenameOrganisation)
def rename_organisation(command: RenameOrganisation, work: Work) -> UUID:
    """Refused: NotFound."""
    organisation = work.load(Organisation, command.organisation_id)
    organisation.rename(work.seal(organisation.id, command.name), at=work.now)
    return organisation.id


@handles(AddOrganisationKind)
def add_organisation_kind(command: AddOrganisationKind, work: Work) -> UUID:
    """Refused: NotFound, OrganisationKindAlreadyHeld, AlreadyClaimed (member-number), Invalid (a member number without
    the kind).
    """
    _check_member_number(frozenset({command.kind}), command.member_number)
    organisation = work.load(Organisation, command.organisation_id)
    organisation.add_kind(command.kind, command.member_number, at=work.now)
    return organisation.id


@handles(RecordContact)
def record_contact(command: RecordContact, work: Work) -> UUID:
    """Refused: NotFound."""
    organisation = work.load(Organisation, command.organisation_id)
    organisation.record_contact(work.seal(organisation.id, command.email), at=work.now)
    return organisation.id


def _check_member_number(kinds: frozenset[OrganisationKind], member_number: str | None) -> None:
    if member_number is not None and OrganisationKind.MEMBER not in kinds:
        raise Invalid(field="member_number", rule="Seul un adhérent a un numéro d'adhérent.")
