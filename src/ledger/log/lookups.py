"""Many small readings of the log in one query each, for batches."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow

from ledger.log.database import Database, Role


def select_claims(database: Database, kind: str, digests: Collection[bytes]) -> Mapping[bytes, UUID]:
    """The streams that hold values of one kind, by keyed digest; one that nobody holds has no entry."""
    query = "select digest, stream_id from log.claims where kind = %s and digest = any(%s)"
    return {bytes(row["digest"]): row["stream_id"] for row in _select(database, query, (kind, list(digests)))}


def select_keys(database: Database, digests: Collection[bytes]) -> Mapping[bytes, DictRow]:
    """What idempotency keys were answered, by digest; one that was not used has no entry."""
    query = "select digest, body, position, status, resource_id from log.idempotency where digest = any(%s)"
    return {bytes(row["digest"]): row for row in _select(database, query, (list(digests),))}


def _select(database: Database, query: str, parameters: tuple[Any, ...]) -> list[DictRow]:
    with database.transaction(Role.WRITER) as connection:
        return connection.execute(query.encode(), parameters, binary=True).fetchall()
