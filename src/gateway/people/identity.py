"""An account's own name and e-mail, for whoever it is: read as AUTH, which no portal reader's question runs as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from starlette.concurrency import run_in_threadpool

from gateway.service import Service
from ledger.kit.keyring import Keyring
from ledger.kit.personal import Personal
from ledger.log.database import Role

_QUERY: Final = """
select a.email_sealed, p.civility_sealed, p.last_name, p.first_name
  from read.account a left join read.person p on p.person_id = a.person_id
 where a.account_id = %s
"""
_NAMES: Final = "select last_name, first_name from read.person where person_id = %s"


@dataclass(frozen=True)
class Identity:
    """What was erased, or is not folded yet, is None."""

    civility: str | None = None
    last_name: str | None = None
    first_name: str | None = None
    email: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What a password may not hold (row O7)."""
        return tuple(name for name in (self.last_name, self.first_name) if name)


async def identity_of(service: Service, account_id: UUID) -> Identity:
    """Of the account; empty where there is none."""
    async with service.queries.transaction(Role.AUTH) as connection:
        return await identity_within(connection, service.keyring, account_id)


async def identity_within(connection: AsyncConnection[DictRow], keyring: Keyring, account_id: UUID) -> Identity:
    """As `identity_of`, on a connection that acts as AUTH already."""
    row = await (await connection.execute(_QUERY, (account_id,))).fetchone()
    if row is None:
        return Identity()
    civility, email = await run_in_threadpool(opened, keyring, [row["civility_sealed"], row["email_sealed"]])
    return Identity(civility, row["last_name"], row["first_name"], email)


async def names_of(connection: AsyncConnection[DictRow], person_id: UUID) -> tuple[str, ...]:
    """A person's names, of whom there may be no account yet, on a connection that acts as AUTH."""
    row = await (await connection.execute(_NAMES, (person_id,))).fetchone()
    return tuple(name for name in row.values() if name) if row else ()


def opened(keyring: Keyring, sealed: list[str | None]) -> list[str | None]:
    """The clear text of sealed columns, in order; None for what is absent or erased."""
    clear = iter(keyring.open_many([Personal.parse(text) for text in sealed if text is not None]))
    return [_text(next(clear)) if text is not None else None for text in sealed]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
