"""One person by name, for staff: never the NIR, the birth date or an address."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response

from gateway.api.params import Params
from gateway.api.problems import not_found
from gateway.api.reading import Calling
from projections.person.queries import names_of

router: Final = APIRouter(prefix="/v1/persons", tags=["persons"])


class PersonShown(BaseModel):
    """An erased name is null."""

    person_id: UUID
    last_name: str | None
    first_name: str | None


@router.get("/{person_id}", operation_id="get_person", summary="Une personne", response_model=PersonShown)
async def get_person(call: Calling, person_id: UUID, params: Annotated[Params, Query()]) -> Response:
    async with call.reading("person", at_least=params.min_position) as reading:
        found = (await names_of(reading.connection, [person_id])).get(person_id)
    if found is None:
        raise not_found()
    shown = PersonShown(person_id=found.person_id, last_name=found.last_name, first_name=found.first_name)
    return call.answer(shown, reading.position)
