"""The later days of a dossier (« rupture », soldé, clos…), applied once everything else is there.

They are columns of the dossiers file, and steps of their own: a day filled in since the last import is applied by the
next one. A dossier can only be settled once its transfers are, hence the second reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from gateway.importer import kinds
from gateway.importer.plan import keyed
from gateway.importer.rows import Row, rows
from gateway.importer.run import BATCH, Run, Step
from gateway.importer.sources import Source
from ledger.application import Order
from ledger.dossier.commands import (
    BreakOffExecution,
    CancelDossier,
    CloseDossier,
    FinishExecution,
    SettleDossier,
    StartExecution,
)
from ledger.kit.command import Command
from ledger.unit_of_work import Foreseen

TALLY: Final = "milestones"


@dataclass(frozen=True, slots=True)
class _Milestone:
    column: str
    command: Callable[..., Command]
    with_reason: bool = False


_MILESTONES: Final = (  # in the order of a dossier's life
    _Milestone("started_on", StartExecution),
    _Milestone("broken_off_on", BreakOffExecution, with_reason=True),
    _Milestone("finished_on", FinishExecution),
    _Milestone("settled_on", SettleDossier),
    _Milestone("cancelled_on", CancelDossier, with_reason=True),
    _Milestone("closed_on", CloseDossier),
)


def import_milestones(run: Run, source: Source) -> None:
    """Apply the later days of every dossier of the file that is there; the others were reported already."""
    readable = (row for row in rows(source) if isinstance(row, Row))
    while batch := list(islice(readable, BATCH)):
        run.references.look_up(("dossier-number", row.values["number"]) for row in batch)
        run.take([step for row in batch for step in _steps(run, row)], TALLY)
        run.follower.advance(len(batch))


def _steps(run: Run, row: Row) -> Iterator[Step]:
    number = row.values["number"]
    dossier_id = run.references.find("dossier-number", number)
    for milestone in _MILESTONES:
        column = milestone.column
        if dossier_id is None or row.values[column] is None:
            continue
        reason = {"reason": row.values["reason"]} if milestone.with_reason else {}
        body = {"on": row.values[column], **reason}
        key = keyed(f"dossiers:{column}", number, body)
        order = Order(milestone.command(dossier_id=dossier_id, **body), key, Foreseen((dossier_id,)))
        yield Step(row, order, {"on": column, "dossier_id": "number"}, kinds.DOSSIERS)
