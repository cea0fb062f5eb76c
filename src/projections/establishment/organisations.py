"""What staff ask of organisations (SIREN). For anybody else there are none."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from ledger.kit.errors import NotFound
from projections.fetching import Connection, fetch_one
from projections.reader import Reader


@dataclass(frozen=True, slots=True)
class Organisation:
    """A legal unit. An erased name is None."""

    organisation_id: UUID
    siren: str
    name: str | None
    is_provider: bool
    is_member: bool
    member_number: str | None
    legal_category: str | None
    version: int


async def organisation(connection: Connection, reader: Reader, organisation_id: UUID) -> Organisation:
    """NotFound where it is absent, or the reader is not staff."""
    if not reader.is_staff:
        raise NotFound
    query = (
        "select organisation_id, siren, name, is_provider, is_member, member_number, legal_category, version "
        "from read.organisation where organisation_id = %(organisation_id)s"
    )
    found = await fetch_one(connection, Organisation, query, {"organisation_id": organisation_id})
    if found is None:
        raise NotFound
    return found
