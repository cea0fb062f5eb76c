"""What the head of every page shows of whoever looks: the name, the kinds of the memberships, when the session ends.

One question, as AUTH; nothing sealed is opened for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from gateway.service import Service
from ledger.log.database import Role

_QUERY: Final = """
select p.last_name, p.first_name, s.ends_at,
       least(s.ends_at, s.seen_at + make_interval(secs => s.idle_seconds)) as idle_until,
       array(select distinct m.kind from read.membership m
              where m.account_id = s.account_id and not m.suspended) as kinds
  from auth.session s
       left join read.account a on a.account_id = s.account_id
       left join read.person p on p.person_id = a.person_id
 where s.session_id = %s
"""


@dataclass(frozen=True)
class Seen:
    """Erased names, and those not folded yet, are None. Left alone, the session ends at `idle_until`."""

    last_name: str | None = None
    first_name: str | None = None
    kinds: tuple[str, ...] = ()
    idle_until: datetime | None = None
    ends_at: datetime | None = None


NOBODY: Final = Seen()


async def seen(service: Service, session_id: UUID) -> Seen:
    """Of the session's account; NOBODY where the session has gone meanwhile."""
    async with service.queries.transaction(Role.AUTH) as connection:
        cursor = await connection.execute(_QUERY, (session_id,))
        row: dict[str, Any] | None = await cursor.fetchone()
    if row is None:
        return NOBODY
    return Seen(row["last_name"], row["first_name"], tuple(sorted(row["kinds"])), row["idle_until"], row["ends_at"])
