"""How many pieces each category of a dossier has: the counters beside the upload buttons (row E9)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from projections.fetching import Connection, fetch
from projections.reader import Reader
from projections.scoping import scope_of, through_any


@dataclass(frozen=True, slots=True)
class _Count:
    category: str
    pieces: int


async def piece_counts(
    connection: Connection, reader: Reader, dossier_id: UUID, side: str | None = None
) -> dict[str, int]:
    """By category, what one side (None: all of them) handed in on a dossier and the reader sees; neither withdrawn nor
    quarantined.

    A category without any is not named. Whether the dossier is in sight is checked before.
    """
    query = f"""
        select link.category, count(*) as pieces from read.dossier_document link
         where link.dossier_id = %(dossier_id)s {"and link.side = %(side)s" if side else ""}
           and link.withdrawn_on is null and link.analysis <> 'infected' and {through_any(reader, "link.visible")}
         group by link.category"""
    asked = {"dossier_id": dossier_id, "side": side, **scope_of(reader)}
    return {row.category: row.pieces for row in await fetch(connection, _Count, query, asked)}
