"""The transfers file, lot by lot: lines are gathered by beneficiary, and a lot that is not whole is held.

A lot, once released, can never take another transfer. So nothing is released while one of its lines is missing, and the
file is read through once to know which lots are spoilt before the first one is opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Final
from uuid import UUID

from gateway.importer.plan import Fault
from gateway.importer.rows import DamagedRow, Row, rows
from gateway.importer.sources import Source

_OF_A_TRANSFER: Final = ("iban", "bic", "paid_on", "rejected_on", "reject_reason")
"""What all the lines of a transfer say alike."""


@dataclass(slots=True)
class Survey:
    """`scattered`: lots whose lines do not follow one another; `spoilt`: lots that may lack a damaged line."""

    scattered: set[str] = field(default_factory=set)
    spoilt: set[str] = field(default_factory=set)


def survey(sources: Iterable[Source]) -> Survey:
    """Read the files through. Memory grows with the number of lots, not of lines."""
    found, seen = Survey(), set[str]()
    for source in sources:
        current, astray = "", False
        for row in rows(source):
            lot = _lot(row)
            if isinstance(row, DamagedRow):
                found.spoilt.add(lot or current)
                # Nobody can say which lot it was of: the one before, or the one after.
                astray = astray or not lot
                continue
            if astray:
                found.spoilt.add(lot)
                astray = False
            if lot != current and lot in seen:
                found.scattered.add(lot)
            seen.add(lot)
            current = lot
    return found


def _lot(row: Row | DamagedRow) -> str:
    return str(row.values["lot"]) if isinstance(row, Row) else row.texts.get("lot", "").strip()


@dataclass(slots=True)
class TransferLines:
    """The lines of one beneficiary in one lot. `fault`: why it cannot be imported, and which of its lines says so.

    `id` once it is recorded; `streams` that its orders load.
    """

    siret: str
    rows: list[Row]
    fault: tuple[int, Fault] | None = None
    id: UUID | None = None
    streams: tuple[UUID, ...] = ()

    @property
    def first(self) -> Row:
        return self.rows[0]

    @property
    def total_cents(self) -> int:
        return sum(row.values["amount"] for row in self.rows)

    @property
    def known_id(self) -> UUID:
        return _known(self.id)

    @property
    def answered(self) -> bool:
        """The bank paid it or sent it back, so that its lot was released."""
        return self.first.values["paid_on"] is not None or self.first.values["rejected_on"] is not None


@dataclass(slots=True)
class LotLines:
    """One lot as the file has it. `whole`: none of its lines is damaged; `id` once it is open."""

    source: Source
    reference: str
    scheduled_on: date
    transfers: list[TransferLines]
    whole: bool = True
    id: UUID | None = None

    @property
    def known_id(self) -> UUID:
        return _known(self.id)

    @property
    def first(self) -> Row:
        return self.transfers[0].first

    @property
    def line_count(self) -> int:
        return sum(len(transfer.rows) for transfer in self.transfers)


def _known(id_: UUID | None) -> UUID:
    if id_ is None:
        raise LookupError("this step comes after the one that gives the id")
    return id_


def lots(readable: Iterator[Row]) -> Iterator[LotLines]:
    """The lots in the order of the file; memory grows with the largest of them."""
    for reference, group in groupby(readable, key=lambda row: str(row.values["lot"])):
        by_siret: dict[str, TransferLines] = {}
        scheduled_on: date | None = None
        for row in group:
            scheduled_on = scheduled_on or row.values["scheduled_on"]
            siret = row.values["beneficiary_siret"]
            transfer = by_siret.setdefault(siret, TransferLines(siret, []))
            transfer.rows.append(row)
            transfer.fault = transfer.fault or _fault(transfer, row, scheduled_on)
        transfers = list(by_siret.values())
        if scheduled_on is not None:
            yield LotLines(transfers[0].first.source, reference, scheduled_on, transfers)


def _fault(transfer: TransferLines, row: Row, scheduled_on: date | None) -> tuple[int, Fault] | None:
    """What is wrong with the line just added, by itself or beside the ones before it."""
    place, values = len(transfer.rows) - 1, row.values
    if values["scheduled_on"] != scheduled_on:
        return place, ("scheduled_on", "Toutes les lignes d'un lot ont la même date.")
    for column in _OF_A_TRANSFER:
        if values[column] != transfer.first.values[column]:
            return place, (column, "Toutes les lignes d'un virement ont la même valeur dans cette colonne.")
    if values["paid_on"] is not None and values["rejected_on"] is not None:
        return place, ("rejected_on", "Un virement est payé ou rejeté, pas les deux.")
    if (values["rejected_on"] is None) != (values["reject_reason"] is None):
        return place, ("reject_reason", "Un rejet a un jour et un motif.")
    return None
