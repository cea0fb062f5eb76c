"""Group commit: the commands that wait while one transaction is written are written together in the next.

There is no thread of its own. Whoever comes when nobody writes is the writer, so that a lone command waits for nobody;
whoever comes while somebody writes waits, and one of those who waited writes for all of them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from itertools import islice, pairwise
from typing import Final

from eventsourcing.persistence import IntegrityError

from ledger.log.appending import Append
from ledger.log.recent import Recent
from ledger.log.refusals import AppendVoided

MOST: Final = 500  # units in one transaction: the append lock is held while they are inserted
LONGEST_GATHERING: Final = 0.005
FEW: Final = 8  # units for which a transaction's beginning and end cost more than they do

Unit = Sequence[Append]
"""Commands that are written all or none: one, or an importer's batch."""

Write = Callable[[Unit], list[int]]
"""Writes commands in one transaction; the position of each one's last event."""


class _Ticket:
    """A unit that waits: for its answer, or to be told to write."""

    __slots__ = ("answer", "follower", "leads", "unit", "wake")

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.answer: list[int] | BaseException | None = None
        self.follower: _Ticket | None = None
        self.leads = False
        # A bare lock, taken: an Event is four times as dear to make and to wait for.
        self.wake = threading.Lock()
        self.wake.acquire()


class Committer:
    """Writes units, one transaction at a time in this process. Other processes take their turn at the lock."""

    def __init__(self, write: Write, *, most: int = MOST) -> None:
        self._write = write
        self._most = most
        self._mutex = threading.Lock()
        self._waiting: list[_Ticket] = []
        self._writing = False
        self._expected = 0  # units that are worth waiting for: half of those who wrote or waited a moment ago, or FEW
        self._gathering: threading.Lock | None = None  # held while a leader waits for those
        self._seconds = 0.0
        self._recent = Recent()

    def submit(self, unit: Unit) -> list[int]:
        """The positions of the commands' last events, once they are durable; or the refusal that `write` raises."""
        ticket = _Ticket(unit)
        with self._mutex:
            self._waiting.append(ticket)
            if self._gathering is not None and len(self._waiting) >= self._expected:
                self._gathering.release()
                self._gathering = None
            waits = self._writing
            ticket.leads = not waits
            self._writing = True
        # Not asked of the ticket: it may have been told to write since, and its waking is to be taken all the same.
        if waits:
            self._wait(ticket)
        if ticket.leads:
            self._lead()
        if isinstance(ticket.answer, BaseException):
            raise ticket.answer
        if ticket.answer is None:
            raise RuntimeError("a group was written without an answer for each of its units")
        return ticket.answer

    def _wait(self, ticket: _Ticket) -> None:
        try:
            ticket.wake.acquire()
        except BaseException:
            # Interrupted: others depend on this one, which may be told to write, or to wake the next.
            threading.Thread(target=self._stand_in, args=(ticket,), daemon=True).start()
            raise
        self._pass_on(ticket)

    def _stand_in(self, ticket: _Ticket) -> None:
        self._wait(ticket)
        if ticket.leads:
            self._lead()

    def _pass_on(self, ticket: _Ticket) -> None:
        # Each wakes the next. All at once, they would wake only to wait for the interpreter, and be woken again.
        if ticket.follower is not None:
            ticket.follower.wake.release()

    def _lead(self) -> None:
        """Write what waits, the caller among it; then let one who came meanwhile do the same."""
        self._gather()
        with self._mutex:
            group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        started = time.perf_counter()
        try:
            self._settle(group)
        finally:
            self._seconds = time.perf_counter() - started
            with self._mutex:
                successor = self._waiting[0] if self._waiting else None
                self._writing = successor is not None
                crowd = len(group) + len(self._waiting)
                self._expected = min(max(crowd // 2, min(crowd, FEW)), self._most)
            if successor is not None:
                successor.leads = True
                successor.wake.release()

    def _gather(self) -> None:
        """Let those come who are about to: who was answered a moment ago is likely to have another command.

        Without it a busy process writes the two or three who are there first, and all others wait for the next commit.
        Nobody waits longer than the last transaction took, and a lone writer not at all.
        """
        with self._mutex:
            if len(self._waiting) >= self._expected or not self._seconds:
                return
            gathered = self._gathering = threading.Lock()
            gathered.acquire()
        gathered.acquire(timeout=min(self._seconds, LONGEST_GATHERING))
        with self._mutex:
            self._gathering = None

    def _settle(self, group: Sequence[_Ticket]) -> None:
        """Answer each ticket: write those that do not meet, then see about the others.

        What this process wrote a moment ago is known here. A unit that was decided without it conflicts for certain,
        and is told so at once: within a transaction it would fail the whole group.
        """
        while group:
            fresh = []
            for ticket in group:
                if (refusal := self._recent.refusal(ticket.unit)) is None:
                    fresh.append(ticket)
                else:
                    self._answer([ticket], [refusal])
            together, group = _apart(fresh)
            if together:
                self._write_together(together)

    def _write_together(self, group: Sequence[_Ticket]) -> None:
        """Answer each ticket. A group with a conflict is halved until the unit that conflicts stands alone."""
        answers: Sequence[list[int] | BaseException]
        try:
            positions = iter(self._write([append for ticket in group for append in ticket.unit]))
            answers = [list(islice(positions, len(ticket.unit))) for ticket in group]
            for ticket in group:
                self._recent.add(ticket.unit)
        except (IntegrityError, AppendVoided) as error:
            if isinstance(error, AppendVoided):
                self._recent = Recent()  # a connection was lost: see below
            if len(group) > 1:
                half = len(group) // 2
                self._write_together(group[:half])
                self._write_together(group[half:])
                return
            answers = [error]
        except BaseException as error:  # noqa: BLE001 - whatever it is, nobody may be left waiting
            # Another server may answer next, promoted without the last commits: nothing is certain any more.
            self._recent = Recent()
            answers = [error for _ in group]
        self._answer(group, answers)

    def _answer(self, group: Sequence[_Ticket], answers: Sequence[list[int] | BaseException]) -> None:
        for ticket, answer in zip(group, answers, strict=True):
            ticket.answer = answer
        waiting = [ticket for ticket in group if not ticket.leads]
        for ticket, follower in pairwise(waiting):
            ticket.follower = follower
        if waiting:
            waiting[0].wake.release()


def _apart(group: Sequence[_Ticket]) -> tuple[list[_Ticket], list[_Ticket]]:
    """Those that may be written together, and those that write or depend on something that one of these writes.

    Two decisions on the same version of a stream cannot both stand. Of those kept apart, most are decided again.
    """
    together: list[_Ticket] = []
    others: list[_Ticket] = []
    written: set[object] = set()
    for ticket in group:
        writes, reads = _touched(ticket.unit)
        if written.isdisjoint(writes) and (not reads or written.isdisjoint(reads)):
            together.append(ticket)
            written.update(writes)
        else:
            others.append(ticket)
    return together, others


def _touched(unit: Unit) -> tuple[list[object], list[object]]:
    """What another unit cannot write or depend on beside this one (streams, keys), and what this one depends on."""
    writes: list[object] = []
    reads: list[object] = []
    for append in unit:
        writes += [event.originator_id for event in append.events]
        if append.key is not None:
            writes.append(append.key.digest)
        reads += [guard.stream_id for guard in append.guards]
    return writes, reads
