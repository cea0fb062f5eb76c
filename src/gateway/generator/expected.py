"""What an import of generated files must come to, counted while they were written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from gateway.generator.life import Dossier, Lot


@dataclass(slots=True)
class Expected:
    """`rows` by kind of file; `transfers` by `paid`, `rejected`, `prepared`; amounts are in cents.

    `statuses`: dossiers by `ongoing`, `settled`, `cancelled`, `refused`. `by_provider`: the same by SIRET, where a
    dossier of two providers counts with each.
    """

    rows: dict[str, int] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)
    by_provider: dict[str, Counter[str]] = field(default_factory=dict)
    agreed_cents: int = 0
    reserved_cents: int = 0
    paid_cents: int = 0
    transfers: Counter[str] = field(default_factory=Counter)

    def count_dossier(self, dossier: Dossier) -> None:
        """Once the dossier's life is over, or the history is."""
        self.statuses[dossier.status] += 1
        for provider in dossier.providers:
            self.by_provider.setdefault(provider.siret, Counter())[dossier.status] += 1
        self.agreed_cents += dossier.agreement_cents
        self.reserved_cents += sum(invoice.approved_cents for invoice in dossier.invoices)
        self.paid_cents += sum(invoice.approved_cents for invoice in dossier.invoices if invoice.paid_on is not None)

    def count_lot(self, lot: Lot) -> None:
        for transfer in lot.transfers:
            outcome = "paid" if transfer.paid_on else "rejected" if transfer.rejected_on else "prepared"
            self.transfers[outcome] += 1
