"""Searches that name a person, kept for as long as their session: by an id that nobody can guess, sealed by the caller.

Found by the same account in the same session, while that lives: another's id, an old one and none at all look alike.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from psycopg import Connection
from psycopg.rows import DictRow

from ledger.log.database import AsyncDatabase, Role

KEPT_HOURS: Final = 12
MOST: Final = 50
"""Of one session: the oldest goes when one more comes."""

_INSERT: Final = """
insert into auth.search (account_id, session_id, kind, filters_sealed)
values (%(account_id)s, %(session_id)s, %(kind)s, %(filters_sealed)s) returning search_id"""
_LIMIT: Final = """
delete from auth.search where search_id in (
  select search_id from auth.search where session_id = %(session_id)s order by made_at desc offset %(most)s)"""
_FIND: Final = """
update auth.search k set used_at = now()
 where k.search_id = %(search_id)s and k.account_id = %(account_id)s and k.session_id = %(session_id)s
   and k.kind = %(kind)s and k.used_at > now() - make_interval(hours => %(hours)s)
   and exists (select from auth.session s
                where s.session_id = k.session_id and s.ended_at is null and s.ends_at > now())
returning filters_sealed"""


async def keep(queries: AsyncDatabase, *, account_id: UUID, session_id: UUID, kind: str, filters_sealed: str) -> UUID:
    """The id under which it is found again. It is a random one (version 4): it tells no time either."""
    values = {"account_id": account_id, "session_id": session_id, "kind": kind, "filters_sealed": filters_sealed}
    async with queries.transaction(Role.AUTH) as connection:
        row = await (await connection.execute(_INSERT, values)).fetchone()
        await connection.execute(_LIMIT, {"session_id": session_id, "most": MOST})
    if row is None:
        raise LookupError("the database returned no row")
    found: UUID = row["search_id"]
    return found


async def find(queries: AsyncDatabase, search_id: UUID, *, account_id: UUID, session_id: UUID, kind: str) -> str | None:
    """The sealed filters; None where there is no such search of this session's."""
    values = {"search_id": search_id, "account_id": account_id, "session_id": session_id, "kind": kind}
    async with queries.transaction(Role.AUTH) as connection:
        row = await (await connection.execute(_FIND, {**values, "hours": KEPT_HOURS})).fetchone()
    return None if row is None else str(row["filters_sealed"])


def sweep(connection: Connection[DictRow]) -> None:
    """Forget searches that nobody came back to, and those of sessions that are over. Acts as AUTH."""
    connection.execute(
        "delete from auth.search k where k.used_at < now() - make_interval(hours => %s) or not exists "
        "(select from auth.session s where s.session_id = k.session_id and s.ended_at is null and s.ends_at > now())",
        (KEPT_HOURS,),
    )
