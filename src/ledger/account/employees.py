"""Orders about an organisation's employees: those whom its référent picks as users (row O21)."""

from __future__ import annotations

from uuid import UUID

from ledger.account.giver import giver
from ledger.account.memberships import check_kind
from ledger.kit.command import Command, handles
from ledger.kit.days import Day
from ledger.kit.identifiers import OneLine
from ledger.organisation.events import OrganisationKind
from ledger.person.aggregate import Person
from ledger.person.commands import RegisterPerson, register_person
from ledger.work import Work


class RegisterEmployee(Command):
    organisation_id: UUID
    kind: OrganisationKind
    civility: OneLine
    last_name: OneLine
    first_name: OneLine
    birth_date: Day


@handles(RegisterEmployee)
def register_employee(command: RegisterEmployee, work: Work) -> UUID:
    """A person who works there; the answer is the person's id.

    Refused: NotFound, Forbidden, OrganisationNotOfThatKind.
    """
    giver(work).check_team(command.organisation_id, command.kind)
    check_kind(command.organisation_id, command.kind, work)
    identity = RegisterPerson(
        civility=command.civility,
        last_name=command.last_name,
        first_name=command.first_name,
        birth_date=command.birth_date,
    )
    person_id = register_person(identity, work)
    work.load(Person, person_id).begin_employment(command.organisation_id, command.kind, at=work.now)
    return person_id
