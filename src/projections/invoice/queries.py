"""What readers ask of invoices. Each function takes an open transaction, whose role and scope are the reader's.

A portal reader sees the invoices of its own establishments alone, not those of a dossier's other parties.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from ledger.kit.errors import NotFound
from projections.fetching import Connection, fetch, fetch_count, fetch_one
from projections.invoice.status import Status
from projections.page import COUNTED, Page, check_limit, counted, page_of, read_cursor, write_cursor
from projections.reader import Reader
from projections.scoping import scope_of, through

__all__ = ["Invoice", "InvoiceFilters", "Status", "invoice", "list_invoices"]


class InvoiceFilters(BaseModel):
    """`establishment_id` is the beneficiary's."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    establishment_id: UUID | None = None
    dossier_id: UUID | None = None
    status: Status | None = None


@dataclass(frozen=True, slots=True)
class Invoice:
    """One invoice, in a list or alone. Amounts are cents; `dispute_reason_sealed` is the caller's to open."""

    invoice_id: UUID
    dossier_id: UUID
    dossier_number: str | None
    beneficiary_establishment_id: UUID
    beneficiary_name: str | None
    beneficiary_siret: str | None
    reference: str
    status: str
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
    dispute_reason_sealed: str | None
    lot_id: UUID | None
    transfer_id: UUID | None
    paid_on: date | None
    version: int


_ORDER: Final = "invoices"
_INVOICE: Final = """
select x.invoice_id, x.dossier_id, d.number as dossier_number, x.beneficiary_establishment_id,
       i.name as beneficiary_name, i.siret as beneficiary_siret, x.reference, x.status, x.issued_on, x.starts_on,
       x.ends_on, x.received_on, x.net_cents, x.vat_rate_basis_points, x.vat_cents, x.gross_cents, x.vat_exemption,
       x.service_attested_on, x.approved_cents, x.approved_on, x.dispute_reason_sealed, x.lot_id, x.transfer_id,
       x.paid_on, x.version
  from {source} x
  left join read.dossier d on d.dossier_id = x.dossier_id
  left join read.establishment_identity i on i.establishment_id = x.beneficiary_establishment_id
"""


async def list_invoices(
    connection: Connection, reader: Reader, filters: InvoiceFilters, cursor: str | None = None, limit: int = 50
) -> Page[Invoice]:
    """The last received first. Invalid: `cursor`, `limit`."""
    asked: dict[str, Any] = {"establishments": _beneficiaries(reader, filters), **filters.model_dump(mode="json")}
    after = read_cursor(cursor, _ORDER, date.fromisoformat, UUID)
    if after:
        asked |= {"after_day": after[0], "after_id": after[1]}
    beyond = "and (x.received_on, x.invoice_id) < (%(after_day)s::date, %(after_id)s::uuid)" if after else ""
    ordered = "order by x.received_on desc, x.invoice_id desc"
    found = _each(asked["establishments"], f"{_conditions(filters)} {beyond} {ordered} limit %(fetch)s")
    page = f"(select * from ({found}) x {ordered} limit %(fetch)s)"
    query = f"{_INVOICE.format(source=page)} {ordered}"
    rows = await fetch(connection, Invoice, query, asked | {"fetch": check_limit(limit) + 1})
    items, next_cursor = page_of(rows, limit, lambda row: write_cursor(_ORDER, row.received_on, row.invoice_id))
    count = _each(asked["establishments"], f"{_conditions(filters)} limit {COUNTED + 1}")
    count = f"select count(*) from (select from ({count}) x limit {COUNTED + 1}) as found"
    total, is_capped = counted(await fetch_count(connection, count, asked))
    return Page(items, next_cursor, total, is_capped)


async def invoice(connection: Connection, reader: Reader, invoice_id: UUID) -> Invoice:
    """NotFound where it is absent, or not for an establishment of the reader's."""
    seen = through(reader, "x.beneficiary_establishment_id")
    query = f"{_INVOICE.format(source='read.invoice')} where x.invoice_id = %(invoice_id)s and {seen}"
    found = await fetch_one(connection, Invoice, query, {"invoice_id": invoice_id, **scope_of(reader)})
    if found is None:
        raise NotFound
    return found


def _beneficiaries(reader: Reader, filters: InvoiceFilters) -> list[UUID] | None:
    """The establishments whose lists are merged; None for everybody's."""
    if not reader.is_staff:
        return list(reader.narrowed(filters.establishment_id))
    return None if filters.establishment_id is None else [filters.establishment_id]


def _each(establishments: list[UUID] | None, rest: str) -> str:
    """One index scan for each establishment, where there are some."""
    if establishments is None:
        return f"select x.* from read.invoice x where true {rest}"
    return (
        "select found.* from unnest(%(establishments)s::uuid[]) as s (establishment_id) cross join lateral ("
        f"select x.* from read.invoice x where x.beneficiary_establishment_id = s.establishment_id {rest}) found"
    )


def _conditions(filters: InvoiceFilters) -> str:
    asked = {
        "and x.dossier_id = %(dossier_id)s": filters.dossier_id,
        "and x.status = %(status)s": filters.status,
    }
    return " ".join(condition for condition, value in asked.items() if value is not None)
