"""One import under way, and what its steps share: the ledger, the report, the counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from pydantic import ValidationError

from gateway.importer.kinds import Kind
from gateway.importer.plan import Fault, Plan, Values, faults
from gateway.importer.progress import Follower
from gateway.importer.references import References
from gateway.importer.report import Report, Summary, Tally
from gateway.importer.rows import DamagedRow, Row, rows
from gateway.importer.sources import Source
from ledger.application import Ledger, Order, Outcome
from ledger.kit.errors import Refusal

BATCH: Final = 500
"""Lines decided and recorded together: one append, one commit."""


@dataclass(frozen=True, slots=True)
class Step:
    """One order of a line that makes several; `columns` maps the fields of its refusals to columns of `kind`."""

    row: Row
    order: Order
    columns: Mapping[str, str]
    kind: Kind


@dataclass(slots=True)
class Run:
    """`actor` is None: the import is the system's own."""

    ledger: Ledger
    references: References
    report: Report
    summary: Summary
    follower: Follower

    def execute(self, orders: Sequence[Order]) -> list[Outcome | Refusal]:
        return self.ledger.execute_many(orders, actor=None) if orders else []

    def take(self, steps: Sequence[Step], name: str) -> list[Outcome | Refusal]:
        """Execute steps that follow a line's import, and count them apart, under `name`."""
        tally = self.summary.tally(name)
        tally.read += len(steps)
        answers = self.execute([step.order for step in steps])
        for step, answer in zip(steps, answers, strict=True):
            if isinstance(answer, Refusal):
                self.refuse(step.row, faults(answer, step.kind, step.columns), tally)
            else:
                tally.accept(answer, 1)
        return answers

    def refuse(self, row: Row | DamagedRow, faults: Iterable[Fault], tally: Tally) -> None:
        self.report.refused(row.source, row.line, faults)
        tally.refused += 1

    def refuse_damaged(self, row: DamagedRow, tally: Tally) -> None:
        tally.read += 1
        self.refuse(row, row.faults.found, tally)
        self.follower.advance(1)


def import_lines(run: Run, source: Source, plan: Plan) -> None:
    """Import a file in which each line is one order."""
    tally = run.summary.tally(plan.kind.name)
    batch: dict[str, Row] = {}
    for row in rows(source):
        if isinstance(row, DamagedRow):
            run.refuse_damaged(row, tally)
            continue
        tally.read += 1
        key = plan.key(row.values)
        # A line that repeats another of its batch waits for the next one, where the first is there already.
        if len(batch) == BATCH or key in batch:
            _import_batch(run, plan, list(batch.values()), tally)
            batch.clear()
        batch[key] = row
    _import_batch(run, plan, list(batch.values()), tally)


def _import_batch(run: Run, plan: Plan, batch: list[Row], tally: Tally) -> None:
    run.references.look_up(chain.from_iterable(plan.refers(row.values) for row in batch))
    ordered: list[tuple[Row, Order]] = []
    for row in batch:
        order = _order(run, plan, row.values)
        if isinstance(order, Order):
            ordered.append((row, order))
        else:
            run.refuse(row, order, tally)
    answers = run.execute([order for _, order in ordered])
    for (row, _), answer in zip(ordered, answers, strict=True):
        if isinstance(answer, Refusal):
            run.refuse(row, plan.faults(answer), tally)
        else:
            tally.accept(answer, 1)
    run.follower.advance(len(batch))


def _order(run: Run, plan: Plan, values: Values) -> Order | list[Fault]:
    try:
        return plan.order(values, run.references)
    except (Refusal, ValidationError) as error:
        return plan.faults(error)
