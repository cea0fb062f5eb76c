"""Orders about an account. Names and e-mails are in clear here, and nowhere after."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from ledger.account.aggregate import Account
from ledger.account.employees import RegisterEmployee
from ledger.account.errors import OperatorsAlone
from ledger.account.events import AccountCreated, Role
from ledger.account.memberships import (
    ChangeMembership,
    EndMembership,
    EstablishmentIds,
    GrantMembership,
    ResumeMembership,
    SetMenuRights,
    SuspendMembership,
)
from ledger.account.terms import AcceptTerms, RefuseTerms
from ledger.kit.command import Command, handles
from ledger.kit.days import Day
from ledger.kit.errors import Forbidden, Invalid
from ledger.kit.identifiers import Email, OneLine
from ledger.person.commands import RegisterPerson, register_person
from ledger.work import Work

__all__ = [
    "AcceptTerms",
    "ChangeEmail",
    "ChangeMembership",
    "CreateAccount",
    "DisableAccount",
    "EnableAccount",
    "EndMembership",
    "EstablishmentIds",
    "GrantMembership",
    "RefuseTerms",
    "RegisterEmployee",
    "ResumeMembership",
    "SetMenuRights",
    "SuspendMembership",
]


class CreateAccount(Command):
    """`ends_on` is the last day of an auditor's mandate, and nobody else's."""

    last_name: OneLine
    first_name: OneLine
    civility: OneLine | None = None
    email: Email
    role: Role
    ends_on: Day | None = None


class ChangeEmail(Command):
    """Confirmed at both addresses."""

    account_id: UUID
    email: Email


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


@handles(ChangeEmail)
def change_email(command: ChangeEmail, work: Work) -> UUID:
    """By the system alone, once both addresses have confirmed. The address that it has already changes nothing.

    Refused: Forbidden, NotFound, AlreadyClaimed (email).
    """
    if work.actor is not None:
        raise Forbidden
    account = work.load(Account, command.account_id)
    if work.find("email", command.email) != account.id:
        account.change_email(work.seal(account.person_id, command.email), at=work.now)
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
