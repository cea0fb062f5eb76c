"""Orders about a person. Their names, NIR and birth date are in clear here, and nowhere after."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ledger.kit.command import Command, handles
from ledger.kit.days import Day
from ledger.kit.identifiers import Nir, OneLine
from ledger.kit.personal import Personal
from ledger.person.aggregate import Person
from ledger.person.events import PersonRegistered
from ledger.work import Work


class RegisterPerson(Command):
    last_name: OneLine
    first_name: OneLine
    civility: OneLine | None = None
    birth_date: Day | None = None
    nir: Nir | None = None


class RenamePerson(Command):
    person_id: UUID
    last_name: OneLine
    first_name: OneLine


@handles(RegisterPerson)
def register_person(command: RegisterPerson, work: Work) -> UUID:
    """The same NIR is the same person: it is returned as it is, and nothing is recorded. Without NIR, a new person.

    It refuses nothing: where two register one NIR at the same moment, the claim makes the second find the first.
    """
    known = work.find("nir", command.nir) if command.nir else None
    if known is not None:
        return known
    person_id = work.new_id()

    def seal(text: str | None) -> Personal[Any] | None:
        return None if text is None else work.seal(person_id, text)

    person = Person.open(
        PersonRegistered,
        id=person_id,
        at=work.now,
        last_name=seal(command.last_name),
        first_name=seal(command.first_name),
        civility=seal(command.civility),
        birth_date=seal(command.birth_date.isoformat() if command.birth_date else None),
        nir=seal(command.nir),
    )
    work.add(person)
    return person_id


@handles(RenamePerson)
def rename_person(command: RenamePerson, work: Work) -> UUID:
    """Refused: NotFound."""
    person = work.load(Person, command.person_id)
    person.rename(work.seal(person.id, command.last_name), work.seal(person.id, command.first_name), at=work.now)
    return person.id
