"""The account behind an identifier, as signing in sees it: one path, of one length, whether there is anybody or not."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from starlette.concurrency import run_in_threadpool

from gateway.auth.caller import Stage
from ledger.account.events import Role as AccountRole
from ledger.kit.errors import Invalid
from ledger.kit.identifiers import check_email
from ledger.kit.personal import Erased, Personal
from ledger.log.database import Role

if TYPE_CHECKING:
    from gateway.service import Service

NOBODY: Final = UUID(int=0)
COMPULSORY: Final = frozenset(set(AccountRole) - {AccountRole.PORTAL})
"""Roles that sign in with a second factor or not at all: those who work for, audit or operate the fund."""

_WAIT_SECONDS: Final = 2.0
_PAUSE_SECONDS: Final = 0.02
_HOLDER: Final = """
select k.account_id, a.person_id, a.role, a.email_sealed, a.terms_version, c.password_hash,
       coalesce(a.version = log.stream_version(k.account_id), false) as current,
       a.account_id is null or a.disabled
         or coalesce(a.ends_on < (now() at time zone 'Europe/Paris')::date, false) as over,
       exists (select from auth.totp t where t.account_id = k.account_id and t.confirmed_at is not null) as totp,
       (select count(*) from auth.passkey p where p.account_id = k.account_id) as passkeys,
       (select count(*) from auth.recovery_code r where r.account_id = k.account_id and r.used_at is null) as recovery
  from (select %(account_id)s::uuid as account_id) k
  left join read.account a on a.account_id = k.account_id
  left join auth.credential c on c.account_id = k.account_id"""

_NAMES: Final = "select last_name, first_name from read.person where person_id = %(person_id)s"


@dataclass(frozen=True)
class Holder:
    """An account, or nobody (`over`, and no password). `current`: its row is not behind its events in the log.

    `recovery` counts the recovery codes that are left.
    """

    account_id: UUID
    person_id: UUID | None
    role: AccountRole | None
    email_sealed: str | None
    terms_version: str | None
    password_hash: str | None
    current: bool
    over: bool
    totp: bool
    passkeys: int
    recovery: int

    @property
    def enrolled(self) -> bool:
        """Whether it has a second factor."""
        return self.totp or self.passkeys > 0

    @property
    def stage(self) -> Stage:
        """How far a password alone brings it."""
        if self.enrolled:
            return "second-factor"
        return "enrolment" if required(self.role) else "full"

    @property
    def known_id(self) -> UUID | None:
        """Whose it is, for the journal; None for nobody."""
        return None if self.account_id == NOBODY else self.account_id

    @property
    def email(self) -> Personal[str]:
        """Sealed, as its event has it. LookupError for nobody."""
        if self.email_sealed is None:
            raise LookupError("nobody has no e-mail")
        return Personal.parse(self.email_sealed)


def required(role: AccountRole | None) -> bool:
    """Whether the role signs in with a second factor or not at all."""
    return role in COMPULSORY


def normalised(email: str) -> str:
    """The identifier as it is claimed and counted; a text that is no e-mail stays what it is, and is nobody's: folded,
    another alphabet's letters would make somebody else's address of it.
    """
    try:
        return check_email(email)
    except Invalid:
        return email.strip()


async def holder_of(
    service: Service, account_id: UUID | None, *, connection: AsyncConnection[DictRow] | None = None
) -> Holder:
    """The account, or nobody, in one question. On `connection` (AUTH's) where the caller has one open already: of a
    pool's connections nobody may need two at once.
    """
    row = await _ask(service, connection, _HOLDER, {"account_id": account_id or NOBODY})
    if row is None:
        raise LookupError("the database returned no row")
    role = row.pop("role")
    return Holder(role=AccountRole(role) if role else None, **row)


async def current_holder(
    service: Service, account_id: UUID, *, connection: AsyncConnection[DictRow] | None = None
) -> Holder:
    """The account once its events are folded; as it is after two seconds, `current` false. `connection`: see above."""
    holder = await holder_of(service, account_id, connection=connection)
    deadline = asyncio.get_running_loop().time() + _WAIT_SECONDS
    while not holder.current and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(_PAUSE_SECONDS)
        holder = await holder_of(service, account_id, connection=connection)
    return holder


async def account_of(service: Service, email: str) -> UUID | None:
    """Whose e-mail it is. It is looked for by its keyed digest: what is not there takes as long."""
    return await run_in_threadpool(_claimed, service, email)


async def names_of(
    service: Service, holder: Holder, *, connection: AsyncConnection[DictRow] | None = None
) -> list[str]:
    """What a password may not hold: the person's names, and the e-mail. Nothing of who was erased. `connection`: as in
    `holder_of`.
    """
    row = await _ask(service, connection, _NAMES, {"person_id": holder.person_id})
    email = await run_in_threadpool(service.keyring.open, holder.email)
    found = [row["last_name"], row["first_name"]] if row else []
    return [text for text in (*found, email) if text and not isinstance(text, Erased)]


async def _ask(
    service: Service, connection: AsyncConnection[DictRow] | None, query: str, values: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The only row, asked on the connection given or in a transaction of its own."""
    if connection is not None:
        return await (await connection.execute(query.encode(), values)).fetchone()
    async with service.queries.transaction(Role.AUTH) as own:
        cursor = await own.execute(query.encode(), values)
    return await cursor.fetchone()


def _claimed(service: Service, email: str) -> UUID | None:
    return service.ledger.log_recorder.select_claim("email", service.keyring.digest("email", email))
