"""Questions about dossiers: the list with its counters, one dossier, its tabs (rows O30 to O35)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from gateway.api.bodies import json_object, parse
from gateway.api.codes import (
    CLOSING_LABELS,
    EXECUTION_LABELS,
    FINANCIAL_LABELS,
    INSTRUCTION_LABELS,
    SCHEME_LABELS,
    STATUS_LABELS,
    Coded,
    as_coded,
    coded,
)
from gateway.api.described import body
from gateway.api.orders import refuse_parameters
from gateway.api.params import Day, Number, PageParams, Params, Text
from gateway.api.reading import Call, Calling, Read
from gateway.api.shapes import Items, Listed, Party, paging, party
from ledger.dossier.scheme import Scheme
from projections.dossier import queries
from projections.dossier.queries import DossierFilters, DossierItem, Side, Sort

router: Final = APIRouter(prefix="/v1/dossiers", tags=["dossiers"])
_LIST: Final = ("dossier", "person", "establishment", "document")


class DossierParams(PageParams):
    """Filters of the list. A trainee's name is not among them: it would stand in a URL (see `search`)."""

    side: Side = Side.PROVIDER
    scheme: Scheme | None = None
    establishment_id: UUID | None = None
    starts_from: Day | None = None
    ends_until: Day | None = None
    number: Number | None = None
    sort: Sort = Sort.NEWEST


class DossierSearch(DossierParams):
    """The same filters and the trainee's name, in a body."""

    trainee_name: Text | None = None


class TraineeSummary(BaseModel):
    """The only trainee's name, or how many there are."""

    count: int
    last_name: str | None
    first_name: str | None


class CompanySummary(BaseModel):
    establishment_id: UUID
    siret: str | None
    name: str | None


class DossierRow(BaseModel):
    """The columns of row O31. `agreement_document_id` is null where there is no agreement to download."""

    dossier_id: UUID
    number: str
    request_number: str | None
    company: CompanySummary
    agreement_document_id: UUID | None
    trainees: TraineeSummary
    scheme: Coded
    title: str
    status: Coded
    starts_on: date
    ends_on: date


class CountersShown(BaseModel):
    """The reader's whole scope, unfiltered. `total` is the sum of `ongoing` and `settled`."""

    ongoing: int
    settled: int
    total: int
    cancelled: int
    refused: int


class DossierList(Listed[DossierRow]):
    counters: CountersShown


class DossierShown(BaseModel):
    """One dossier, along its four axes. Amounts are cents, gross."""

    dossier_id: UUID
    number: str
    request_number: str | None
    scheme: Coded
    title: str
    company: Party | None
    providers: list[Party]
    starts_on: date
    ends_on: date
    opened_on: date
    status: Coded
    instruction: Coded
    execution: Coded
    financial: Coded
    closing: Coded
    trainee_count: int
    agreement_cents: int
    reserved_cents: int
    paid_cents: int
    released_cents: int
    settled_on: date | None
    closed_on: date | None
    agreement_document_id: UUID | None


class TraineeShown(BaseModel):
    """Never NIR, birth date or address. An erased name is null."""

    person_id: UUID
    last_name: str | None
    first_name: str | None
    starts_on: date
    ends_on: date


@router.get("", operation_id="list_dossiers", summary="Suivre les dossiers", response_model=DossierList)
async def list_dossiers(call: Calling, params: Annotated[DossierParams, Query()]) -> Response:
    read = await read_dossiers(call, DossierSearch(**params.model_dump()))
    return call.answer(read.shown, read.position)


@router.post(
    "/search",
    operation_id="search_dossiers",
    summary="Chercher des dossiers, y compris par le nom d'un stagiaire",
    response_model=DossierList,
    openapi_extra=body(DossierSearch, {"trainee_name": "exemple ariane", "scheme": "PLAN", "limit": 20}),
)
async def search_dossiers(call: Calling, request: Request) -> Response:
    refuse_parameters(request)
    read = await read_dossiers(call, parse(DossierSearch, await json_object(request)))
    return call.answer(read.shown, read.position)


@router.get("/{dossier_id}", operation_id="get_dossier", summary="Un dossier", response_model=DossierShown)
async def get_dossier(call: Calling, dossier_id: UUID, params: Annotated[Params, Query()]) -> Response:
    read = await read_dossier(call, dossier_id, params)
    return call.detail(read.shown, read.position, version=read.version)


@router.get(
    "/{dossier_id}/trainees",
    operation_id="list_dossier_trainees",
    summary="Onglet STAGIAIRE(S)",
    response_model=Items[TraineeShown],
)
async def list_dossier_trainees(call: Calling, dossier_id: UUID, params: Annotated[Params, Query()]) -> Response:
    read = await read_trainees(call, dossier_id, params)
    return call.answer(read.shown, read.position)


async def read_dossiers(call: Call, asked: DossierSearch) -> Read[dict[str, Any]]:
    """A DossierList. Not made as one: see `_row`."""
    fields = asked.model_dump(exclude={"limit", "cursor", "min_position"})
    async with call.reading(*_LIST, at_least=asked.min_position) as reading:
        counting = await queries.ask_dossier_counters(reading.connection, call.reader, asked.side)
        listing = await queries.ask_dossiers(
            reading.connection, call.reader, DossierFilters(**fields), asked.cursor, asked.limit
        )
    # Fetched here, and not above: the whole transaction was one round trip.
    page = await listing.page()
    counters = await counting.one() or queries.NOTHING_COUNTED
    counted = {
        "ongoing": counters.ongoing,
        "settled": counters.settled,
        "total": counters.total,
        "cancelled": counters.cancelled,
        "refused": counters.refused,
    }
    shown = {"items": [_row(item) for item in page.items], **paging(page), "counters": counted}
    return Read(shown, reading.position)


async def read_dossier(call: Call, dossier_id: UUID, params: Params) -> Read[DossierShown]:
    """One dossier. Raises NotFound where it is out of the caller's sight."""
    async with call.reading("dossier", "establishment", "document", at_least=params.min_position) as reading:
        found = await queries.dossier(reading.connection, call.reader, dossier_id)
    return Read(_shown(found), reading.position, found.version)


async def read_trainees(call: Call, dossier_id: UUID, params: Params) -> Read[Items[TraineeShown]]:
    """Who is trained, each with the days of their own. Raises NotFound as `read_dossier` does."""
    async with call.reading("dossier", "person", at_least=params.min_position) as reading:
        trainees = await queries.dossier_trainees(reading.connection, call.reader, dossier_id)
    items = [
        TraineeShown(
            person_id=each.person_id,
            last_name=each.last_name,
            first_name=each.first_name,
            starts_on=each.starts_on,
            ends_on=each.ends_on,
        )
        for each in trainees
    ]
    return Read(Items(items=items), reading.position)


def _row(item: DossierItem) -> dict[str, object]:
    """A DossierRow. Not made as one: fifty of them, validated and written again, are a quarter of the page's cost."""
    return {
        "dossier_id": item.dossier_id,
        "number": item.number,
        "request_number": item.request_number,
        "company": {
            "establishment_id": item.company_establishment_id,
            "siret": item.company_siret,
            "name": item.company_name,
        },
        "agreement_document_id": item.agreement_document_id,
        "trainees": {
            "count": item.trainee_count,
            "last_name": item.trainee_last_name,
            "first_name": item.trainee_first_name,
        },
        "scheme": as_coded(item.scheme, SCHEME_LABELS),
        "title": item.title,
        "status": as_coded(item.status, STATUS_LABELS),
        "starts_on": item.starts_on,
        "ends_on": item.ends_on,
    }


def _shown(found: queries.Dossier) -> DossierShown:
    return DossierShown(
        dossier_id=found.dossier_id,
        number=found.number,
        request_number=found.request_number,
        scheme=coded(found.scheme, SCHEME_LABELS),
        title=found.title,
        company=party(found.company) if found.company else None,
        providers=[party(each) for each in found.providers],
        starts_on=found.starts_on,
        ends_on=found.ends_on,
        opened_on=found.opened_on,
        status=coded(found.status, STATUS_LABELS),
        instruction=coded(found.instruction, INSTRUCTION_LABELS),
        execution=coded(found.execution, EXECUTION_LABELS),
        financial=coded(found.financial, FINANCIAL_LABELS),
        closing=coded(found.closing, CLOSING_LABELS),
        trainee_count=found.trainee_count,
        agreement_cents=found.agreement_cents,
        reserved_cents=found.reserved_cents,
        paid_cents=found.paid_cents,
        released_cents=found.released_cents,
        settled_on=found.settled_on,
        closed_on=found.closed_on,
        agreement_document_id=found.agreement_document_id,
    )
