"""Dossiers, their list entries and their counters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

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
from projections.dossier.sides import Share, holders, shares
from projections.dossier.status import Status, derived
from projections.engine import Entry, Need, Projector, Row, Rows, columns, key, new, on
from projections.engine.table import Table
from projections.parties import parties_of

_NOTHING: dict[str, Any] = {status.value: 0 for status in Status}
_BEGINNING: dict[str, Any] = {
    "instruction": Instruction.UNDER_REVIEW.value,
    "execution": Execution.NOT_STARTED.value,
    "closing": Closing.OPEN.value,
    "trainee_count": 0,
    "agreement_cents": 0,
    "reserved_cents": 0,
    "paid_cents": 0,
    "released_cents": 0,
    "settled_on": None,
    "closed_on": None,
}
_BEGINNING |= derived(_BEGINNING)

# What most events say. `value` is a call each time.
_AGREED: Final = Instruction.AGREED.value
_STARTED: Final = Execution.STARTED.value
_FINISHED: Final = Execution.FINISHED.value
_SETTLED: Final = Closing.SETTLED.value
_CLOSED: Final = Closing.CLOSED.value


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
            "provider_establishment_ids": tuple(data["provider_establishment_ids"]),
            "visible": parties_of(data),
            "starts_on": data["starts_on"],
            "ends_on": data["ends_on"],
            "opened_on": data["on"],
            "version": event.version,
            **_BEGINNING,
        }
        rows.add("dossier", [dossier])
        _list(dossier, rows)
        _count(dossier, dossier["status"], rows)

    @on(AgreementIssued, needs=_dossier)
    def agreed(self, event: Entry, rows: Rows) -> None:
        _move(event, rows, instruction=_AGREED, agreement_cents=event.data["amount_cents"])

    @on(AgreementRefused, needs=_dossier)
    def refused(self, event: Entry, rows: Rows) -> None:
        _move(event, rows, instruction=Instruction.REFUSED.value)

    @on(AgreementAmended, needs=_dossier)
    def amended(self, event: Entry, rows: Rows) -> None:
        data = event.data
        before = _held(event, rows)
        terms = {name: data[name] for name in ("title", "starts_on", "ends_on")}
        changed = {"agreement_cents": data["amount_cents"], **terms, "version": event.version}
        after = rows.update("dossier", (event.id,), changed)
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
        _change(event, rows, execution=_STARTED)

    @on(ExecutionBrokenOff, needs=_dossier)
    def broken_off(self, event: Entry, rows: Rows) -> None:
        _change(event, rows, execution=Execution.BROKEN_OFF.value)

    @on(ExecutionFinished, needs=_dossier)
    def finished(self, event: Entry, rows: Rows) -> None:
        _change(event, rows, execution=_FINISHED)

    @on(PaymentReserved, needs=_dossier)
    def reserved(self, event: Entry, rows: Rows) -> None:
        reserved_cents: int = _held(event, rows)["reserved_cents"] + event.data["amount_cents"]
        _move(event, rows, reserved_cents=reserved_cents)

    @on(ReservationReleased, needs=_dossier)
    def reservation_released(self, event: Entry, rows: Rows) -> None:
        reserved_cents: int = _held(event, rows)["reserved_cents"] - event.data["amount_cents"]
        _move(event, rows, reserved_cents=reserved_cents)

    @on(PaymentRecorded, needs=_dossier)
    def paid(self, event: Entry, rows: Rows) -> None:
        paid_cents: int = _held(event, rows)["paid_cents"] + event.data["amount_cents"]
        _move(event, rows, paid_cents=paid_cents)

    @on(DossierSettled, needs=_dossier)
    def settled(self, event: Entry, rows: Rows) -> None:
        released_cents, day = event.data["released_cents"], event.data["on"]
        _move(event, rows, closing=_SETTLED, released_cents=released_cents, settled_on=day)

    @on(DossierClosed, needs=_dossier)
    def closed(self, event: Entry, rows: Rows) -> None:
        _move(event, rows, closing=_CLOSED, closed_on=event.data["on"])

    @on(DossierCancelled, needs=_dossier)
    def cancelled(self, event: Entry, rows: Rows) -> None:
        _move(event, rows, closing=Closing.CANCELLED.value)


def _held(event: Entry, rows: Rows) -> Row:
    dossier = rows.get("dossier", event.id)
    if dossier is None:
        raise LookupError("the stream's first event made this row")
    return dossier


def _change(event: Entry, rows: Rows, **values: Any) -> None:
    """Change what nothing else follows from."""
    values["version"] = event.version
    rows.revise("dossier", (event.id,), values)


def _move(event: Entry, rows: Rows, **values: Any) -> None:
    """Change the dossier, what follows from it, and the counters where its status passes from one to another."""
    values["version"] = event.version
    dossier = rows.revise("dossier", (event.id,), values)
    status, follows = dossier["status"], derived(dossier)
    if follows["status"] != status:
        _pass(dossier, status, follows["status"], rows)
    if follows["status"] != status or follows["financial"] != dossier["financial"]:
        rows.revise("dossier", (event.id,), follows)


def _pass(dossier: Row, old: str, new_one: str, rows: Rows) -> None:
    keys = shares(dossier)
    # Only the dossier's row says which sets it counts in: asked for here, in one query for the event.
    rows.prepare_keys("dossier_counter", keys)
    for share in keys:
        _tally(share, rows, {old: -1, new_one: 1})


def _count(dossier: Mapping[str, Any], status: str, rows: Rows) -> None:
    for share in shares(dossier):
        _tally(share, rows, {status: 1})


def _tally(share: Share, rows: Rows, steps: Mapping[str, int]) -> None:
    if not rows.tally("dossier_counter", share, steps):
        counter = dict(zip(("establishment_id", "side", "parties"), share, strict=True)) | _NOTHING
        rows.put("dossier_counter", {**counter, **steps})


def _list(dossier: Mapping[str, Any], rows: Rows) -> None:
    starts_on, dossier_id, ends_on = dossier["starts_on"], dossier["dossier_id"], dossier["ends_on"]
    scheme, number = dossier["scheme"], dossier["number"]
    listed = [(holder, side, starts_on, dossier_id, ends_on, scheme, number) for holder, side in holders(dossier)]
    rows.add_values("dossier_entry", listed)


def _unlist(dossier: Mapping[str, Any], rows: Rows) -> None:
    for establishment_id, side in holders(dossier):
        rows.delete("dossier_entry", establishment_id, side, dossier["starts_on"], dossier["dossier_id"])
