"""What is asked of people: how they are called, and nothing else. The transaction's role and scope are the reader's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from projections.fetching import Connection, fetch


@dataclass(frozen=True, slots=True)
class PersonName:
    """An erased name is None."""

    person_id: UUID
    last_name: str | None
    first_name: str | None


async def names_of(connection: Connection, person_ids: Iterable[UUID]) -> dict[UUID, PersonName]:
    """The names of these people, by id, as far as the transaction's role sees them.

    A portal reader sees the trainees of its dossiers; an account's own person, which is no trainee, is seen as staff.
    """
    query = "select person_id, last_name, first_name from read.person where person_id = any(%(ids)s::uuid[])"
    return {
        person.person_id: person for person in await fetch(connection, PersonName, query, {"ids": list(person_ids)})
    }
