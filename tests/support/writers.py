"""What other processes run in tests: importable by name, as a spawned process asks for it."""

from __future__ import annotations

from eventsourcing.persistence import StoredEvent

from ledger.kit.ids import uuid7
from ledger.log.appending import Append
from ledger.log.database import Database
from ledger.log.recorder import Recorder


def append_pairs(url: str, commands: int) -> None:
    """Append `commands` new streams of two events each."""
    with Database(url) as database:
        recorder = Recorder(database)
        for _ in range(commands):
            stream = uuid7()
            events = [StoredEvent(stream, version, "thing.done.v1", b"{}") for version in (1, 2)]
            recorder.append([Append(events, command_id=uuid7())])
