"""What a generated dossier is made of: its trainees, the fund's decisions, its invoices, its later days."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from gateway.generator.fund import Establishment
from gateway.importer.kinds import Decision, InvoiceStatus
from ledger.dossier.scheme import Scheme


@dataclass(frozen=True, slots=True)
class Trainee:
    """`person` tells persons apart; only some of them are known by a NIR."""

    person: int
    last_name: str
    first_name: str
    birth_date: date
    nir: str | None
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision; an amendment gives the whole new agreement."""

    decision: Decision
    on: date
    amount_cents: int | None = None
    reason: str | None = None
    ends_on: date | None = None


@dataclass(slots=True, eq=False)
class Invoice:
    """`approved_cents` is what a transfer will pay, once `approved_on` has come."""

    dossier: Dossier
    beneficiary: Establishment
    reference: str
    issued_on: date
    received_on: date
    starts_on: date
    ends_on: date
    net_cents: int
    vat_rate_basis_points: int
    vat_cents: int
    status: InvoiceStatus
    attested_on: date | None = None
    approved_on: date | None = None
    approved_cents: int = 0
    disputed_on: date | None = None
    paid_on: date | None = None

    @property
    def gross_cents(self) -> int:
        return self.net_cents + self.vat_cents


@dataclass(slots=True, eq=False)
class Dossier:
    """`index` counts from 0 in the order of opening. The later days are filled in as the history goes on."""

    index: int
    number: str
    request_number: str
    scheme: Scheme
    title: str
    company: Establishment
    providers: tuple[Establishment, ...]
    starts_on: date
    ends_on: date
    opened_on: date
    trainees: tuple[Trainee, ...] = ()
    decisions: tuple[Decided, ...] = ()
    invoices: tuple[Invoice, ...] = ()
    started_on: date | None = None
    broken_off_on: date | None = None
    finished_on: date | None = None
    settled_on: date | None = None
    cancelled_on: date | None = None
    closed_on: date | None = None
    reason: str | None = None
    complete: bool = field(default=False)  # every invoice that it will ever have is there

    @property
    def agreement_cents(self) -> int:
        """What the fund commits, as last amended; 0 where it does not."""
        amounts = [each.amount_cents for each in self.decisions if each.amount_cents is not None]
        return amounts[-1] if amounts else 0

    @property
    def refused(self) -> bool:
        return any(each.decision is Decision.REFUSED for each in self.decisions)

    @property
    def status(self) -> str:
        """As the dossiers' list says it: `ongoing`, `settled`, `cancelled`, `refused`."""
        if self.refused:
            return "refused"
        if self.cancelled_on is not None:
            return "cancelled"
        return "settled" if self.settled_on is not None else "ongoing"


def is_waiting(dossier: Dossier) -> bool:
    """Something that was approved, or will be, is not paid yet."""
    return any(invoice.approved_on is not None and invoice.paid_on is None for invoice in dossier.invoices)


@dataclass(slots=True, eq=False)
class Transfer:
    """One beneficiary in one lot. `iban` is that of then."""

    beneficiary: Establishment
    iban: str
    invoices: list[Invoice]
    paid_on: date | None = None
    rejected_on: date | None = None
    reject_reason: str | None = None

    @property
    def total_cents(self) -> int:
        return sum(invoice.approved_cents for invoice in self.invoices)


@dataclass(slots=True, eq=False)
class Lot:
    """One weekly run."""

    number: int
    scheduled_on: date
    transfers: list[Transfer]

    @property
    def reference(self) -> str:
        return f"VIR{self.number}"
