"""How a dossier stands: the auditor's own fold over every event that concerns it.

Pure: no database, no clock, no key. It also folds a selection of the events (those of before a day), so it never
assumes that an earlier one was seen. Values are those of JSON: ids and dates are text, amounts whole cents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from ledger.log.recorded import Recorded


@dataclass(slots=True)
class Standing:
    """The state of one dossier after some of its events; nothing in clear that is personal."""

    dossier_id: str
    number: str | None = None
    request_number: str | None = None
    scheme: str | None = None
    title: str | None = None
    company_establishment_id: str | None = None
    provider_establishment_ids: list[str] = field(default_factory=list)
    starts_on: str | None = None
    ends_on: str | None = None
    opened_on: str | None = None
    settled_on: str | None = None
    closed_on: str | None = None
    instruction: str = "under-review"
    execution: str = "not-started"
    closing: str = "open"
    agreement_cents: int = 0
    reserved_cents: int = 0
    paid_cents: int = 0
    released_cents: int = 0
    trainees: dict[str, dict[str, Any]] = field(default_factory=dict)
    invoices: dict[str, dict[str, Any]] = field(default_factory=dict)
    transfers: dict[str, dict[str, Any]] = field(default_factory=dict)
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def exists(self) -> bool:
        return self.number is not None

    @property
    def financial(self) -> str:
        """The financial axis, which follows from the other axes and the money."""
        if self.instruction != "agreed":
            return "uncommitted"
        if self.closing in {"settled", "closed"}:
            return "settled"
        if not self.reserved_cents:
            return "committed"
        return "paid" if self.paid_cents == self.reserved_cents else "approved"

    @property
    def trainee_count(self) -> int:
        return sum(trainee["withdrawn_on"] is None for trainee in self.trainees.values())

    def as_json(self) -> dict[str, Any]:
        """The stable machine form (`docs/audit.md`)."""
        derived = {"exists": self.exists, "financial": self.financial, "trainee_count": self.trainee_count}
        return {**asdict(self), **derived}

    def summary(self) -> dict[str, Any]:
        """The single values, by which two standings are compared field by field."""
        return {name: value for name, value in self.as_json().items() if not isinstance(value, dict)}


_Applier = Callable[[Standing, Recorded], None]
_appliers: Final[dict[str, _Applier]] = {}


def fold(dossier_id: str, events: Iterable[Recorded]) -> Standing:
    """The state after `events`, in the order given."""
    standing = Standing(dossier_id)
    for event in events:
        apply(standing, event)
    return standing


def apply(standing: Standing, event: Recorded) -> None:
    """Remember one event. One that changes nothing of a dossier (or that a newer version wrote) is passed over."""
    current = event.current()
    if applier := _appliers.get(current.name):
        applier(standing, current)


def _on(name: str) -> Callable[[_Applier], _Applier]:
    def register(applier: _Applier) -> _Applier:
        _appliers[name] = applier
        return applier

    return register


def _sets(**values: str) -> _Applier:
    def apply_values(standing: Standing, _: Recorded) -> None:
        for name, value in values.items():
            setattr(standing, name, value)

    return apply_values


_on("dossier.agreement-refused.v1")(_sets(instruction="refused"))
_on("dossier.execution-started.v1")(_sets(execution="started"))
_on("dossier.execution-broken-off.v1")(_sets(execution="broken-off"))
_on("dossier.execution-finished.v1")(_sets(execution="finished"))
_on("dossier.cancelled.v1")(_sets(closing="cancelled"))


@_on("dossier.opened.v1")
def _opened(standing: Standing, event: Recorded) -> None:
    data = event.data
    standing.number = data["number"]
    standing.request_number = data.get("request_number")
    standing.scheme = data["scheme"]
    standing.company_establishment_id = data["company_establishment_id"]
    standing.provider_establishment_ids = list(data["provider_establishment_ids"])
    standing.opened_on = data["on"]
    _terms(standing, event)


def _terms(standing: Standing, event: Recorded) -> None:
    standing.title = event.data["title"]
    standing.starts_on = event.data["starts_on"]
    standing.ends_on = event.data["ends_on"]


@_on("dossier.trainee-enrolled.v1")
def _enrolled(standing: Standing, event: Recorded) -> None:
    data = event.data
    standing.trainees[data["person_id"]] = {
        "starts_on": data["starts_on"],
        "ends_on": data["ends_on"],
        "withdrawn_on": None,
    }


@_on("dossier.trainee-withdrawn.v1")
def _trainee_withdrawn(standing: Standing, event: Recorded) -> None:
    if trainee := standing.trainees.get(event.data["person_id"]):
        trainee["withdrawn_on"] = event.data["on"]


@_on("dossier.agreement-issued.v1")
def _agreed(standing: Standing, event: Recorded) -> None:
    standing.instruction = "agreed"
    standing.agreement_cents = event.data["amount_cents"]


@_on("dossier.agreement-amended.v1")
def _amended(standing: Standing, event: Recorded) -> None:
    standing.agreement_cents = event.data["amount_cents"]
    _terms(standing, event)


@_on("dossier.payment-reserved.v1")
def _reserved(standing: Standing, event: Recorded) -> None:
    standing.reserved_cents += event.data["amount_cents"]


@_on("dossier.reservation-released.v1")
def _reservation_released(standing: Standing, event: Recorded) -> None:
    standing.reserved_cents -= event.data["amount_cents"]


@_on("dossier.payment-recorded.v1")
def _payment_recorded(standing: Standing, event: Recorded) -> None:
    standing.paid_cents += event.data["amount_cents"]


@_on("dossier.settled.v1")
def _settled(standing: Standing, event: Recorded) -> None:
    standing.closing = "settled"
    standing.settled_on = event.data["on"]
    standing.released_cents = event.data["released_cents"]


@_on("dossier.closed.v1")
def _closed(standing: Standing, event: Recorded) -> None:
    standing.closing = "closed"
    standing.closed_on = event.data["on"]


@_on("invoice.received.v1")
def _invoice_received(standing: Standing, event: Recorded) -> None:
    if event.data["dossier_id"] != standing.dossier_id:
        return
    shown = ("reference", "beneficiary_establishment_id", "issued_on", "starts_on", "ends_on", "gross_cents")
    facts = {name: event.data[name] for name in shown}
    standing.invoices[str(event.stream_id)] = {
        **facts,
        "status": "received",
        "service_attested": False,
        "approved_cents": 0,
    }


def _invoice(status: str, **also: Any) -> _Applier:
    def apply_status(standing: Standing, event: Recorded) -> None:
        if invoice := standing.invoices.get(str(event.stream_id)):
            invoice.update(status=status, **also)

    return apply_status


_on("invoice.disputed.v1")(_invoice("disputed", approved_cents=0))
_on("invoice.dispute-resolved.v1")(_invoice("received"))
_on("invoice.scheduled.v1")(_invoice("scheduled"))
_on("invoice.unscheduled.v1")(_invoice("approved"))
_on("invoice.paid.v1")(_invoice("paid"))


@_on("invoice.service-attested.v1")
def _service_attested(standing: Standing, event: Recorded) -> None:
    if invoice := standing.invoices.get(str(event.stream_id)):
        invoice.update(
            service_attested=True, status="attested" if invoice["status"] == "received" else invoice["status"]
        )


@_on("invoice.approved.v1")
def _invoice_approved(standing: Standing, event: Recorded) -> None:
    if invoice := standing.invoices.get(str(event.stream_id)):
        invoice.update(status="approved", approved_cents=event.data["amount_cents"])


@_on("transfer.prepared.v1")
def _prepared(standing: Standing, event: Recorded) -> None:
    """Only this dossier's lines: a transfer may pay a hundred others."""
    lines = [line for line in event.data["lines"] if line["dossier_id"] == standing.dossier_id]
    standing.transfers[str(event.stream_id)] = {
        "lot_reference": event.data["lot_reference"],
        "scheduled_on": event.data["scheduled_on"],
        "beneficiary_establishment_id": event.data["beneficiary"]["establishment_id"],
        "invoice_ids": [line["invoice_id"] for line in lines],
        "amount_cents": sum(line["amount_cents"] for line in lines),
        "status": "prepared",
    }


@_on("transfer.paid.v1")
def _transfer_paid(standing: Standing, event: Recorded) -> None:
    _transfer(standing, event, status="paid", paid_on=event.data["on"])


@_on("transfer.rejected.v1")
def _transfer_rejected(standing: Standing, event: Recorded) -> None:
    _transfer(standing, event, status="rejected", reject_reason=event.data["reason"])


@_on("transfer.withdrawn.v1")
def _transfer_withdrawn(standing: Standing, event: Recorded) -> None:
    _transfer(standing, event, status="withdrawn")


def _transfer(standing: Standing, event: Recorded, **change: Any) -> None:
    if transfer := standing.transfers.get(str(event.stream_id)):
        transfer.update(change)


@_on("document.deposited.v2")
def _deposited(standing: Standing, event: Recorded) -> None:
    data = event.data
    standing.documents[str(event.stream_id)] = {
        "side": data["side"],
        "category": data["category"],
        "analysis": data["analysis"],
        "media_type": data["media_type"],
        "size_bytes": data["size_bytes"],
        "on": data["on"],
        "withdrawn": False,
    }


@_on("document.analysed.v1")
def _analysed(standing: Standing, event: Recorded) -> None:
    if document := standing.documents.get(str(event.stream_id)):
        document["analysis"] = event.data["verdict"]


@_on("document.withdrawn.v1")
def _document_withdrawn(standing: Standing, event: Recorded) -> None:
    if document := standing.documents.get(str(event.stream_id)):
        document["withdrawn"] = True
