"""What is asked of accounts: who reads, and through which memberships."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from ledger.account.events import Role
from projections.fetching import Connection, fetch, fetch_one
from projections.reader import Reader


@dataclass(frozen=True, slots=True)
class Account:
    """One account as the gateway's role may read it: no name, no e-mail."""

    account_id: UUID
    person_id: UUID
    role: str
    disabled: bool
    ends_on: date | None
    terms_version: str | None
    version: int


@dataclass(frozen=True, slots=True)
class Membership:
    """What binds an account to one organisation, as provider or member."""

    organisation_id: UUID
    kind: str
    profile: str
    establishment_ids: tuple[UUID, ...]
    suspended: bool
    menus: tuple[str, ...] | None


async def account(connection: Connection, account_id: UUID) -> Account | None:
    """None where there is no such account."""
    query = (
        "select account_id, person_id, role, disabled, ends_on, terms_version, version "
        "from read.account where account_id = %(account_id)s"
    )
    return await fetch_one(connection, Account, query, {"account_id": account_id})


async def memberships(connection: Connection, account_id: UUID) -> tuple[Membership, ...]:
    """All of them; one that is suspended lets it see nothing."""
    query = (
        "select organisation_id, kind, profile, establishment_ids, suspended, menus from read.membership "
        "where account_id = %(account_id)s order by organisation_id, kind"
    )
    return tuple(await fetch(connection, Membership, query, {"account_id": account_id}))


async def reader_of(connection: Connection, account_id: UUID, today: date) -> Reader | None:
    """The account as a reader on a day (Paris); None for one that is absent, disabled or past its mandate."""
    found = await account(connection, account_id)
    if found is None or found.disabled or (found.ends_on is not None and found.ends_on < today):
        return None
    held = await memberships(connection, account_id)
    active = (membership for membership in held if not membership.suspended)
    scope = {establishment_id for membership in active for establishment_id in membership.establishment_ids}
    role = Role(found.role)
    return Reader(account_id, role, tuple(sorted(scope)) if role is Role.PORTAL else ())
