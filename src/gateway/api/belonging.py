"""To which organisations the caller's account belongs, by their names: what one's own pages show of it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from pydantic import BaseModel

from gateway.api.codes import KIND_LABELS, PROFILE_LABELS, Coded, coded
from gateway.api.reading import Call, Read
from gateway.api.shapes import Party, party
from projections.account.queries import Membership, memberships
from projections.establishment.identity import Identity, identities


class Belonging(BaseModel):
    """One membership. `name` is the raison sociale of its first establishment: null where there is none, or erased."""

    organisation_id: UUID
    name: str | None
    kind: Coded
    profile: Coded
    suspended: bool
    establishments: list[Party]


async def read_belongings(call: Call) -> Read[list[Belonging]]:
    """The caller's memberships, those that are suspended too; their establishments by name."""
    async with call.reading("account", "establishment") as reading:
        held = await memberships(reading.connection, call.caller.account_id)
        ids = {establishment_id for membership in held for establishment_id in membership.establishment_ids}
        known = await identities(reading.connection, ids)
    shown = [_shown(each, [known[one] for one in each.establishment_ids if one in known]) for each in held]
    return Read(shown, reading.position)


def _shown(held: Membership, places: Sequence[Identity]) -> Belonging:
    named = sorted(places, key=lambda place: (place.name or "", place.siret))
    return Belonging(
        organisation_id=held.organisation_id,
        name=next((place.name for place in named if place.name), None),
        kind=coded(held.kind, KIND_LABELS),
        profile=coded(held.profile, PROFILE_LABELS),
        suspended=held.suspended,
        establishments=[party(place) for place in named],
    )
