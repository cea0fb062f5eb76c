"""What a référent asks about her team: its users, those whom she may pick, the establishments to tick (rows O20–O23).

Each function takes an open transaction: as the gateway, `led.managed` names the caller's teams, and another team's rows
are not there; as staff, every team's are. Sealed columns are the caller's to open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final
from uuid import UUID

from ledger.kit.errors import Invalid
from projections.fetching import Connection, fetch, fetch_count, fetch_one
from projections.page import Page, check_limit, page_of, read_cursor, write_cursor
from projections.words import plain, prefixes, words_of

MOST_USERS: Final = 2_000
"""A team's list is read whole, so that a sealed address can be looked for in it; no organisation comes near."""


@dataclass(frozen=True, slots=True)
class TeamUser:
    """A user, or an open invitation (`state`: invited, active, suspended). `menus` is None for all of them.

    `establishment_ids` are all of them: a référent is shown those that she holds herself.
    """

    user_id: UUID
    account_id: UUID | None
    invitation_id: UUID | None
    person_id: UUID
    last_name: str | None
    first_name: str | None
    civility_sealed: str | None
    email_sealed: str
    profile: str
    establishment_ids: tuple[UUID, ...]
    menus: tuple[str, ...] | None
    state: str
    invited_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class Employee:
    """Somebody who may be picked. `user_id` is the user or invitation that the team has for them already."""

    person_id: UUID
    last_name: str | None
    first_name: str | None
    civility_sealed: str | None
    birth_date_sealed: str | None
    user_id: UUID | None


@dataclass(frozen=True, slots=True)
class _Listed(Employee):
    total: int


@dataclass(frozen=True, slots=True)
class TeamEstablishment:
    """A line of the grid (row O23). `street_sealed` is None where the caller does not hold the establishment."""

    establishment_id: UUID
    siret: str
    name: str | None
    trade_name: str | None
    street_sealed: str | None
    postcode: str
    town: str


_USERS: Final = """
select u.user_id, u.account_id, u.invitation_id, u.person_id, p.last_name, p.first_name, p.civility_sealed,
       u.email_sealed, u.profile, u.establishment_ids, u.menus, u.state, u.invited_at, u.version
  from read.team_user u left join read.person p on p.person_id = u.person_id
 where u.team = %(team)s"""
_ORDER: Final = "employees"

# As French readers look for a name, without accents or case, whatever the database's collation is.
_PLAIN: Final = (
    """lower(regexp_replace(normalize(coalesce({name}, ''), NFKD), '[\\u0300-\\u036f]', '', 'g')) collate "C\""""
)
_BY_NAME: Final = f"{_PLAIN.format(name='p.last_name')}, {_PLAIN.format(name='p.first_name')}, p.person_id"
_EMPLOYEES: Final = f"""
with listed as (
  select p.person_id, p.last_name, p.first_name, p.civility_sealed, p.birth_date_sealed,
         (select u.user_id from read.team_user u
           where u.team = e.team and u.person_id = e.person_id limit 1) as user_id,
         row_number() over (order by {_BY_NAME}) as rank, count(*) over () as total
    from read.team_employee e join read.person p on p.person_id = e.person_id
   where e.team = %(team)s)
select person_id, last_name, first_name, civility_sealed, birth_date_sealed, user_id, total from listed
 where %(after)s::uuid is null or rank > (select rank from listed where person_id = %(after)s)
 order by rank limit %(fetch)s"""


async def team_users(
    connection: Connection, team: str, *, name: str | None = None, state: str | None = None
) -> list[TeamUser]:
    """The team's users and open invitations, by name; `name` is the beginning of words, without case or accents.

    Invalid: `name`.
    """
    found = await fetch(connection, TeamUser, f"{_USERS} order by u.user_id limit {MOST_USERS}", {"team": team})
    wanted = () if name is None else prefixes(name, field="name")
    chosen = [user for user in found if state in {None, user.state} and _is_named(user, wanted)]
    return sorted(chosen, key=_name_of)  # here, as French readers look for a name: no matter the database's collation


async def team_user(connection: Connection, team: str, user_id: UUID) -> TeamUser | None:
    """None where there is none, or the team is not the caller's."""
    query = f"{_USERS} and u.user_id = %(user_id)s"
    return await fetch_one(connection, TeamUser, query, {"team": team, "user_id": user_id})


async def employees(connection: Connection, team: str, cursor: str | None = None, limit: int = 50) -> Page[Employee]:
    """« Sélection d'un salarié » (row O21), by name, and how many there are. Invalid: `cursor`, `limit`.

    A cursor holds the id of a person, and no name: it stands in a URL.
    """
    (after,) = read_cursor(cursor, _ORDER, UUID) or (None,)
    if after is not None and not await _is_employed(connection, team, after):
        raise Invalid(field="cursor", rule="Cette liste a changé : recommencez à sa première page.")
    asked = {"team": team, "fetch": check_limit(limit) + 1, "after": after}
    rows = await fetch(connection, _Listed, _EMPLOYEES, asked)
    items, next_cursor = page_of(rows, limit, lambda row: write_cursor(_ORDER, row.person_id))
    return Page(tuple(map(_employee, items)), next_cursor, rows[0].total if rows else 0)


async def employee(connection: Connection, team: str, person_id: UUID) -> Employee | None:
    """One of those who may be picked; None where there is none, or the team is not the caller's."""
    query = """
select p.person_id, p.last_name, p.first_name, p.civility_sealed, p.birth_date_sealed,
       (select u.user_id from read.team_user u where u.team = e.team and u.person_id = e.person_id limit 1) as user_id
  from read.team_employee e join read.person p on p.person_id = e.person_id
 where e.team = %(team)s and e.person_id = %(person_id)s"""
    return await fetch_one(connection, Employee, query, {"team": team, "person_id": person_id})


async def establishments_of(connection: Connection, organisation_id: UUID) -> list[TeamEstablishment]:
    """Every establishment of an organisation, by SIRET: what the directory says of it, and its street where held."""
    query = """
select i.establishment_id, i.siret, i.name, i.trade_name, x.street_sealed, i.postcode, i.town
  from read.establishment_identity i left join read.establishment x on x.establishment_id = i.establishment_id
 where i.organisation_id = %(organisation_id)s order by i.siret"""
    return await fetch(connection, TeamEstablishment, query, {"organisation_id": organisation_id})


def _employee(row: _Listed) -> Employee:
    return Employee(*(getattr(row, field.name) for field in fields(Employee)))


def _name_of(user: TeamUser) -> tuple[str, str, UUID]:
    return plain(user.last_name or ""), plain(user.first_name or ""), user.user_id


def _is_named(user: TeamUser, wanted: Sequence[str]) -> bool:
    words = words_of(user.last_name, user.first_name)
    return all(any(word.startswith(beginning) for word in words) for beginning in wanted)


async def _is_employed(connection: Connection, team: str, person_id: UUID) -> bool:
    query = "select count(*) from read.team_employee where team = %(team)s and person_id = %(person_id)s"
    return await fetch_count(connection, query, {"team": team, "person_id": person_id}) > 0
