"""How the outbox is doing, and having another try: for operators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from psycopg import Connection
from psycopg.rows import DictRow

_STATUS: Final = """
select count(*) filter (where sent_at is null and gave_up_at is null) as waiting,
       count(*) filter (where sent_at is null and gave_up_at is null and attempts > 0) as put_off,
       min(made_at) filter (where sent_at is null and gave_up_at is null) as oldest,
       count(*) filter (where gave_up_at > now() - interval '7 days') as given_up,
       count(*) filter (where sent_at > now() - interval '1 day') as sent
  from auth.mail
"""
_TROUBLED: Final = """
select mail_id, kind, made_at, attempts, last_code, gave_up_at is not null as given_up from auth.mail
 where sent_at is null and last_code is not null order by made_at desc limit %s
"""
_RETRY: Final = """
update auth.mail set next_at = now(), claimed_until = null
 where sent_at is null and gave_up_at is null and attempts > 0 and (%(mail_id)s::uuid is null or mail_id = %(mail_id)s)
"""


@dataclass(frozen=True)
class Status:
    """`given_up` of the last seven days, `sent` of the last; `oldest` is when the one that waits longest was queued."""

    waiting: int
    put_off: int
    oldest: datetime | None
    given_up: int
    sent: int


@dataclass(frozen=True)
class Troubled:
    """A mail that did not go: `last_code` is an SMTP code, or one of docs/mail.md. Never to whom."""

    mail_id: UUID
    kind: str
    made_at: datetime
    attempts: int
    last_code: str
    given_up: bool


def status(connection: Connection[DictRow]) -> Status:
    """The figures, as AUTH."""
    row = connection.execute(_STATUS).fetchone()
    if row is None:
        raise LookupError("the database returned no row")
    return Status(**row)


def troubled(connection: Connection[DictRow], *, limit: int = 20) -> list[Troubled]:
    """The latest that did not go."""
    return [Troubled(**row) for row in connection.execute(_TROUBLED, (limit,))]


def retry(connection: Connection[DictRow], mail_id: UUID | None = None) -> int:
    """Have those that were put off tried now, or one of them; how many. What was given up has no secret any more."""
    return connection.execute(_RETRY, {"mail_id": mail_id}).rowcount
