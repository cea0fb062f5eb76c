"""The outbox: a mail is queued in the transaction of what caused it, and sent by a worker later.

An address is the sealed text of the event, or sealed alike; a link's secret is sealed under the same key, and forgotten
once it is sent. A `cause` is queued once, so that what repeats does no harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection, Connection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from gateway.mail.links import NewLink
from ledger.kit.ids import uuid7
from ledger.kit.keyring import Keyring
from ledger.kit.personal import Personal

KEPT_DAYS: Final = 90
Facts = Mapping[str, str]
"""What a mail tells: ids, dates, codes. A value that is `str()` of a sealed text is opened when the mail is made."""

_INSERT: Final = """
insert into auth.mail (mail_id, cause, kind, recipient_sealed, facts, secret_sealed, link_id)
values (%(mail_id)s, %(cause)s, %(kind)s, %(recipient)s, %(facts)s, %(secret)s, %(link_id)s)
on conflict (cause) do nothing
"""


def enqueue(
    connection: Connection[DictRow],
    keyring: Keyring,
    *,
    cause: str,
    kind: str,
    recipient: Personal[str],
    facts: Facts | None = None,
    link: NewLink | None = None,
) -> UUID | None:
    """Queue a mail of `kind` (see `rendering.KINDS`); None where its cause was queued before. Acts as AUTH.

    `cause` is unique for ever: `policy:position:target`, or `link:<id>`. Nothing personal belongs in it.
    SubjectErased where there is a link and the recipient's key was destroyed.
    """
    row = _row(cause, kind, recipient, facts)
    if link is not None:
        row |= {"link_id": link.link_id, "secret": str(keyring.seal(recipient.subject, link.secret))}
    queued = connection.execute(_INSERT + " returning mail_id", row).fetchone()
    return queued["mail_id"] if queued else None


async def enqueue_async(
    connection: AsyncConnection[DictRow], *, cause: str, kind: str, recipient: Personal[str], facts: Facts | None = None
) -> None:
    """As `enqueue` on the event loop, for mails without a link: `password-set`, `new-device`, `factor-changed`."""
    await connection.execute(_INSERT, _row(cause, kind, recipient, facts))


def sweep(connection: Connection[DictRow]) -> None:
    """Forget what was sent, or given up, long ago."""
    connection.execute(
        "delete from auth.mail where coalesce(sent_at, gave_up_at) < now() - make_interval(days => %s)", (KEPT_DAYS,)
    )


def _row(cause: str, kind: str, recipient: Personal[str], facts: Facts | None) -> dict[str, Any]:
    return {
        "mail_id": uuid7(),
        "cause": cause,
        "kind": kind,
        "recipient": str(recipient),
        "facts": Jsonb(dict(facts or {})),
        "secret": None,
        "link_id": None,
    }
