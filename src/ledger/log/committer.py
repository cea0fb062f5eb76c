"""Group commit: the commands that wait while one transaction is written are written together in the next.

There is no thread of its own. Whoever comes when nobody writes is the writer, so that a lone command waits for nobody;
whoever comes while somebody writes waits, and one of those who waited writes for all of them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Final

from eventsourcing.persistence import IntegrityError

from ledger.log.appending import Append
from ledger.log.refusals import AppendVoided, GuardBroken, KeyUsed, StreamConflict

MOST: Final = 500  # units in one transaction: the append lock is held while they are inserted
RECENT: Final = 50_000  # streams and keys remembered
LONGEST_GATHERING: Final = 0.005
GATHERING_STEP: Final = 0.0002

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
        self._coming = 0  # threads that decide on an order, or were answered and have not gone on yet
        self._seconds = 0.0
        self._recent = _Recent()

    def submit(self, unit: Unit) -> list[int]:
        """The positions of the commands' last events, once they are durable; or the refusal that `write` raises."""
        ticket = _Ticket(unit)
        with self._mutex:
            self._waiting.append(ticket)
            waits = self._writing
            ticket.leads = not waits
            self._writing = True
        try:
            # Not asked of the ticket: it may have been told to write since, and its waking is to be taken all the same.
            if waits:
                ticket.wake.acquire()
            if ticket.leads:
                self._lead()
        finally:
            self._move(-1)
        if isinstance(ticket.answer, BaseException):
            raise ticket.answer
        if ticket.answer is None:
            raise RuntimeError("a group was written without an answer for each of its units")
        return ticket.answer

    @contextmanager
    def deciding(self) -> Iterator[None]:
        """Somebody who is going to submit something in an instant, most likely."""
        self._move(+1)
        try:
            yield
        finally:
            self._move(-1)

    def _move(self, coming: int) -> None:
        with self._mutex:
            self._coming += coming

    def _lead(self) -> None:
        """Write what waits, the caller among it; then let one who came meanwhile do the same."""
        self._gather()
        with self._mutex:
            group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        started = time.perf_counter()
        try:
            self._move(len(group))
            self._settle(group)
        finally:
            self._seconds = time.perf_counter() - started
            with self._mutex:
                successor = self._waiting[0] if self._waiting else None
                self._writing = successor is not None
            if successor is not None:
                successor.leads = True
                successor.wake.release()

    def _gather(self) -> None:
        """Let those come who are about to: who decides on an order, or was answered a moment ago and may give another.

        Without it a busy process writes the two or three who are there first, and all others wait for the next commit.
        Nobody waits longer than the last transaction took, and a lone writer not at all.
        """
        until = time.perf_counter() + min(self._seconds, LONGEST_GATHERING)
        while self._coming and time.perf_counter() < until:
            time.sleep(GATHERING_STEP)

    def _settle(self, group: Sequence[_Ticket]) -> None:
        """Answer each ticket: write those that do not meet, then see about the others.

        What this process wrote a moment ago is known here. A unit that was decided without it conflicts for certain,
        and is told so at once: within a transaction it would fail the whole group.
        """
        while group:
            fresh = [ticket for ticket in group if not self._refused(ticket)]
            together, group = _apart(fresh)
            if together:
                self._write_together(together)

    def _refused(self, ticket: _Ticket) -> bool:
        refusal = self._recent.refusal(ticket.unit)
        if refusal is not None:
            ticket.settle(refusal)
        return refusal is not None

    def _write_together(self, group: Sequence[_Ticket]) -> None:
        """Answer each ticket. A group with a conflict is halved until the unit that conflicts stands alone."""
        answers: list[list[int] | BaseException]
        try:
            positions = iter(self._write([append for ticket in group for append in ticket.unit]))
            answers = [list(islice(positions, len(ticket.unit))) for ticket in group]
            for ticket in group:
                self._recent.add(ticket.unit)
        except (IntegrityError, AppendVoided) as error:
            if isinstance(error, AppendVoided):
                self._recent = _Recent()  # a connection was lost: see below
            if len(group) > 1:
                half = len(group) // 2
                self._write_together(group[:half])
                self._write_together(group[half:])
                return
            answers = [error]
        except BaseException as error:  # noqa: BLE001 - whatever it is, nobody may be left waiting
            # Another server may answer next, promoted without the last commits: nothing is certain any more.
            self._recent = _Recent()
            answers = [error for _ in group]
        for ticket, answer in zip(group, answers, strict=True):
            ticket.settle(answer)


class _Recent:
    """What this process has written lately: the version of each stream, and the idempotency keys. A hint, no more."""

    def __init__(self) -> None:
        self._versions: dict[object, int] = {}
        self._keys: set[bytes] = set()

    def add(self, unit: Unit) -> None:
        if len(self._versions) + len(self._keys) > RECENT:
            self._versions.clear()
            self._keys.clear()
        for append in unit:
            self._versions.update((event.originator_id, event.originator_version) for event in append.events)
            if append.key is not None:
                self._keys.add(append.key.digest)

    def refusal(self, unit: Unit) -> BaseException | None:
        """How the log is going to refuse the unit, where that is certain: nothing that was written goes away."""
        for index, append in enumerate(unit):
            if append.key is not None and append.key.digest in self._keys:
                return KeyUsed(index, "idempotency key used")
            if any(event.originator_version <= self._version(event.originator_id) for event in append.events):
                return StreamConflict("a stream has this version already")
            if any(guard.version < self._version(guard.stream_id) for guard in append.guards):
                return GuardBroken(index, "guard broken")
        return None

    def _version(self, stream_id: object) -> int:
        return self._versions.get(stream_id, -1)


def _apart(group: Sequence[_Ticket]) -> tuple[list[_Ticket], list[_Ticket]]:
    """Tickets that can be written together, and those that meet one of them. The first always can."""
    together: list[_Ticket] = []
    others: list[_Ticket] = []
    written: set[object] = set()
    for ticket in group:
        if written.isdisjoint(_touches(ticket.unit)):
            together.append(ticket)
            written.update(_writes(ticket.unit))
        else:
            others.append(ticket)
    return together, others


def _writes(unit: Unit) -> Iterator[object]:
    """What another unit cannot write or depend on beside this one: its streams, and its idempotency keys."""
    for append in unit:
        for event in append.events:
            yield event.originator_id
        if append.key is not None:
            yield append.key.digest


def _touches(unit: Unit) -> Iterator[object]:
    """What it writes, and what it depends on."""
    yield from _writes(unit)
    for append in unit:
        for guard in append.guards:
            yield guard.stream_id
