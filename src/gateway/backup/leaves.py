"""All the log's leaves in one hash: two logs that have the same are the same, byte by byte."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from psycopg import Connection
from psycopg.rows import DictRow, class_row

from ledger.log.envelope import envelope, leaf

_AT_ONCE: Final = 5_000


@dataclass(slots=True)
class _Row:
    """What an envelope is made of, with the payload as it is stored: nothing is decoded."""

    position: int
    recorded_at: datetime
    stream_id: UUID
    version: int
    name: str
    actor: UUID | None
    correlation_id: UUID | None
    causation_id: UUID | None
    dossiers: tuple[UUID, ...]
    payload: bytes


def digest_of_leaves(connection: Connection[DictRow], origin: str) -> str:
    """SHA-256 over the leaves in position order, hexadecimal. Within a transaction; in bounded memory."""
    digest = hashlib.sha256()
    with connection.cursor("leaves", row_factory=class_row(_Row)) as cursor:
        cursor.itersize = _AT_ONCE
        cursor.execute(f"select {', '.join(_Row.__slots__)} from log.events order by position", binary=True)
        for row in cursor:
            digest.update(leaf(envelope(origin, row, row.payload)))
    return digest.hexdigest()
