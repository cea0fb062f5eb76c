"""Neutral requests: one row whatever the truth, so that neither the answer nor its timing tells who has an account.

The worker finds out whether there is anybody (`gateway.mail.granting`). What the row holds is forgotten once that is
done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from psycopg import AsyncConnection, Connection
from psycopg.rows import DictRow

from gateway.service import Service
from ledger.kit.ids import uuid7

KEPT_DAYS: Final = 30


@dataclass(frozen=True)
class Wish:
    """`email_digest` is the keyed digest by which claims find an e-mail; `facts_sealed` is `str()` of a sealed text."""

    wish_id: UUID
    kind: str
    email_digest: bytes | None
    facts_sealed: str | None


Grant = Callable[[Service, Wish, Connection[DictRow]], None]
"""Looks whether there is anybody, and queues what follows, as AUTH, in the transaction that ends the wish."""


async def wish(
    connection: AsyncConnection[DictRow],
    kind: str,
    *,
    email_digest: bytes | None = None,
    facts_sealed: str | None = None,
    once: bytes | None = None,
) -> None:
    """Note a request, as AUTH: this one row is all that the answer waits for. Of two with the same `once` (a keyed
    digest) the first one counts.
    """
    wish_id = uuid7() if once is None else UUID(bytes=once[:16], version=4)
    await connection.execute(
        "insert into auth.wish (wish_id, kind, email_digest, facts_sealed) values (%s, %s, %s, %s) "
        "on conflict (wish_id) do nothing",
        (wish_id, kind, email_digest, facts_sealed),
    )


def sweep(connection: Connection[DictRow]) -> None:
    """Forget that there were wishes, long after."""
    connection.execute("delete from auth.wish where done_at < now() - make_interval(days => %s)", (KEPT_DAYS,))
