"""How many establishments a reader holds, and how many of them have no account to pay (row O11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from projections.fetching import Connection, fetch_one
from projections.reader import Reader
from projections.scoping import scope_of, through


@dataclass(frozen=True, slots=True)
class Banking:
    """`without` of the `held` establishments have no bank details."""

    held: int
    without: int


_COLUMNS: Final = "count(*)::int as held, (count(*) filter (where iban_sealed is null))::int as without"


async def banking(connection: Connection, reader: Reader) -> Banking:
    """An account that was erased is still one on file: no decision depends on what can be erased."""
    query = f"select {_COLUMNS} from read.establishment where {through(reader, 'establishment_id')}"
    return await fetch_one(connection, Banking, query, scope_of(reader)) or Banking(0, 0)
