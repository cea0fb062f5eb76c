"""Where the read models stand, for operators. They are rebuilt, swapped and retried by the command line."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response

from gateway.api.params import Params
from gateway.api.reading import Calling
from gateway.api.shapes import Items

router: Final = APIRouter(prefix="/v1", tags=["operations"])
_ROWS: Final = (
    "select projector, version, position, state, failed_position, updated_at from read.position order by projector"
)


class ProjectionShown(BaseModel):
    """One read model. `failed_position` is the event that stopped it; the error itself is shown by the command line."""

    projector: str
    version: int
    position: int
    state: Literal["live", "failed", "waiting"]
    failed_position: int | None
    updated_at: datetime


@router.get(
    "/projections",
    operation_id="list_projections",
    summary="État des modèles de lecture",
    response_model=Items[ProjectionShown],
)
async def list_projections(call: Calling, params: Annotated[Params, Query()]) -> Response:
    async with call.reading("account", at_least=params.min_position) as reading:
        cursor = await reading.connection.execute(_ROWS)
        items = [ProjectionShown(**row) for row in await cursor.fetchall()]
    return call.answer(Items(items=items), min((each.position for each in items), default=0))
