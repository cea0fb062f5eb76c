"""Dossiers, their list entries and their counters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ledger.dossier.axes import Closing, Execution, Instruction
from ledger.dossier.events import (
    AgreementAmended,
    AgreementIssued,
    AgreementRefused,
    DossierCancelled,
    DossierClosed,
    DossierOpened,
    DossierSettled,
    ExecutionBrokenOff,
    ExecutionFinished,
    ExecutionStarted,
    PaymentRecorded,
    PaymentReserved,
    ReservationReleased,
    TraineeEnrolled,
    TraineeWithdrawn,
)
from projections.dossier.sides import holders, shares
from projections.dossier.status import Status, derived
from projections.engine import Entry, Need, Projector, Row, Rows, columns, key, new, on
from projections.engine.table import Table
from projections.parties import parties_of

_NOTHING: dict[str, Any] = {status.value: 0 for status in Status}


def _opening(entry: Entry) -> tuple[Need, ...]:
    return (
        new("dossier", entry.id),
        *(key("dossier_counter", *share) for share in shares(entry.data)),
    )


def _dossier(entry: Entry) -> tuple[Need, ...]:
    return (key("dossier", entry.id),)


class DossierProjector(Projector):
    """`status` is where a dossier counts (docs/dossier.md): it follows from the instruction and the closing alone."""

    NAME: ClassVar[str] = "dossier"
    VERSION: ClassVar[int] = 1
    TABLES: ClassVar[tuple[Table, ...]] = (
        Table(
            "dossier",
            key=("dossier_id",),
            columns=columns(
                dossier_id="uuid",
                number="text",
                request_number="text",
                scheme="text",
                title="text",
                company_establishment_id="uuid",
                provider_establishment_ids="uuid[]",
                visible="uuid[]",
                starts_on="date",
                ends_on="date",
                opened_on="date",
                instruction="text",
                execution="text",
                financial="text",
                closing="text",
                status="text",
                trainee_count="int",
                agreement_cents="bigint",
                reserved_cents="bigint",
                paid_cents="bigint",
                released_cents="bigint",
                settled_on="date",
                closed_on="date",
                version="bigint",
            ),
        ),
        Table(
            "dossier_entry",
            key=("establishment_id", "side", "starts_on", "dossier_id"),
            columns=columns(
                establishment_id="uuid",
                side="text",
                starts_on="date",
                dossier_id="uuid",
                ends_on="date",
                scheme="text",
                number="text",
            ),
            kept=False,
        ),
        Table(
            "dossier_counter",
            key=("establishment_id", "side", "parties"),
            columns=columns(
                establishment_id="uuid",
                side="text",
                parties="text",
                ongoing="int",
                settled="int",
                cancelled="int",
                refused="int",
            ),
        ),
    )

    @on(DossierOpened, needs=_opening)
    def opened(self, event: Entry, rows: Rows) -> None:
        data = event.data
        dossier: dict[str, Any] = {
            "dossier_id": event.id,
            "number": data["number"],
            "request_number": data["request_number"],
            "scheme": data["scheme"],
            "title": data["title"],
            "company_establishment_id": data["company_establishment_id"],
            "provider_establishment_ids": data["provider_establishment_ids"],
            "visible": parties_of(data),
            "starts_on": data["starts_on"],
            "ends_on": data["ends_on"],
            "opened_on": data["on"],
            "instruction": Instruction.UNDER_REVIEW.value,
            "execution": Execution.NOT_STARTED.value,
            "closing": Closing.OPEN.value,
            "trainee_count": 0,
            "agreement_cents": 0,
            "reserved_cents": 0,
            "paid_cents": 0,
            "released_cents": 0,
            "version": event.version,
        }
        dossier |= derived(dossier)
        rows.add("dossier", [dossier])
        _list(dossier, rows)
        _count(dossier, dossier["status"], 1, rows)

    @on(AgreementIssued, needs=_dossier)
    def agreed(self, event: Entry, rows: Rows) -> None:
        _change(event, rows, instruction=Instruction.AGREED.value, agreement_cents=event.data["amount_cents"])

    @on(AgreementRefused, needs=_dossier)
    def refused(self, event: Entry, rows: Rows) -> None:
        _change(event, rows, instruction=Instruction.REFUSED.value)

    @on(AgreementAmended, needs=_dossier)
    def amended(self, event: Entry, rows: Rows) -> None:
        data = event.data
        before = _held(event, rows)
        terms = {name: data[name] for name in ("title", "starts_on", "ends_on")}
        after = _change(event, rows, agreement_cents=data["amount_cents"], **terms)
        if (before["starts_on"], before["ends_on"]) != (after["starts_on"], after["ends_on"]):
            _unlist(before, rows)
            _list(after, rows)

    @on(TraineeEnrolled, needs=_dossier)
    def enrolled(self, event: Entry, rows: Rows) -> None:
        _change(event, rows, trainee_count=_held(event, rows)["trainee_count"] + 1)

    @on(TraineeWithdrawn, needs=_dossier)
    def withdrawn(self, event: Entry, rows: Rows) -> None:
        _change(event, rows, trainee_count=_held(event, rows)["trainee_count"] - 1)

    @on(ExecutionStarted, needs=_dossier)
    def started(self, event: Entry, rows: Rows) -> None:
        _change(event, rows, execution=Execution.STARTED.value)

    @on(ExecutionBrokenOff, needs=_dossier)
    def broken_off(self, event: Entry, rows: Rows) -> None:
        _change(event, rows, execution=Execution.BROKEN_OFF.value)

    @on(ExecutionFinished, needs=_dossier)
    def finished(self, event: Entry, rows: Rows) -> None:
        _change(event, rows, execution=Execution.FINISHED.value)

    @on(PaymentReserved, needs=_dossier)
    def reserved(self, event: Entry, rows: Rows) -> None:
        _change(event, rows, reserved_cents=_held(event, rows)["reserved_cents"] + event.data["amount_cents"])

    @on(ReservationReleased, needs=_dossier)
    def reservation_released(self, event: Entry, rows: Rows) -> None:
        _change(event, rows, reserved_cents=_held(event, rows)["reserved_cents"] - event.data["amount_cents"])

    @on(PaymentRecorded, needs=_dossier)
    def paid(self, event: Entry, rows: Rows) -> None:
        _change(event, rows, paid_cents=_held(event, rows)["paid_cents"] + event.data["amount_cents"])

    @on(DossierSettled, needs=_dossier)
    def settled(self, event: Entry, rows: Rows) -> None:
        released_cents, day = event.data["released_cents"], event.data["on"]
        _change(event, rows, closing=Closing.SETTLED.value, released_cents=released_cents, settled_on=day)

    @on(DossierClosed, needs=_dossier)
    def closed(self, event: Entry, rows: Rows) -> None:
        _change(event, rows, closing=Closing.CLOSED.value, closed_on=event.data["on"])

    @on(DossierCancelled, needs=_dossier)
    def cancelled(self, event: Entry, rows: Rows) -> None:
        _change(event, rows, closing=Closing.CANCELLED.value)


def _held(event: Entry, rows: Rows) -> Row:
    dossier = rows.get("dossier", event.id)
    if dossier is None:
        raise LookupError("the stream's first event made this row")
    return dossier


def _change(event: Entry, rows: Rows, **values: Any) -> Row:
    """Change the dossier, what follows from it, and the counters where its status passes from one to another."""
    before = _held(event, rows)
    after: dict[str, Any] = {**before, **values, "version": event.version}
    after |= derived(after)
    rows.put("dossier", after)
    if after["status"] != before["status"]:
        # Only the dossier's row says which sets it counts in: asked for here, in one query for the event.
        rows.prepare([key("dossier_counter", *share) for share in shares(after)])
        _count(after, before["status"], -1, rows)
        _count(after, after["status"], 1, rows)
    return after


def _count(dossier: Mapping[str, Any], status: str, step: int, rows: Rows) -> None:
    for establishment_id, side, parties in shares(dossier):
        counter = rows.get("dossier_counter", establishment_id, side, parties) or {
            "establishment_id": establishment_id,
            "side": side,
            "parties": parties,
            **_NOTHING,
        }
        rows.put("dossier_counter", {**counter, status: counter[status] + step})


def _list(dossier: Mapping[str, Any], rows: Rows) -> None:
    entry = {name: dossier[name] for name in ("starts_on", "dossier_id", "ends_on", "scheme", "number")}
    listed = [{"establishment_id": holder, "side": side, **entry} for holder, side in holders(dossier)]
    rows.add("dossier_entry", listed)


def _unlist(dossier: Mapping[str, Any], rows: Rows) -> None:
    for establishment_id, side in holders(dossier):
        rows.delete("dossier_entry", establishment_id, side, dossier["starts_on"], dossier["dossier_id"])
