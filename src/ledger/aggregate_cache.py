"""The streams as they stood after their last commit that this process knows of.

The library's own cache is not used: without copies it let a refused command succeed on its own mutated copy. Here an
entry is never changed: a command works on a copy, and a new state takes the entry's place only once it is committed.
Another process may have moved a stream on meanwhile: whoever decides on an entry guards its version in the append, and
whoever is refused, or meets a conflict, evicts what it remembered and decides again on the log itself.

When a connection was lost, the server that answers next may have lost commits as well (a standby that was behind):
everything that was remembered in an earlier epoch of the recorder is forgotten.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from ledger.kit.aggregate import Aggregate

SIZE: Final = 20_000


class AggregateCache:
    """The `size` streams used last. Thread-safe."""

    def __init__(self, size: int = SIZE) -> None:
        self._size = size
        self._mutex = threading.Lock()
        self._epoch = 0
        self._entries: OrderedDict[UUID, Aggregate] = OrderedDict()

    def get(self, stream_id: UUID, *, epoch: int = 0) -> Aggregate | None:
        """The stream's last known state, not to be changed."""
        with self._mutex:
            entry = self._entries.get(stream_id) if self._is_of(epoch) else None
            if entry is not None:
                self._entries.move_to_end(stream_id)
            return entry

    def put(self, aggregates: Iterable[Aggregate], *, epoch: int = 0) -> None:
        """Remember states that were committed in an epoch. One older than what is known does not replace it."""
        with self._mutex:
            for aggregate in aggregates if self._is_of(epoch) else ():
                known = self._entries.get(aggregate.id)
                if known is None or known.version < aggregate.version:
                    self._entries[aggregate.id] = aggregate
                self._entries.move_to_end(aggregate.id)
            while len(self._entries) > self._size:
                self._entries.popitem(last=False)

    def evict(self, stream_ids: Iterable[UUID]) -> None:
        with self._mutex:
            for stream_id in stream_ids:
                self._entries.pop(stream_id, None)

    def _is_of(self, epoch: int) -> bool:
        """Whether the entries are of this epoch. A later epoch than theirs forgets them; an earlier one has none."""
        if epoch > self._epoch:
            self._entries.clear()
            self._epoch = epoch
        return epoch == self._epoch
