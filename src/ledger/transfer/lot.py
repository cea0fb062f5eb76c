"""A lot: one run of transfers under one reference, prepared by some and released by another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from uuid import UUID

from eventsourcing.dispatch import singledispatchmethod

from ledger.kit.aggregate import Aggregate
from ledger.kit.event import Event
from ledger.transfer import errors
from ledger.transfer.events import LotOpened, LotReleased, TransferAdded, TransferRemoved


class Lot(Aggregate, opens_with=LotOpened):
    """`beneficiaries` is by transfer. `preparers` keeps those whose transfers were withdrawn since."""

    reference: str
    scheduled_on: date
    beneficiaries: Mapping[UUID, UUID]
    total_cents: int
    preparers: frozenset[UUID]
    released_on: date | None

    @property
    def transfer_count(self) -> int:
        return len(self.beneficiaries)

    def add_transfer(
        self, transfer_id: UUID, beneficiary_id: UUID, total_cents: int, *, by: UUID | None, at: datetime
    ) -> None:
        """Refused: LotAlreadyReleased, BeneficiaryAlreadyInLot."""
        self._check_not_released()
        if beneficiary_id in self.beneficiaries.values():
            raise errors.BeneficiaryAlreadyInLot(field="beneficiary_establishment_id")
        self.trigger_event(
            TransferAdded,
            timestamp=at,
            transfer_id=transfer_id,
            beneficiary_establishment_id=beneficiary_id,
            total_cents=total_cents,
            prepared_by=by,
        )

    def remove_transfer(self, transfer_id: UUID, total_cents: int, *, at: datetime) -> None:
        """Refused: LotAlreadyReleased."""
        self._check_not_released()
        self.trigger_event(TransferRemoved, timestamp=at, transfer_id=transfer_id, total_cents=total_cents)

    def release(self, transfer_count: int, total_cents: int, on: date, *, by: UUID | None, at: datetime) -> None:
        """`transfer_count` and `total_cents` are the releaser's own control totals; `by` is None for the system alone.

        Refused: LotAlreadyReleased, LotEmpty, ControlTotalsDiffer, FourEyes.
        """
        self._check_not_released()
        if not self.beneficiaries:
            raise errors.LotEmpty
        if (transfer_count, total_cents) != (self.transfer_count, self.total_cents):
            raise errors.ControlTotalsDiffer(count=self.transfer_count, total_cents=self.total_cents)
        # The system releases what it alone prepared: an import cannot finish what a person began.
        if by in self.preparers or (by is None and self.preparers):
            raise errors.FourEyes
        self.trigger_event(LotReleased, timestamp=at, transfer_count=transfer_count, total_cents=total_cents, on=on)

    def check_released(self) -> None:
        """Refused: LotNotReleased. A lot once released stays so: what this says needs no guard."""
        if self.released_on is None:
            raise errors.LotNotReleased

    def _check_not_released(self) -> None:
        if self.released_on is not None:
            raise errors.LotAlreadyReleased

    @singledispatchmethod
    def when(self, event: Event) -> None:
        super().when(event)

    @when.register
    def _(self, event: LotOpened) -> None:
        self.reference = event.reference
        self.scheduled_on = event.scheduled_on
        self.beneficiaries = MappingProxyType({})
        self.total_cents = 0
        self.preparers = frozenset()
        self.released_on = None

    @when.register
    def _(self, event: TransferAdded) -> None:
        added = {**self.beneficiaries, event.transfer_id: event.beneficiary_establishment_id}
        self.beneficiaries = MappingProxyType(added)
        self.total_cents += event.total_cents
        self.preparers = self.preparers | ({event.prepared_by} if event.prepared_by else set())

    @when.register
    def _(self, event: TransferRemoved) -> None:
        left = {transfer: paid for transfer, paid in self.beneficiaries.items() if transfer != event.transfer_id}
        self.beneficiaries = MappingProxyType(left)
        self.total_cents -= event.total_cents

    @when.register
    def _(self, event: LotReleased) -> None:
        self.released_on = event.on
