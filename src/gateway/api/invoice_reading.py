"""Questions about invoices. A portal sees those of its own establishments alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response

from gateway.api.codes import INVOICE_STATUS_LABELS, Coded, coded
from gateway.api.params import PageParams, Params
from gateway.api.reading import Call, Calling
from gateway.api.shapes import Listed, paging
from gateway.api.transfer_reading import BeneficiarySummary
from projections.invoice import queries
from projections.invoice.queries import Invoice, InvoiceFilters, Status

router: Final = APIRouter(prefix="/v1/invoices", tags=["invoices"])


class InvoiceParams(PageParams):
    """`establishment_id` is the beneficiary's."""

    establishment_id: UUID | None = None
    dossier_id: UUID | None = None
    status: Status | None = None


class InvoiceShown(BaseModel):
    """One invoice. Amounts are cents; the rate is in hundredths of a percent. An erased reason is « effacé »."""

    invoice_id: UUID
    dossier_id: UUID
    dossier_number: str | None
    beneficiary: BeneficiarySummary
    reference: str
    status: Coded
    issued_on: date
    starts_on: date
    ends_on: date
    received_on: date
    net_cents: int
    vat_rate_basis_points: int
    vat_cents: int
    gross_cents: int
    vat_exemption: str | None
    service_attested_on: date | None
    approved_cents: int
    approved_on: date | None
    dispute_reason: str | None
    transfer_id: UUID | None
    paid_on: date | None


@router.get("", operation_id="list_invoices", summary="Les factures", response_model=Listed[InvoiceShown])
async def list_invoices(call: Calling, params: Annotated[InvoiceParams, Query()]) -> Response:
    filters = InvoiceFilters(**params.model_dump(exclude={"limit", "cursor", "min_position"}))
    async with call.reading("invoice", "dossier", "establishment", at_least=params.min_position) as reading:
        page = await queries.list_invoices(reading.connection, call.reader, filters, params.cursor, params.limit)
    shown = Listed[InvoiceShown](items=await _shown(call, page.items), **paging(page))
    return call.answer(shown, reading.position)


@router.get("/{invoice_id}", operation_id="get_invoice", summary="Une facture", response_model=InvoiceShown)
async def get_invoice(call: Calling, invoice_id: UUID, params: Annotated[Params, Query()]) -> Response:
    async with call.reading("invoice", "dossier", "establishment", at_least=params.min_position) as reading:
        found = await queries.invoice(reading.connection, call.reader, invoice_id)
    [shown] = await _shown(call, [found])
    return call.detail(shown, reading.position, version=found.version)


async def _shown(call: Call, rows: Sequence[Invoice]) -> list[InvoiceShown]:
    reasons = await call.opened([row.dispute_reason_sealed for row in rows])
    return [_invoice(row, reason) for row, reason in zip(rows, reasons, strict=True)]


def _invoice(row: Invoice, reason: str | None) -> InvoiceShown:
    return InvoiceShown(
        invoice_id=row.invoice_id,
        dossier_id=row.dossier_id,
        dossier_number=row.dossier_number,
        beneficiary=BeneficiarySummary(
            establishment_id=row.beneficiary_establishment_id, siret=row.beneficiary_siret, name=row.beneficiary_name
        ),
        reference=row.reference,
        status=coded(row.status, INVOICE_STATUS_LABELS),
        issued_on=row.issued_on,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        received_on=row.received_on,
        net_cents=row.net_cents,
        vat_rate_basis_points=row.vat_rate_basis_points,
        vat_cents=row.vat_cents,
        gross_cents=row.gross_cents,
        vat_exemption=row.vat_exemption,
        service_attested_on=row.service_attested_on,
        approved_cents=row.approved_cents,
        approved_on=row.approved_on,
        dispute_reason=reason,
        transfer_id=row.transfer_id,
        paid_on=row.paid_on,
    )
