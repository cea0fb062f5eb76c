"""The public side of an establishment, by which every other noun names it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from projections.fetching import Connection, fetch


@dataclass(frozen=True, slots=True)
class Identity:
    """As it is called today; an erased name is None. What was frozen on a transfer is with the transfer."""

    establishment_id: UUID
    siret: str
    name: str | None
    trade_name: str | None
    postcode: str
    town: str


async def identities(connection: Connection, establishment_ids: Iterable[UUID]) -> dict[UUID, Identity]:
    """The identities of these establishments, by id."""
    found = await fetch(
        connection,
        Identity,
        "select establishment_id, siret, name, trade_name, postcode, town from read.establishment_identity "
        "where establishment_id = any(%(ids)s::uuid[])",
        {"ids": list(establishment_ids)},
    )
    return {identity.establishment_id: identity for identity in found}
