"""Questions about establishments (rows O50, O51). Names are filters of the search by body alone: a sole trader's is a
person's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from gateway.api.bodies import json_object, parse
from gateway.api.described import body
from gateway.api.document_reading import DocumentList
from gateway.api.document_rows import document_rows
from gateway.api.orders import refuse_parameters
from gateway.api.params import Number, PageParams, Params, Text
from gateway.api.reading import Call, Calling, Read
from gateway.api.shapes import Listed, paging
from projections.bank import shown_iban
from projections.establishment import queries
from projections.establishment.banking import Banking, banking
from projections.establishment.queries import Establishment, EstablishmentFilters

router: Final = APIRouter(prefix="/v1/establishments", tags=["establishments"])


class EstablishmentParams(PageParams):
    """Each filter is the whole value or its beginning."""

    number: Number | None = None
    siret: Number | None = None
    nda: Number | None = None


class EstablishmentSearch(EstablishmentParams):
    """The same filters and the beginning of words of the raison sociale (`name`) or of the enseigne (`trade_name`)."""

    name: Text | None = None
    trade_name: Text | None = None


class EstablishmentShown(BaseModel):
    """The columns of row O50 and the address. The IBAN is in full for those who hold the establishment, and for the
    fund's accountants; masked for others. An erased value is null or « effacé ».
    """

    establishment_id: UUID
    organisation_id: UUID
    number: str
    siret: str
    name: str | None
    trade_name: str | None
    street: str | None
    postcode: str
    town: str
    nda: str | None
    iban: str | None
    bic: str | None
    bank_details_on: date | None


@router.get(
    "",
    operation_id="list_establishments",
    summary="Voir mes établissements",
    response_model=Listed[EstablishmentShown],
)
async def list_establishments(call: Calling, params: Annotated[EstablishmentParams, Query()]) -> Response:
    read = await read_establishments(call, EstablishmentSearch(**params.model_dump()))
    return call.answer(read.shown, read.position)


@router.post(
    "/search",
    operation_id="search_establishments",
    summary="Chercher des établissements, y compris par leur nom",
    response_model=Listed[EstablishmentShown],
    openapi_extra=body(EstablishmentSearch, {"name": "modèle", "limit": 20}),
)
async def search_establishments(call: Calling, request: Request) -> Response:
    refuse_parameters(request)
    read = await read_establishments(call, parse(EstablishmentSearch, await json_object(request)))
    return call.answer(read.shown, read.position)


@router.get(
    "/{establishment_id}",
    operation_id="get_establishment",
    summary="Un établissement",
    response_model=EstablishmentShown,
)
async def get_establishment(call: Calling, establishment_id: UUID, params: Annotated[Params, Query()]) -> Response:
    read = await read_establishment(call, establishment_id, params)
    return call.detail(read.shown, read.position, version=read.version)


@router.get(
    "/{establishment_id}/documents",
    operation_id="list_establishment_documents",
    summary="Documents d'un établissement",
    response_model=DocumentList,
)
async def list_establishment_documents(
    call: Calling, establishment_id: UUID, params: Annotated[PageParams, Query()]
) -> Response:
    read = await read_establishment_documents(call, establishment_id, params)
    return call.answer(read.shown, read.position)


async def read_establishments(call: Call, asked: EstablishmentSearch) -> Read[Listed[EstablishmentShown]]:
    """Those that the caller holds, by number (row O50)."""
    filters = EstablishmentFilters(**asked.model_dump(exclude={"limit", "cursor", "min_position"}))
    async with call.reading("establishment", at_least=asked.min_position) as reading:
        page = await queries.list_establishments(reading.connection, call.reader, filters, asked.cursor, asked.limit)
    return Read(Listed[EstablishmentShown](items=await _shown(call, page.items), **paging(page)), reading.position)


async def read_establishment(call: Call, establishment_id: UUID, params: Params) -> Read[EstablishmentShown]:
    """NotFound where it is absent, or not the caller's."""
    async with call.reading("establishment", at_least=params.min_position) as reading:
        found = await queries.establishment(reading.connection, call.reader, establishment_id)
    [shown] = await _shown(call, [found])
    return Read(shown, reading.position, found.version)


async def read_establishment_documents(call: Call, establishment_id: UUID, params: PageParams) -> Read[DocumentList]:
    """Its documents, newest first (row O51)."""
    async with call.reading("establishment", "document", at_least=params.min_position) as reading:
        page = await queries.establishment_documents(
            reading.connection, call.reader, establishment_id, params.cursor, params.limit
        )
    return Read(DocumentList(items=await document_rows(call, page.items), **paging(page)), reading.position)


async def read_banking(call: Call) -> Read[Banking]:
    """How many of the caller's establishments wait for bank details: without them nothing can be paid (row O11)."""
    async with call.reading("establishment") as reading:
        shown = await banking(reading.connection, call.reader)
    return Read(shown, reading.position)


async def _shown(call: Call, rows: Sequence[Establishment]) -> list[EstablishmentShown]:
    clear = await call.opened_pairs((row.street_sealed, row.iban_sealed) for row in rows)
    return [
        EstablishmentShown(
            establishment_id=row.establishment_id,
            organisation_id=row.organisation_id,
            number=row.number,
            siret=row.siret,
            name=row.name,
            trade_name=row.trade_name,
            street=street,
            postcode=row.postcode,
            town=row.town,
            nda=row.nda,
            iban=iban and shown_iban(iban, in_full=row.iban_in_full),
            bic=row.bic,
            bank_details_on=row.bank_details_on,
        )
        for row, (street, iban) in zip(rows, clear, strict=True)
    ]
