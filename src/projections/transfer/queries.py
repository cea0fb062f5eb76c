"""What readers ask of transfers (rows O34, O40–O42) and, for staff, of lots.

Each function takes an open transaction, whose role and scope are the reader's. Portal readers see a transfer to one of
their establishments once the bank has answered. `…_sealed` columns are the caller's to open; the IBAN is then shown
through `projections.bank.shown_iban`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final
from uuid import UUID

from ledger.kit.errors import NotFound
from projections.bank import iban_in_full
from projections.fetching import Connection, fetch, fetch_one
from projections.reader import Reader
from projections.scoping import scope_of, through, through_any
from projections.transfer.listing import TransferFilters, TransferItem, list_transfers, seen_status, status_of
from projections.transfer.lots import Lot, LotDetail, list_lots, lot

__all__ = [
    "DossierTransfer",
    "Lot",
    "LotDetail",
    "Transfer",
    "TransferFilters",
    "TransferItem",
    "TransferLine",
    "list_lots",
    "list_transfers",
    "lot",
    "transfer",
    "transfers_of_dossier",
]


@dataclass(frozen=True, slots=True)
class TransferLine:
    """One invoice paid, as the avis shows it. `amount_cents` is gross (TTC)."""

    number: int
    invoice_id: UUID
    dossier_id: UUID
    dossier_number: str
    invoice_reference: str
    invoice_issued_on: date
    starts_on: date
    ends_on: date
    scheme: str
    title: str
    amount_cents: int


@dataclass(frozen=True, slots=True)
class _Head:
    transfer_id: UUID
    lot_id: UUID
    lot_reference: str
    status: str
    scheduled_on: date
    dated_on: date
    paid_on: date | None
    reject_reason: str | None
    beneficiary_establishment_id: UUID
    beneficiary_name_sealed: str
    beneficiary_siret: str
    postcode: str
    town: str
    iban_sealed: str
    bic: str
    total_cents: int
    line_count: int
    advice_document_ids: tuple[UUID, ...]
    version: int


@dataclass(frozen=True, slots=True)
class Transfer(_Head):
    """One transfer, with its lines: their sum is its total. The beneficiary and the account are those of then."""

    iban_in_full: bool
    lines: tuple[TransferLine, ...]


@dataclass(frozen=True, slots=True)
class _DossierLine:
    transfer_id: UUID
    lot_reference: str
    status: str
    paid_on: date | None
    beneficiary_establishment_id: UUID
    beneficiary_name_sealed: str
    beneficiary_siret: str
    postcode: str
    town: str
    invoice_id: UUID
    invoice_reference: str
    starts_on: date
    ends_on: date
    scheme: str
    amount_cents: int
    iban_sealed: str
    bic: str


@dataclass(frozen=True, slots=True)
class DossierTransfer(_DossierLine):
    """A row of a dossier's tab RÈGLEMENTS: the line's own amount, never the transfer's total.

    `transfer_in_sight`: the reader may open the transfer itself, whose other lines are of other dossiers.
    """

    iban_in_full: bool
    transfer_in_sight: bool


_ADVICE: Final = """array(
  select a.document_id from read.document a
   where a.transfer_id = t.transfer_id and a.category = 'remittance-advice' and a.withdrawn_on is null
     and a.analysis in ('none', 'clean')
   order by a.deposited_on, a.document_id)"""


async def transfer(connection: Connection, reader: Reader, transfer_id: UUID) -> Transfer:
    """NotFound where it is absent, another's, or (for portal readers) not answered by the bank yet."""
    status, lots = status_of(reader)
    query = f"""
        select t.transfer_id, t.lot_id, t.lot_reference, {status} as status, t.scheduled_on, t.dated_on, t.paid_on,
               t.reject_reason, t.beneficiary_establishment_id, p.beneficiary_name_sealed, p.beneficiary_siret,
               p.postcode, p.town, p.iban_sealed, p.bic, t.total_cents, t.line_count, {_ADVICE} as advice_document_ids,
               t.version
          from read.transfer t join read.transfer_payee p using (transfer_id) {lots}
         where t.transfer_id = %(transfer_id)s
           and {through(reader, "t.beneficiary_establishment_id")} and {seen_status(reader, "t")}"""
    asked: dict[str, Any] = {"transfer_id": transfer_id, **scope_of(reader)}
    head = await fetch_one(connection, _Head, query, asked)
    if head is None:
        raise NotFound
    lines = await fetch(connection, TransferLine, _lines(reader), asked)
    in_full = iban_in_full(reader, head.beneficiary_establishment_id)
    return Transfer(**_values(head), iban_in_full=in_full, lines=tuple(lines))


async def transfers_of_dossier(connection: Connection, reader: Reader, dossier_id: UUID) -> tuple[DossierTransfer, ...]:
    """The lines paid (or rejected) for a dossier, newest first. Whether the dossier is in sight is checked before."""
    status, lots = status_of(reader)
    query = f"""
        select t.transfer_id, t.lot_reference, {status} as status, t.paid_on, t.beneficiary_establishment_id,
               t.beneficiary_name_sealed, t.beneficiary_siret, t.postcode, t.town, x.invoice_id, x.invoice_reference,
               x.starts_on, x.ends_on, x.scheme, x.amount_cents, t.iban_sealed, t.bic
          from read.transfer_line x join read.transfer_payee t using (transfer_id) {lots}
         where x.dossier_id = %(dossier_id)s
           and {through_any(reader, "x.visible")} and {seen_status(reader, "t")}
         order by t.paid_on desc nulls last, x.transfer_id desc, x.number"""
    rows = await fetch(connection, _DossierLine, query, {"dossier_id": dossier_id, **scope_of(reader)})
    return tuple(_dossier_transfer(reader, row) for row in rows)


def _dossier_transfer(reader: Reader, row: _DossierLine) -> DossierTransfer:
    beneficiary_id = row.beneficiary_establishment_id
    return DossierTransfer(
        **_values(row),
        iban_in_full=iban_in_full(reader, beneficiary_id),
        transfer_in_sight=reader.is_staff or reader.holds(beneficiary_id),
    )


def _lines(reader: Reader) -> str:
    columns = ", ".join(f"x.{field.name}" for field in fields(TransferLine))
    seen = through_any(reader, "x.visible")
    return (
        f"select {columns} from read.transfer_line x where x.transfer_id = %(transfer_id)s and {seen} order by x.number"
    )


def _values(row: _Head | _DossierLine) -> dict[str, Any]:
    return {field.name: getattr(row, field.name) for field in fields(row)}
