"""Questions about lots, for staff alone."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response

from gateway.api.params import PageParams, Params
from gateway.api.reading import Calling
from gateway.api.shapes import Listed, paging
from projections.transfer import queries
from projections.transfer.queries import Lot

router: Final = APIRouter(prefix="/v1/lots", tags=["lots"])


class LotRow(BaseModel):
    """One weekly run. Withdrawn transfers are not counted; nothing can be added once it is released."""

    lot_id: UUID
    reference: str
    scheduled_on: date
    released_on: date | None
    transfer_count: int
    total_cents: int


class LotShown(LotRow):
    """With what the bank answered."""

    paid_count: int
    rejected_count: int


@router.get("", operation_id="list_lots", summary="Les lots", response_model=Listed[LotRow])
async def list_lots(call: Calling, params: Annotated[PageParams, Query()]) -> Response:
    async with call.reading("transfer", at_least=params.min_position) as reading:
        page = await queries.list_lots(reading.connection, call.reader, params.cursor, params.limit)
    return call.answer(Listed[LotRow](items=[_row(each) for each in page.items], **paging(page)), reading.position)


@router.get("/{lot_id}", operation_id="get_lot", summary="Un lot", response_model=LotShown)
async def get_lot(call: Calling, lot_id: UUID, params: Annotated[Params, Query()]) -> Response:
    async with call.reading("transfer", at_least=params.min_position) as reading:
        found = await queries.lot(reading.connection, call.reader, lot_id)
    shown = LotShown(**_row(found).model_dump(), paid_count=found.paid_count, rejected_count=found.rejected_count)
    return call.detail(shown, reading.position, version=found.version)


def _row(lot: Lot) -> LotRow:
    return LotRow(
        lot_id=lot.lot_id,
        reference=lot.reference,
        scheduled_on=lot.scheduled_on,
        released_on=lot.released_on,
        transfer_count=lot.transfer_count,
        total_cents=lot.total_cents,
    )
