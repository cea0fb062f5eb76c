"""Orders about an account. Names and e-mails are in clear here, and nowhere after."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from ledger.account.aggregate import Account, Membership, MembershipKey
from ledger.account.errors import EstablishmentOfAnotherOrganisation, OperatorsAlone, OrganisationNotOfThatKind
from ledger.account.events import AccountCreated, Profile, Role
from ledger.establishment.aggregate import Establishment
from ledger.kit.command import Command, handles
from ledger.kit.days import Day
from ledger.kit.errors import Invalid
from ledger.kit.identifiers import Email, OneLine
from ledger.organisation.aggregate import Organisation
from ledger.organisation.events import OrganisationKind
from ledger.person.commands import RegisterPerson, register_person
from ledger.work import Work

EstablishmentIds = Annotated[frozenset[UUID], Field(min_length=1, max_length=5_000)]


class CreateAccount(Command):
    """`ends_on` is the last day of an auditor's mandate, and nobody else's."""

    last_name: OneLine
    first_name: OneLine
    civility: OneLine | None = None
    email: Email
    role: Role
    ends_on: Day | None = None


class GrantMembership(Command):
    account_id: UUID
    organisation_id: UUID
    kind: OrganisationKind
    profile: Profile = Profile.USER
    establishment_ids: EstablishmentIds


class ChangeMembership(Command):
    account_id: UUID
    organisation_id: UUID
    kind: OrganisationKind
    profile: Profile
    establishment_ids: EstablishmentIds


class EndMembership(Command):
    account_id: UUID
    organisation_id: UUID
    kind: OrganisationKind


class DisableAccount(Command):
    account_id: UUID
    on: Day


class EnableAccount(Command):
    account_id: UUID
    on: Day


@handles(CreateAccount)
def create_account(command: CreateAccount, work: Work) -> UUID:
    """The account and its person, in one append.

    Refused: OperatorsAlone, AlreadyClaimed (email), Invalid (an auditor without the end of the mandate, or past it;
    another with one).
    """
    _check_giver(command.role, work)
    _check_mandate(command.role, command.ends_on, work.today)
    identity = RegisterPerson(last_name=command.last_name, first_name=command.first_name, civility=command.civility)
    person_id = register_person(identity, work)
    account = Account.open(
        AccountCreated,
        id=work.new_id(),
        at=work.now,
        person_id=person_id,
        email=work.seal(person_id, command.email),
        role=command.role,
        ends_on=command.ends_on,
    )
    work.add(account)
    return account.id


@handles(GrantMembership)
def grant_membership(command: GrantMembership, work: Work) -> UUID:
    """Refused: NotFound, NotAPortalAccount, MembershipAlreadyGranted, OrganisationNotOfThatKind,
    EstablishmentOfAnotherOrganisation.
    """
    account = work.load(Account, command.account_id)
    account.grant(_key(command), _membership(command, work), at=work.now)
    return account.id


@handles(ChangeMembership)
def change_membership(command: ChangeMembership, work: Work) -> UUID:
    """Refused: NotFound, MembershipAbsent, OrganisationNotOfThatKind, EstablishmentOfAnotherOrganisation."""
    account = work.load(Account, command.account_id)
    account.change(_key(command), _membership(command, work), at=work.now)
    return account.id


@handles(EndMembership)
def end_membership(command: EndMembership, work: Work) -> UUID:
    """Refused: NotFound, MembershipAbsent."""
    account = work.load(Account, command.account_id)
    account.end(_key(command), at=work.now)
    return account.id


@handles(DisableAccount)
def disable_account(command: DisableAccount, work: Work) -> UUID:
    """Refused: NotFound, OperatorsAlone, AccountAlreadyDisabled."""
    account = work.load(Account, command.account_id)
    _check_giver(account.role, work)
    account.disable(command.on, at=work.now)
    return account.id


@handles(EnableAccount)
def enable_account(command: EnableAccount, work: Work) -> UUID:
    """Refused: NotFound, OperatorsAlone, AccountNotDisabled."""
    account = work.load(Account, command.account_id)
    _check_giver(account.role, work)
    account.enable(command.on, at=work.now)
    return account.id


def _key(command: GrantMembership | ChangeMembership | EndMembership) -> MembershipKey:
    return command.organisation_id, command.kind


def _membership(command: GrantMembership | ChangeMembership, work: Work) -> Membership:
    """Nobody sees an establishment through an organisation that it is not of. Kinds only grow and an establishment
    never changes organisation, so that neither needs a guard.
    """
    organisation = work.read(Organisation, command.organisation_id, field="organisation_id")
    if command.kind not in organisation.kinds:
        raise OrganisationNotOfThatKind(field="kind")
    establishment_ids = tuple(sorted(command.establishment_ids))
    for establishment_id in establishment_ids:
        establishment = work.read(Establishment, establishment_id, field="establishment_ids")
        if establishment.organisation_id != organisation.id:
            raise EstablishmentOfAnotherOrganisation(field="establishment_ids")
    return Membership(command.profile, establishment_ids)


def _check_giver(role: Role, work: Work) -> None:
    """Portal accounts are any registrar's; the others are an operator's alone, or the command line's (no actor)."""
    if role is Role.PORTAL or work.actor is None:
        return
    # A giver who is disabled at this very moment loses a race that no guard could make fair.
    if work.read(Account, work.actor).role is not Role.OPERATOR:
        raise OperatorsAlone


def _check_mandate(role: Role, ends_on: date | None, today: date) -> None:
    """An auditor's access is limited in time (row B5)."""
    if role is not Role.AUDITOR and ends_on is not None:
        raise Invalid(field="ends_on", rule="Seul le mandat d'un auditeur a une date de fin.")
    if role is Role.AUDITOR and (ends_on is None or ends_on < today):
        raise Invalid(field="ends_on", rule="Le mandat d'un auditeur a une date de fin, qui n'est pas passée.")
