"""Six years, week by week: dossiers open, invoices fall due, a lot pays them every Thursday."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from gateway.generator.chance import draw
from gateway.generator.dossiers import DossierMaker
from gateway.generator.fund import Establishment, Fund
from gateway.generator.life import Dossier, Invoice, Lot, Transfer
from gateway.generator.size import LAST_DAY

FIRST_LOT: Final = 240
_NOTICE: Final = timedelta(days=3)
"""An invoice approved later than this before a lot waits for the next one."""

_REJECTED: Final = 0.004
_REASONS: Final = ("AC01", "AC04", "AC06", "MS03", "AG01")
_NEW_ACCOUNT: Final = frozenset({"AC01", "AC04", "AC06"})


class History:
    """Walks through the years once. Memory holds the invoices that wait to be paid, and nothing that is over."""

    def __init__(self, fund: Fund) -> None:
        self.fund = fund
        self._maker = DossierMaker(fund)
        self._due: list[tuple[date, int, int, Invoice]] = []
        self._waiting: list[Invoice] = []

    def __iter__(self) -> Iterator[Dossier | Lot]:
        """The dossiers as they open and the lots as they run, in the order of the weeks.

        A dossier comes with all its invoices, also those of later months; what a lot pays is marked paid when the lot
        comes. The last lot is prepared, and the bank has not answered it.
        """
        index, number = 0, FIRST_LOT
        weeks = self.fund.size.weeks()
        for week, (monday, opened) in enumerate(weeks):
            for _ in range(opened):
                dossier = self._maker.make(index, monday)
                index += 1
                self._expect(dossier)
                yield dossier
            lot = self._lot(number, monday + timedelta(days=3), last=week == len(weeks) - 1)
            if lot.transfers:
                number += 1
                yield lot

    def _expect(self, dossier: Dossier) -> None:
        for place, invoice in enumerate(dossier.invoices):
            if invoice.approved_on is not None:
                heapq.heappush(self._due, (invoice.approved_on, dossier.index, place, invoice))

    def _lot(self, number: int, thursday: date, *, last: bool) -> Lot:
        most = self.fund.size.beneficiaries_of_a_lot
        lines: dict[Establishment, list[Invoice]] = {}
        left = []
        for invoice in self._ready(thursday - _NOTICE):
            if invoice.beneficiary in lines or len(lines) < most:
                lines.setdefault(invoice.beneficiary, []).append(invoice)
            else:
                left.append(invoice)
        self._waiting = left
        lot = Lot(number, thursday, [Transfer(each, each.iban, paid) for each, paid in lines.items()])
        if not last:
            self._answer(lot)
        return lot

    def _ready(self, until: date) -> list[Invoice]:
        """Those that waited first, then those that fell due, in order."""
        ready = self._waiting
        while self._due and self._due[0][0] <= until:
            ready.append(heapq.heappop(self._due)[3])
        return ready

    def _answer(self, lot: Lot) -> None:
        chance = draw(self.fund.seed, "lot", lot.number)
        for transfer in lot.transfers:
            if chance.random() < _REJECTED:
                self._reject(lot, transfer, chance.choice(_REASONS))
                continue
            transfer.paid_on = lot.scheduled_on + timedelta(days=chance.randint(0, 1))
            for invoice in transfer.invoices:
                invoice.paid_on = transfer.paid_on

    def _reject(self, lot: Lot, transfer: Transfer, reason: str) -> None:
        """The bank sends it back: its invoices wait for another transfer, on a new account where the old one failed."""
        transfer.rejected_on = min(lot.scheduled_on + timedelta(days=2), LAST_DAY)
        transfer.reject_reason = reason
        if reason in _NEW_ACCOUNT:
            transfer.beneficiary.accounts += 1
        for place, invoice in enumerate(transfer.invoices):
            again_on = transfer.rejected_on + timedelta(days=7)
            heapq.heappush(self._due, (again_on, invoice.dossier.index, 100 + place, invoice))


def finish(fund: Fund, dossier: Dossier) -> None:
    """Settle and close a dossier once all that it will ever bill is paid, and its training is over."""
    paid = [invoice.paid_on for invoice in dossier.invoices if invoice.paid_on is not None]
    over_on = dossier.finished_on or dossier.broken_off_on
    if not dossier.complete or over_on is None or not paid or len(paid) < len(dossier.invoices):
        return
    chance = draw(fund.seed, "finish", dossier.index)
    settled_on = max(*paid, over_on) + timedelta(days=chance.randint(5, 20))
    closed_on = settled_on + timedelta(days=chance.randint(30, 90))
    if settled_on <= LAST_DAY:
        dossier.settled_on = settled_on
        dossier.closed_on = closed_on if closed_on <= LAST_DAY and chance.random() < 0.8 else None
