"""Sessions: opaque, hashed, ended at once. Each rise of rights makes a new secret, and the old one is dead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from psycopg import AsyncConnection, Connection
from psycopg.rows import DictRow

from gateway.auth import cookies, opaque
from gateway.auth.caller import Stage
from gateway.auth.csrf import csrf_of
from gateway.settings import Settings
from ledger.kit.ids import uuid7
from ledger.log.database import AsyncDatabase, Role

Method = Literal["password", "passkey", "oidc"]
KEPT_DAYS: Final = 30
FAILURES: Final = 10
"""Wrong second factors after which a session that waits for one ends."""

_COLUMNS: Final = (
    "session_id, account_id, stage, method, created_at, seen_at, ends_at, idle_seconds, proved_at, device_id, label"
)
_LIVE: Final = "ended_at is null and ends_at > now() and seen_at + make_interval(secs => idle_seconds) > now()"
# A password that was verified is still the account's: one who has just changed it ends the sessions that there are, and
# waits (for share) until this one is among them.
_OPEN: Final = f"""
insert into auth.session (session_id, account_id, digest, stage, method, created_at, seen_at, ends_at, idle_seconds,
                          proved_at, device_id, label)
select %(session_id)s, %(account_id)s, %(digest)s, %(stage)s, %(method)s, now(), now(),
       now() + make_interval(hours => %(hours)s), %(idle_seconds)s,
       case when %(stage)s = 'full' then now() end, %(device_id)s, %(label)s
 where %(password_hash)s::text is null or exists (
         select from auth.credential
          where account_id = %(account_id)s and password_hash = %(password_hash)s for share)
returning {_COLUMNS}"""
_RISE: Final = f"""
update auth.session
   set digest = %(digest)s, stage = coalesce(%(stage)s, stage), seen_at = now(), failures = 0,
       device_id = coalesce(%(device_id)s, device_id), proved_at = case when %(proved)s then now() else proved_at end
 where session_id = %(session_id)s and {_LIVE}
returning {_COLUMNS}"""
_END: Final = "update auth.session set ended_at = now(), ended_why = %(why)s where ended_at is null"


@dataclass(frozen=True)
class Session:
    """One session as its owner's list shows it. `label` is the browser's family and the system's, nothing finer."""

    session_id: UUID
    account_id: UUID
    stage: Stage
    method: Method
    created_at: datetime
    seen_at: datetime
    ends_at: datetime
    idle_seconds: int
    proved_at: datetime | None
    device_id: UUID | None
    label: str


@dataclass(frozen=True)
class Opened:
    """A session with the secret that it has from now on, shown to the browser and kept nowhere."""

    secret: str
    csrf: str
    session: Session


class SessionOver(Exception):
    """The session has ended meanwhile: whoever asks signs in again."""


class Sessions:
    """Opens, raises, lists and ends sessions, as `ledger_auth`. Times are the database's."""

    def __init__(self, queries: AsyncDatabase, settings: Settings) -> None:
        self._queries = queries
        self._hours = settings.session_hours
        self._idle_seconds = settings.session_idle_minutes * 60

    async def open(
        self,
        account_id: UUID,
        *,
        stage: Stage,
        method: Method,
        device_id: UUID | None = None,
        label: str = "",
        password_hash: str | None = None,
    ) -> Opened:
        """A new session of its own row: never one whose secret the request brought. A full one has proved who it is.

        `password_hash` is what a password was verified against: SessionOver where it has been changed since.
        """
        secret = opaque.new_secret(opaque.SESSION)
        values: dict[str, Any] = {
            "session_id": uuid7(),
            "account_id": account_id,
            "digest": opaque.digest(secret),
            "stage": stage,
            "method": method,
            "hours": self._hours,
            "idle_seconds": self._idle_seconds,
            "device_id": device_id,
            "label": label,
            "password_hash": password_hash,
        }
        return _opened(secret, await self._one(_OPEN, values))

    async def rise(
        self, session_id: UUID, *, stage: Stage | None = None, proved: bool = False, device_id: UUID | None = None
    ) -> Opened:
        """The session with a new secret, the old one dead in the same instant. `proved`: it has just shown who it is.

        SessionOver where it has ended.
        """
        secret = opaque.new_secret(opaque.SESSION)
        values = {
            "session_id": session_id,
            "digest": opaque.digest(secret),
            "stage": stage,
            "proved": proved,
            "device_id": device_id,
        }
        return _opened(secret, await self._one(_RISE, values))

    async def get(self, session_id: UUID) -> Session:
        """SessionOver where it has ended."""
        query = f"select {_COLUMNS} from auth.session where session_id = %(session_id)s and {_LIVE}"
        return _session(await self._one(query, {"session_id": session_id}))

    async def extend(self, session_id: UUID) -> Session:
        """Its idle clock starts anew; its end stays. SessionOver where it has ended."""
        here = f"session_id = %(session_id)s and {_LIVE}"
        query = f"update auth.session set seen_at = now() where {here} returning {_COLUMNS}"
        return _session(await self._one(query, {"session_id": session_id}))

    async def fail(self, session_id: UUID) -> bool:
        """Note a wrong second factor; True where it was one too many, and the session has ended."""
        query = (
            "update auth.session set failures = failures + 1, "
            "ended_at = case when failures + 1 >= %(most)s and stage = 'second-factor' then now() end, "
            "ended_why = case when failures + 1 >= %(most)s and stage = 'second-factor' then 'second-factor' end "
            "where session_id = %(session_id)s and ended_at is null returning ended_at"
        )
        row = await self._one(query, {"session_id": session_id, "most": FAILURES})
        return row is None or row["ended_at"] is not None

    async def of(self, account_id: UUID) -> list[Session]:
        """The account's open sessions, newest first."""
        own = f"account_id = %(account_id)s and {_LIVE}"
        query = f"select {_COLUMNS} from auth.session where {own} order by created_at desc"
        async with self._queries.transaction(Role.AUTH) as connection:
            cursor = await connection.execute(query.encode(), {"account_id": account_id})
            return [Session(**row) for row in await cursor.fetchall()]

    async def end(self, session_id: UUID, why: str, *, account_id: UUID | None = None) -> bool:
        """End one at once, of the account where one is given; False where there was none open."""
        query = (
            f"{_END} and session_id = %(session_id)s and coalesce(account_id = %(account_id)s, true) returning 1 as n"
        )
        values = {"session_id": session_id, "account_id": account_id, "why": why}
        return await self._one(query, values) is not None

    async def end_secret(self, secret: str, why: str) -> None:
        """End the session that a cookie is of, where it is one."""
        async with self._queries.transaction(Role.AUTH) as connection:
            values = {"digest": opaque.digest(secret), "why": why}
            await connection.execute(f"{_END} and digest = %(digest)s".encode(), values)

    async def end_all(self, account_id: UUID, *, but: UUID | None = None, why: str) -> None:
        """End every session of the account, but one where it is given."""
        async with self._queries.transaction(Role.AUTH) as connection:
            await end_all(connection, account_id, but=but, why=why)

    async def _one(self, query: str, values: dict[str, Any]) -> dict[str, Any] | None:
        async with self._queries.transaction(Role.AUTH) as connection:
            cursor = await connection.execute(query.encode(), values)
        return await cursor.fetchone()


_END_ALL: Final = f"{_END} and account_id = %(account_id)s and session_id is distinct from %(but)s"


async def end_all(connection: AsyncConnection[DictRow], account_id: UUID, *, but: UUID | None = None, why: str) -> None:
    """As `Sessions.end_all`, in a transaction that acts as AUTH already."""
    await connection.execute(_END_ALL.encode(), {"account_id": account_id, "but": but, "why": why})


def end_all_now(connection: Connection[DictRow], account_id: UUID, *, why: str) -> None:
    """As `end_all`, where one blocks: policies and the command line."""
    connection.execute(_END_ALL.encode(), {"account_id": account_id, "but": None, "why": why})


def cookie(opened: Opened) -> str:
    """The `Set-Cookie` of a session."""
    return cookies.cookie_header(cookies.SESSION, opened.secret)


def sweep(connection: Connection[DictRow]) -> None:
    """Forget sessions that ended long ago, and challenges that nobody answered. Acts as AUTH."""
    connection.execute(
        "delete from auth.session where least(ended_at, ends_at) < now() - make_interval(days => %s)",
        (KEPT_DAYS,),
    )
    connection.execute("delete from auth.challenge where expires_at < now() - interval '1 day'")


def _opened(secret: str, row: dict[str, Any] | None) -> Opened:
    return Opened(secret, csrf_of(secret), _session(row))


def _session(row: dict[str, Any] | None) -> Session:
    if row is None:
        raise SessionOver
    return Session(**row)
