"""Payments by month: what a beneficiary was paid, added up where the rows are."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from gateway.api.params import Day, Params
from gateway.api.reading import Call, Calling, Read
from gateway.api.shapes import Items
from ledger.kit.clock import paris_day
from projections.transfer.months import MOST, months

router: Final = APIRouter(prefix="/v1", tags=["transfers"])
MONTHS: Final = 24
FIRST: Final = date(2000, 1, 1)
LAST: Final = date(2199, 12, 31)


_OUT_OF_REACH: Final = "Une date de 2000 à 2199 est attendue."


def _in_reach(until: date) -> date:
    if not FIRST <= until <= LAST:
        raise PydanticCustomError("rule", _OUT_OF_REACH)
    return until


class TransferMonthsParams(Params):
    """`establishment_id` is the beneficiary's. The months end with the one of the day `until`, today's otherwise."""

    establishment_id: UUID | None = None
    until: Annotated[Day, AfterValidator(_in_reach)] | None = None
    months: int = Field(default=MONTHS, ge=1, le=MOST, description="Nombre de mois.")


class TransferMonthShown(BaseModel):
    """`month` is its first day. `paid_cents` is gross (TTC), over `count` transfers; rejected ones are in neither."""

    month: date
    paid_cents: int
    count: int


@router.get(
    "/transfer-months",
    operation_id="list_transfer_months",
    summary="Règlements par mois",
    response_model=Items[TransferMonthShown],
)
async def list_transfer_months(call: Calling, params: Annotated[TransferMonthsParams, Query()]) -> Response:
    read = await read_transfer_months(call, params)
    return call.answer(read.shown, read.position)


async def read_transfer_months(call: Call, params: TransferMonthsParams) -> Read[Items[TransferMonthShown]]:
    """Each of the months, oldest first, those without a payment too."""
    until = params.until or paris_day(call.caller.at)
    async with call.reading("transfer", at_least=params.min_position) as reading:
        found = await months(reading.connection, call.reader, until, params.months, params.establishment_id)
    items = [TransferMonthShown(month=each.month, paid_cents=each.paid_cents, count=each.count) for each in found]
    return Read(Items(items=items), reading.position)
