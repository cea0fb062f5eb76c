"""Questions about transfers (rows O34, O40 to O42). Portals see one once the bank has answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response

from gateway.api.codes import MODE_LABELS, SCHEME_LABELS, TRANSFER_STATUS_LABELS, TRANSFER_WAY, Coded, coded
from gateway.api.params import LotReference, PageParams, Params
from gateway.api.reading import Call, Calling, Read
from gateway.api.shapes import Items, Listed, paging
from projections.bank import shown_iban
from projections.dossier.queries import check_visible
from projections.transfer import queries
from projections.transfer.queries import DossierTransfer, Transfer, TransferFilters, TransferItem, TransferLine

router: Final = APIRouter(prefix="/v1", tags=["transfers"])
_READ: Final = ("transfer", "establishment", "document")


class TransferParams(PageParams):
    """`establishment_id` is the beneficiary's; `lot` the whole reference of the lot (« VIR550 »)."""

    establishment_id: UUID | None = None
    lot: LotReference | None = None


class BeneficiarySummary(BaseModel):
    establishment_id: UUID
    siret: str | None
    name: str | None


class TransferRow(BaseModel):
    """The columns of row O40. `advice_document_ids` are the avis de virement to download, in order."""

    transfer_id: UUID
    lot_id: UUID
    lot_reference: str
    status: Coded
    dated_on: date
    paid_on: date | None
    reject_reason: str | None
    beneficiary: BeneficiarySummary
    total_cents: int
    line_count: int
    advice_document_ids: list[UUID]


class Beneficiary(BaseModel):
    """Who was paid, as it was when the transfer was prepared."""

    establishment_id: UUID
    siret: str
    name: str
    postcode: str
    town: str


class LineShown(BaseModel):
    """A line of row O41. The sum of the lines is the transfer's total."""

    number: int
    invoice_id: UUID
    invoice_reference: str
    invoice_issued_on: date
    starts_on: date
    ends_on: date
    dossier_id: UUID
    dossier_number: str
    scheme: Coded
    title: str
    amount_cents: int


class TransferShown(BaseModel):
    """« RÈGLEMENT N° VIR550 »: one beneficiary's part of a lot. The account is the one that was paid, frozen."""

    transfer_id: UUID
    lot_id: UUID
    lot_reference: str
    status: Coded
    scheduled_on: date
    dated_on: date
    paid_on: date | None
    reject_reason: str | None
    beneficiary: Beneficiary
    iban: str
    bic: str
    total_cents: int
    line_count: int
    lines: list[LineShown]
    advice_document_ids: list[UUID]


class DossierTransferRow(BaseModel):
    """The columns of row O34: the dossier's own line, never the transfer's total. `beneficiary_label` is
    « raison sociale (SIRET) - CP / VILLE ». `transfer_in_sight`: the caller may open the transfer.
    """

    transfer_id: UUID
    lot_reference: str
    status: Coded
    paid_on: date | None
    beneficiary: Beneficiary
    beneficiary_label: str
    invoice_id: UUID
    invoice_reference: str
    starts_on: date
    ends_on: date
    scheme: Coded
    amount_cents: int
    mode: Coded
    iban: str
    bic: str
    transfer_in_sight: bool


@router.get(
    "/transfers",
    operation_id="list_transfers",
    summary="Consulter les règlements",
    response_model=Listed[TransferRow],
)
async def list_transfers(call: Calling, params: Annotated[TransferParams, Query()]) -> Response:
    read = await read_transfers(call, params)
    return call.answer(read.shown, read.position)


@router.get(
    "/transfers/{transfer_id}", operation_id="get_transfer", summary="Un règlement", response_model=TransferShown
)
async def get_transfer(call: Calling, transfer_id: UUID, params: Annotated[Params, Query()]) -> Response:
    read = await read_transfer(call, transfer_id, params)
    return call.detail(read.shown, read.position, version=read.version)


@router.get(
    "/dossiers/{dossier_id}/transfers",
    operation_id="list_dossier_transfers",
    summary="Onglet RÈGLEMENTS",
    response_model=Items[DossierTransferRow],
    tags=["dossiers"],
)
async def list_dossier_transfers(call: Calling, dossier_id: UUID, params: Annotated[Params, Query()]) -> Response:
    read = await read_dossier_transfers(call, dossier_id, params)
    return call.answer(read.shown, read.position)


async def read_transfers(call: Call, params: TransferParams) -> Read[Listed[TransferRow]]:
    """A page of transfers, the newest first."""
    filters = TransferFilters(establishment_id=params.establishment_id, lot=params.lot)
    async with call.reading(*_READ, at_least=params.min_position) as reading:
        page = await queries.list_transfers(reading.connection, call.reader, filters, params.cursor, params.limit)
    return Read(Listed[TransferRow](items=[_row(item) for item in page.items], **paging(page)), reading.position)


async def read_transfer(call: Call, transfer_id: UUID, params: Params) -> Read[TransferShown]:
    """One transfer with its lines. Raises NotFound where it is out of the caller's sight."""
    async with call.reading(*_READ, at_least=params.min_position) as reading:
        found = await queries.transfer(reading.connection, call.reader, transfer_id)
    name, iban = await call.opened([found.beneficiary_name_sealed, found.iban_sealed])
    return Read(_shown(found, name or "", iban or ""), reading.position, found.version)


async def read_dossier_transfers(call: Call, dossier_id: UUID, params: Params) -> Read[Items[DossierTransferRow]]:
    """The dossier's own lines. Raises NotFound where the dossier is out of the caller's sight."""
    async with call.reading("dossier", "transfer", at_least=params.min_position) as reading:
        await check_visible(reading.connection, call.reader, dossier_id)
        rows = await queries.transfers_of_dossier(reading.connection, call.reader, dossier_id)
    return Read(Items(items=await _dossier_rows(call, rows)), reading.position)


def _row(item: TransferItem) -> TransferRow:
    return TransferRow(
        transfer_id=item.transfer_id,
        lot_id=item.lot_id,
        lot_reference=item.lot_reference,
        status=coded(item.status, TRANSFER_STATUS_LABELS),
        dated_on=item.dated_on,
        paid_on=item.paid_on,
        reject_reason=item.reject_reason,
        beneficiary=BeneficiarySummary(
            establishment_id=item.beneficiary_establishment_id,
            siret=item.beneficiary_siret,
            name=item.beneficiary_name,
        ),
        total_cents=item.total_cents,
        line_count=item.line_count,
        advice_document_ids=list(item.advice_document_ids),
    )


def _shown(found: Transfer, name: str, iban: str) -> TransferShown:
    return TransferShown(
        transfer_id=found.transfer_id,
        lot_id=found.lot_id,
        lot_reference=found.lot_reference,
        status=coded(found.status, TRANSFER_STATUS_LABELS),
        scheduled_on=found.scheduled_on,
        dated_on=found.dated_on,
        paid_on=found.paid_on,
        reject_reason=found.reject_reason,
        beneficiary=_beneficiary(found, name),
        iban=shown_iban(iban, in_full=found.iban_in_full),
        bic=found.bic,
        total_cents=found.total_cents,
        line_count=found.line_count,
        lines=[_line(line) for line in found.lines],
        advice_document_ids=list(found.advice_document_ids),
    )


def _line(line: TransferLine) -> LineShown:
    return LineShown(
        number=line.number,
        invoice_id=line.invoice_id,
        invoice_reference=line.invoice_reference,
        invoice_issued_on=line.invoice_issued_on,
        starts_on=line.starts_on,
        ends_on=line.ends_on,
        dossier_id=line.dossier_id,
        dossier_number=line.dossier_number,
        scheme=coded(line.scheme, SCHEME_LABELS),
        title=line.title,
        amount_cents=line.amount_cents,
    )


async def _dossier_rows(call: Call, rows: Sequence[DossierTransfer]) -> list[DossierTransferRow]:
    clear = await call.opened_pairs((row.beneficiary_name_sealed, row.iban_sealed) for row in rows)
    return [_dossier_row(row, name or "", iban or "") for row, (name, iban) in zip(rows, clear, strict=True)]


def _dossier_row(row: DossierTransfer, name: str, iban: str) -> DossierTransferRow:
    return DossierTransferRow(
        transfer_id=row.transfer_id,
        lot_reference=row.lot_reference,
        status=coded(row.status, TRANSFER_STATUS_LABELS),
        paid_on=row.paid_on,
        beneficiary=_beneficiary(row, name),
        beneficiary_label=f"{name} ({row.beneficiary_siret}) - {row.postcode} / {row.town}",
        invoice_id=row.invoice_id,
        invoice_reference=row.invoice_reference,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        scheme=coded(row.scheme, SCHEME_LABELS),
        amount_cents=row.amount_cents,
        mode=coded(TRANSFER_WAY, MODE_LABELS),
        iban=shown_iban(iban, in_full=row.iban_in_full),
        bic=row.bic,
        transfer_in_sight=row.transfer_in_sight,
    )


def _beneficiary(row: Transfer | DossierTransfer, name: str) -> Beneficiary:
    return Beneficiary(
        establishment_id=row.beneficiary_establishment_id,
        siret=row.beneficiary_siret,
        name=name,
        postcode=row.postcode,
        town=row.town,
    )
