"""Group commit: the commands that wait while one transaction is written are written together in the next.

There is no thread of its own. Whoever comes when nobody writes is the writer, so that a lone command waits for nobody;
whoever comes while somebody writes waits, and one of those who waited writes for all of them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final

from eventsourcing.persistence import IntegrityError

from ledger.log.appending import Append
from ledger.log.refusals import AppendVoided

MOST: Final = 500  # units in one transaction: the append lock is held while they are inserted

Unit = Sequence[Append]
"""Commands that are written all or none: one, or an importer's batch."""

Write = Callable[[Unit], list[int]]
"""Writes commands in one transaction; the position of each one's last event."""


class _Ticket:
    """A unit that waits: for its answer, or to be told to write."""

    __slots__ = ("answer", "leads", "unit", "wake")

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.answer: list[int] | BaseException | None = None
        self.leads = False
        # A bare lock, taken: an Event is four times as dear to make and to wait for.
        self.wake = threading.Lock()
        self.wake.acquire()

    def settle(self, answer: list[int] | BaseException) -> None:
        self.answer = answer
        self.wake.release()


class Committer:
    """Writes units, one transaction at a time in this process. Other processes take their turn at the lock."""

    def __init__(self, write: Write, *, most: int = MOST) -> None:
        self._write = write
        self._most = most
        self._mutex = threading.Lock()
        self._waiting: list[_Ticket] = []
        self._writing = False

    def submit(self, unit: Unit) -> list[int]:
        """The positions of the commands' last events, once they are durable; or the refusal that `write` raises."""
        ticket = _Ticket(unit)
        with self._mutex:
            self._waiting.append(ticket)
            ticket.leads = not self._writing
            self._writing = True
        if not ticket.leads:
            ticket.wake.acquire()
        if ticket.leads:
            self._lead()
        if isinstance(ticket.answer, BaseException):
            raise ticket.answer
        if ticket.answer is None:
            raise RuntimeError("a group was written without an answer for each of its units")
        return ticket.answer

    def _lead(self) -> None:
        """Write what waits, the caller among it; then let one who came meanwhile do the same."""
        with self._mutex:
            group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        try:
            self._settle(group)
        finally:
            with self._mutex:
                successor = self._waiting[0] if self._waiting else None
                self._writing = successor is not None
            if successor is not None:
                successor.leads = True
                successor.wake.release()

    def _settle(self, group: Sequence[_Ticket]) -> None:
        """Answer each ticket. A group with a conflict is halved until the unit that conflicts stands alone."""
        answers: list[list[int] | BaseException]
        try:
            positions = iter(self._write([append for ticket in group for append in ticket.unit]))
            answers = [list(islice(positions, len(ticket.unit))) for ticket in group]
        except (IntegrityError, AppendVoided) as error:
            if len(group) > 1:
                half = len(group) // 2
                self._settle(group[:half])
                self._settle(group[half:])
                return
            answers = [error]
        except BaseException as error:  # noqa: BLE001 - whatever it is, nobody may be left waiting
            answers = [error for _ in group]
        for ticket, answer in zip(group, answers, strict=True):
            ticket.settle(answer)
