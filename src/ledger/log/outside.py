"""The head of the log, noted outside the database, and what is done when the database does not agree with it.

A database that was restored, or promoted from a standby that was behind, looks whole: only something outside it can
tell that acknowledged events are gone. The note is small: a position and the leaf of the event there. A log behind
its note, or with another event at that position, is made read-only until an operator decides.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self

import orjson
import psycopg
import structlog
from psycopg import Connection
from psycopg.rows import DictRow
from psycopg_pool import PoolTimeout

from ledger.kit.durable import sync
from ledger.log.database import Database, Role
from ledger.log.envelope import envelope, leaf
from ledger.log.recorded import COLUMNS, decode

FILE: Final = "head.json"
NOTE_SECONDS: Final = 5.0  # how often a worker notes the head

_log = structlog.get_logger(__name__)


class Verdict(StrEnum):
    """How the log stands to its outside note."""

    AGREES = "agrees"
    NO_NOTE = "no-note"
    BEHIND = "behind"
    DIFFERENT = "different"
    UNREADABLE = "unreadable"

    @property
    def is_alarming(self) -> bool:
        return self not in {Verdict.AGREES, Verdict.NO_NOTE}


class NoteDamaged(RuntimeError):
    """The outside note cannot be read: somebody has to look at it before it is replaced."""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a log: the position of its last event, and that event's leaf in hexadecimal; 0 and "" when empty."""

    origin: str
    position: int
    leaf: str

    @classmethod
    def of(cls, connection: Connection[DictRow], position: int | None = None) -> Self:
        """The head of the log that `connection` reads, or how it stood at an earlier `position`."""
        deployment = connection.execute("select origin from log.deployment").fetchone()
        origin = str(deployment["origin"]) if deployment else ""
        row = connection.execute(
            f"select {COLUMNS} from log.events where position <= %s order by position desc limit 1",
            (2**63 - 1 if position is None else position,),
            binary=True,
        ).fetchone()
        if row is None:
            return cls(origin, 0, "")
        return cls(origin, row["position"], leaf(envelope(origin, decode(row), bytes(row["payload"]))).hex())


class Outside:
    """The note in a directory that is not the database's; several processes may write it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self) -> Head | None:
        """What was noted last; None where nothing was. NoteDamaged for a file that holds something else."""
        try:
            content: dict[str, Any] = orjson.loads((self._directory / FILE).read_bytes())
            return Head(str(content["origin"]), int(content["position"]), str(content["leaf"]))
        except FileNotFoundError:
            return None
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            raise NoteDamaged(f"{self._directory / FILE} is not a head's note") from None

    def note(self, head: Head) -> None:
        """Note a head, durably. One that is behind the note changes nothing: the note never goes back by itself."""
        with self._alone():
            known = self.read()
            if known is None or (known.origin == head.origin and known.position < head.position):
                self._write(head)

    def accept(self, head: Head) -> None:
        """An operator's word: this head is the right one, whatever was noted before."""
        with self._alone():
            self._write(head)

    def compare(self, connection: Connection[DictRow]) -> Verdict:
        """How the log that `connection` reads stands to the note."""
        try:
            noted = self.read()
        except NoteDamaged:
            return Verdict.UNREADABLE
        if noted is None:
            return Verdict.NO_NOTE
        found = Head.of(connection, noted.position)
        if found.origin == noted.origin and found.position < noted.position:
            return Verdict.BEHIND
        return Verdict.AGREES if found == noted else Verdict.DIFFERENT

    def _write(self, head: Head) -> None:
        draft = self._directory / f".{FILE}.{os.getpid()}"
        with draft.open("wb") as file:
            file.write(orjson.dumps(asdict(head), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
            file.flush()
            os.fsync(file.fileno())
        draft.rename(self._directory / FILE)
        sync(self._directory)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self._directory / ".lock").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def guard(database: Database, outside: Outside) -> Verdict:
    """Compare, and make the log read-only where it is behind its note or differs from it: at start-up, and from then on
    whenever the head is noted, since a database may be replaced under processes that go on.
    """
    with database.transaction(Role.WRITER) as connection:
        verdict = outside.compare(connection)
        if verdict.is_alarming and read_only_reason(connection) is None:
            connection.execute("select log.close_for_writing(%s)", (f"outside-head-{verdict}",))
            _log.error("the log is read-only: it does not agree with its outside head", verdict=str(verdict))
    return verdict


def keep_noting(database: Database, outside: Outside, stop: threading.Event, seconds: float = NOTE_SECONDS) -> None:
    """Note the head every few seconds until `stop` is set, and then once more.

    What fails is said and tried again: it loses no event.
    """
    last = False
    while not last:
        last = stop.wait(seconds)
        try:
            note_now(database, outside)
        except (psycopg.Error, PoolTimeout, OSError, NoteDamaged) as error:
            _log.warning("the outside head could not be noted", error=type(error).__name__)


def note_now(database: Database, outside: Outside) -> Head:
    """Note the head as it is; the head. A log that does not agree with its note moves it no further, and is closed."""
    verdict = guard(database, outside)
    with database.transaction(Role.AUDITOR) as connection:
        head = Head.of(connection)
    if not verdict.is_alarming and head.position:
        outside.note(head)
    return head


def read_only_reason(connection: Connection[DictRow]) -> str | None:
    """Why the log takes nothing; None where it takes events."""
    row = connection.execute("select read_only from log.deployment").fetchone()
    return row["read_only"] if row else None


def reopen(connection: Connection[DictRow], outside: Outside) -> Head:
    """An operator's decision: what the log holds now is the truth. Its owner's connection is needed."""
    head = Head.of(connection)
    outside.accept(head)
    connection.execute("select log.open_for_writing()")
    return head
