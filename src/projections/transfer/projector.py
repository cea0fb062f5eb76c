"""Lots, transfers and their lines."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from typing import Any, ClassVar, Final

from ledger.dossier.events import DossierOpened
from ledger.transfer.events import (
    LotOpened,
    LotReleased,
    TransferAdded,
    TransferPaid,
    TransferPrepared,
    TransferRejected,
    TransferRemoved,
    TransferWithdrawn,
)
from projections.engine import Entry, Need, Projector, Row, Rows, Table, columns, key, new, on
from projections.parties import parties_of
from projections.transfer.status import Status

_copied: Final = itemgetter(
    "invoice_id",
    "dossier_id",
    "dossier_number",
    "invoice_reference",
    "invoice_issued_on",
    "starts_on",
    "ends_on",
    "scheme",
    "title",
    "amount_cents",
)


def _preparation(entry: Entry) -> Iterator[Need]:
    yield new("transfer", entry.id)
    yield new("transfer_payee", entry.id)
    for line in entry.data["lines"]:
        yield key("transfer_party", line["dossier_id"])


def _lot(entry: Entry) -> tuple[Need, ...]:
    return (key("lot", entry.id),)


def _transfer(entry: Entry) -> tuple[Need, ...]:
    return key("transfer", entry.id), key("transfer_payee", entry.id)


class TransferProjector(Projector):
    """`released` is no status of a transfer's row: its lot says so, in one row, and the query joins it."""

    NAME: ClassVar[str] = "transfer"
    VERSION: ClassVar[int] = 2
    TABLES: ClassVar[tuple[Table, ...]] = (
        Table(
            "lot",
            key=("lot_id",),
            columns=columns(
                lot_id="uuid",
                reference="text",
                scheduled_on="date",
                transfer_count="int",
                total_cents="bigint",
                released_on="date",
                version="bigint",
            ),
        ),
        Table(
            "transfer",
            key=("transfer_id",),
            columns=columns(
                transfer_id="uuid",
                lot_id="uuid",
                lot_reference="text",
                beneficiary_establishment_id="uuid",
                status="text",
                scheduled_on="date",
                dated_on="date",
                paid_on="date",
                reject_reason="text",
                total_cents="bigint",
                line_count="int",
                version="bigint",
            ),
        ),
        Table(
            "transfer_payee",
            key=("transfer_id",),
            columns=columns(
                transfer_id="uuid",
                lot_id="uuid",
                lot_reference="text",
                status="text",
                paid_on="date",
                beneficiary_establishment_id="uuid",
                beneficiary_siret="text",
                beneficiary_name_sealed="text",
                postcode="text",
                town="text",
                iban_sealed="text",
                bic="text",
                visible="uuid[]",
            ),
        ),
        Table(
            "transfer_line",
            key=("transfer_id", "number"),
            columns=columns(
                transfer_id="uuid",
                number="int",
                invoice_id="uuid",
                dossier_id="uuid",
                dossier_number="text",
                invoice_reference="text",
                invoice_issued_on="date",
                starts_on="date",
                ends_on="date",
                scheme="text",
                title="text",
                amount_cents="bigint",
                visible="uuid[]",
            ),
            kept=False,
        ),
        Table("transfer_party", key=("dossier_id",), columns=columns(dossier_id="uuid", visible="uuid[]")),
    )

    @on(DossierOpened, needs=lambda e: (new("transfer_party", e.id),))
    def dossier_opened(self, event: Entry, rows: Rows) -> None:
        rows.put("transfer_party", {"dossier_id": event.id, "visible": parties_of(event.data)})

    @on(LotOpened, needs=lambda e: (new("lot", e.id),))
    def lot_opened(self, event: Entry, rows: Rows) -> None:
        facts = {"reference": event.data["reference"], "scheduled_on": event.data["scheduled_on"]}
        empty = {"transfer_count": 0, "total_cents": 0}
        rows.put("lot", {"lot_id": event.id, **facts, **empty, "version": event.version})

    @on(TransferAdded, needs=_lot)
    def transfer_added(self, event: Entry, rows: Rows) -> None:
        _count(event, rows, 1)

    @on(TransferRemoved, needs=_lot)
    def transfer_removed(self, event: Entry, rows: Rows) -> None:
        _count(event, rows, -1)

    @on(LotReleased, needs=_lot)
    def lot_released(self, event: Entry, rows: Rows) -> None:
        rows.change("lot", event.id, released_on=event.data["on"], version=event.version)

    @on(TransferPrepared, needs=_preparation)
    def prepared(self, event: Entry, rows: Rows) -> None:
        data = event.data
        beneficiary_id = data["beneficiary"]["establishment_id"]
        seen_by, lines = {beneficiary_id}, []
        for number, line in enumerate(data["lines"], start=1):
            party = _party(rows, line["dossier_id"])
            visible = party if beneficiary_id in party else tuple(sorted({beneficiary_id, *party}))
            seen_by.update(party)
            # In the order of the table's columns.
            lines.append((event.id, number, *_copied(line), visible))
        rows.add_values("transfer_line", lines)
        common = {
            "transfer_id": event.id,
            "lot_id": data["lot_id"],
            "lot_reference": data["lot_reference"],
            "beneficiary_establishment_id": beneficiary_id,
            "status": Status.PREPARED.value,
        }
        rows.put("transfer", {**common, **_of_transfer(event)})
        rows.put("transfer_payee", {**common, **_of_payee(data), "visible": tuple(sorted(seen_by))})

    @on(TransferPaid, needs=_transfer)
    def paid(self, event: Entry, rows: Rows) -> None:
        _end(event, rows, Status.PAID, paid_on=event.data["on"])

    @on(TransferRejected, needs=_transfer)
    def rejected(self, event: Entry, rows: Rows) -> None:
        _end(event, rows, Status.REJECTED)
        rows.change("transfer", event.id, reject_reason=event.data["reason"])

    @on(TransferWithdrawn, needs=_transfer)
    def withdrawn(self, event: Entry, rows: Rows) -> None:
        _end(event, rows, Status.WITHDRAWN)


def _of_transfer(event: Entry) -> dict[str, Any]:
    data = event.data
    return {
        "scheduled_on": data["scheduled_on"],
        "dated_on": data["scheduled_on"],
        "total_cents": data["total_cents"],
        "line_count": len(data["lines"]),
        "version": event.version,
    }


def _of_payee(data: dict[str, Any]) -> dict[str, Any]:
    beneficiary = data["beneficiary"]
    return {
        "beneficiary_siret": beneficiary["siret"],
        "beneficiary_name_sealed": beneficiary["name"],
        "postcode": beneficiary["postcode"],
        "town": beneficiary["town"],
        "iban_sealed": data["iban"],
        "bic": data["bic"],
    }


def _party(rows: Rows, dossier_id: str) -> tuple[str, ...]:
    party = rows.get("transfer_party", dossier_id)
    if party is None:
        raise LookupError("the dossier was opened earlier in the log")
    visible: tuple[str, ...] = party["visible"]
    return visible


def _end(event: Entry, rows: Rows, status: Status, *, paid_on: str | None = None) -> Row:
    rows.change("transfer_payee", event.id, status=status.value, paid_on=paid_on)
    ended = {"status": status.value, "dated_on": event.data["on"], "paid_on": paid_on}
    return rows.change("transfer", event.id, **ended, version=event.version)


def _count(event: Entry, rows: Rows, step: int) -> None:
    lot = rows.get("lot", event.id)
    if lot is None:
        raise LookupError("the stream's first event made this row")
    totals = {
        "transfer_count": lot["transfer_count"] + step,
        "total_cents": lot["total_cents"] + step * event.data["total_cents"],
    }
    rows.change("lot", event.id, **totals, version=event.version)
