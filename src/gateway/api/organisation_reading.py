"""One organisation (SIREN), for staff."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response

from gateway.api.codes import KIND_LABELS, Coded, coded
from gateway.api.params import Params
from gateway.api.reading import Calling
from ledger.organisation.events import OrganisationKind
from projections.establishment.organisations import Organisation, organisation

router: Final = APIRouter(prefix="/v1/organisations", tags=["organisations"])


class OrganisationShown(BaseModel):
    """An erased name is null."""

    organisation_id: UUID
    siren: str
    name: str | None
    kinds: list[Coded]
    member_number: str | None
    legal_category: str | None


@router.get(
    "/{organisation_id}", operation_id="get_organisation", summary="Un organisme", response_model=OrganisationShown
)
async def get_organisation(call: Calling, organisation_id: UUID, params: Annotated[Params, Query()]) -> Response:
    async with call.reading("establishment", at_least=params.min_position) as reading:
        found = await organisation(reading.connection, call.reader, organisation_id)
    return call.detail(_shown(found), reading.position, version=found.version)


def _shown(found: Organisation) -> OrganisationShown:
    held = ((found.is_provider, OrganisationKind.PROVIDER), (found.is_member, OrganisationKind.MEMBER))
    return OrganisationShown(
        organisation_id=found.organisation_id,
        siren=found.siren,
        name=found.name,
        kinds=[coded(kind, KIND_LABELS) for is_held, kind in held if is_held],
        member_number=found.member_number,
        legal_category=found.legal_category,
    )
