"""Feeding projections from the log: one reading for all that stand at one position, up to what this release knows."""

from __future__ import annotations

from collections.abc import Container, Sequence
from concurrent.futures import Executor, Future
from itertools import takewhile

import structlog

from projections.engine.batches import Batches, Transaction
from projections.engine.entry import Entry
from projections.engine.interpreter import collected_later
from projections.engine.reading import known_names, read_entries

_log = structlog.get_logger(__name__)


class Feeder:
    """Reads for one `Batches`. `waits_at` is the position of an event whose name only a newer release knows.

    With `ahead`, a full batch's successor is read while it is folded: `transaction` may then be begun by two threads.
    """

    def __init__(
        self,
        batches: Batches,
        transaction: Transaction,
        *,
        limit: int,
        known: Container[str] | None = None,
        ahead: Executor | None = None,
    ) -> None:
        self.batches = batches
        self.waits_at: int | None = None
        self._transaction = transaction
        self._limit = limit
        self._known = known_names() if known is None else known
        self._ahead = ahead
        self._coming: tuple[tuple[int, int | None], Future[list[Entry]]] | None = None

    def feed(self, *, upto: int | None = None) -> int:
        """Give each group of projections one batch; return how many entries were read."""
        groups = self.batches.groups()
        self.waits_at = None
        # Whoever is behind reads as far as the next group, and joins it there.
        ends = [*(position for position, _ in groups), None][1:]
        with collected_later():
            return sum(
                self._feed_group(start, names, _nearer(end, upto))
                for (start, names), end in zip(groups, ends, strict=True)
            )

    def forget(self) -> None:
        """Another server may answer next: what was read ahead from the last one is nothing to fold."""
        self._coming = None

    def _feed_group(self, start: int, names: Sequence[str], end: int | None) -> int:
        entries = self._next(start, end)
        foldable = self._until_unknown(entries)
        if foldable:
            self.batches.apply(names, foldable)
        elif entries:
            self._wait(names, entries[0])
        return len(foldable)

    def _next(self, start: int, end: int | None) -> list[Entry]:
        """The entries that follow. What was read ahead is as good as new: nothing of a log ever changes."""
        coming, self._coming = self._coming, None
        entries = coming[1].result() if coming and coming[0] == (start, end) else self._read(start, end)
        if self._ahead is not None and len(entries) == self._limit:
            after = start + self._limit
            self._coming = (after, end), self._ahead.submit(self._read, after, end)
        return entries

    def _read(self, start: int, end: int | None) -> list[Entry]:
        with self._transaction() as connection:
            return read_entries(connection, start, self._limit, upto=end)

    def _until_unknown(self, entries: list[Entry]) -> list[Entry]:
        unknown = {name for name in {entry.name for entry in entries} if name not in self._known}
        return list(takewhile(lambda entry: entry.name not in unknown, entries)) if unknown else entries

    def _wait(self, names: Sequence[str], entry: Entry) -> None:
        # Neither skipped nor failed: a newer release reads it. Until then everything behind it waits.
        self.waits_at = entry.position
        for name in names:
            if self.batches.owned[name].state != "waiting":
                self.batches.halt(name, "waiting", f"unknown event name {entry.name}", entry.position)
                _log.error(
                    "projection waits for a newer release",
                    projection=name,
                    position=entry.position,
                    event_name=entry.name,
                )


def _nearer(end: int | None, upto: int | None) -> int | None:
    return min((limit for limit in (end, upto) if limit is not None), default=None)
