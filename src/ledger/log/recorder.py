"""The recorder: the library's interface over our own table, without its DDL, its table lock and its retries.

A retry of an append whose answer was lost would turn what was committed into a false conflict. Here the command's
receipt is looked up instead, and nothing is ever inserted twice.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import accumulate
from typing import Any, Final
from uuid import UUID

import psycopg
from eventsourcing.persistence import (
    ApplicationRecorder,
    Notification,
    OperationalError,
    StoredEvent,
    Subscription,
)
from psycopg.rows import DictRow

from ledger.kit.ids import uuid7
from ledger.log import subscription
from ledger.log.appending import Append, arguments, check_guards_within
from ledger.log.committer import Committer
from ledger.log.database import Database, Role
from ledger.log.reader import batch_end
from ledger.log.refusals import AppendVoided, is_disconnection, refusal
from ledger.log.statement import AppendStatement

READ_ATTEMPTS: Final = 3
_EVENT: Final = "stream_id, version, name, payload"
_LAST_POSITION: Final = 2**63 - 1
_LAST_VERSION: Final = 2**31 - 1


class Recorder(ApplicationRecorder):
    """Writes and reads `log.events`."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.epoch = 0
        """Counts the connections that were lost. Behind a new one may be a server that never had the last commits: what
        was read or remembered in an earlier epoch is nothing to decide on.
        """
        self._committer = Committer(self._write)
        self._statement: AppendStatement | None = None

    def append(self, batch: Sequence[Append]) -> list[int]:
        """Write commands in one transaction, all or none; return for each the position of its last event.

        What other threads append meanwhile may share the transaction; a refusal is always the batch's own. Raises
        KeyUsed, GuardBroken, ClaimTaken, StreamConflict (nothing was written), AppendVoided (the connection was lost,
        nothing was or will be written), or the library's OperationalError where PostgreSQL cannot be reached.
        """
        return self._committer.submit(batch)

    def _write(self, batch: Sequence[Append]) -> list[int]:
        base = self._base(batch)
        return list(accumulate((len(append.events) for append in batch), initial=base))[1:]

    def _base(self, batch: Sequence[Append]) -> int:
        """Write the batch; return the position before its first event. One thread at a time (the committer's)."""
        check_guards_within(batch)
        try:
            statement = self._connected()
            if any(append.epoch not in {None, self.epoch} for append in batch):
                raise AppendVoided("it was decided before the connection was lost")
            return statement.execute(arguments(batch))
        except psycopg.Error as error:
            if is_disconnection(error):
                self.epoch += 1
                return self._settled_base(batch, error)
            if isinstance(error, psycopg.DatabaseError) and (refused := refusal(error)) is not error:
                raise refused from error
            raise

    def _connected(self) -> AppendStatement:
        if self._statement is None or self._statement.connection.closed:
            self.epoch += self._statement is not None
            self._statement = None
            self._statement = AppendStatement(self.database.dedicated(Role.WRITER))
        return self._statement

    def _settled_base(self, batch: Sequence[Append], error: psycopg.Error) -> int:
        """After a lost connection. The batch is one transaction: its first receipt tells of all of it."""
        first = batch[0]
        if first.command_id is None:
            raise OperationalError("the connection was lost, and there is no receipt to look up") from error
        # What cut one connection has often cut them all: those that died in the pool are thrown away first.
        self.database.pool.open()
        self.database.pool.check()
        with self.database.transaction(Role.WRITER) as connection:
            row = connection.execute("select log.settle(%s) as position", (first.command_id,)).fetchone()
        if row is None or row["position"] is None:
            raise AppendVoided("the connection was lost before the append was recorded") from error
        return int(row["position"]) - len(first.events)

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> list[int]:
        """Append events, as the library asks for it; `kwargs` are an Append's other fields."""
        if not stored_events:
            return []
        (end,) = self.append([Append(events=stored_events, **{"command_id": uuid7(), **kwargs})])
        return list(range(end - len(stored_events) + 1, end + 1))

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> list[StoredEvent]:
        query = (
            f"select {_EVENT} from log.events where stream_id = %s and version > %s and version <= %s "
            f"order by version {'desc' if desc else 'asc'} limit %s"
        )
        bounds = (-1 if gt is None else gt, _LAST_VERSION if lte is None else lte)
        return [_stored(row) for row in self._select(query, (originator_id, *bounds, limit))]

    def select_streams(self, stream_ids: Sequence[UUID]) -> dict[UUID, list[StoredEvent]]:
        """The events of many streams in one query, each in order; a stream that does not exist has no entry."""
        streams: dict[UUID, list[StoredEvent]] = {}
        query = f"select {_EVENT} from log.events where stream_id = any(%s) order by stream_id, version"
        for row in self._select(query, (list(stream_ids),)):
            streams.setdefault(row["stream_id"], []).append(_stored(row))
        return streams

    def select_claims(self, kind: str, digests: Collection[bytes]) -> dict[bytes, UUID]:
        """The streams that hold unique values of one kind, by keyed digest; one that nobody holds has no entry."""
        query = "select digest, stream_id from log.claims where kind = %s and digest = any(%s)"
        return {bytes(row["digest"]): row["stream_id"] for row in self._select(query, (kind, list(digests)))}

    def select_claim(self, kind: str, digest: bytes) -> UUID | None:
        return self.select_claims(kind, [digest]).get(digest)

    def select_keys(self, digests: Collection[bytes]) -> dict[bytes, DictRow]:
        """What idempotency keys were answered, by digest: body (digest), position, status, resource_id."""
        query = "select digest, body, position, status, resource_id from log.idempotency where digest = any(%s)"
        return {bytes(row["digest"]): row for row in self._select(query, (list(digests),))}

    def select_key(self, digest: bytes) -> DictRow | None:
        return self.select_keys([digest]).get(digest)

    def select_figures(self) -> DictRow:
        """`count` of events and `highest` position (null for an empty log): equal, or the log has a gap."""
        return self._select("select count(*) as count, max(position) as highest from log.events", ())[0]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> list[Notification]:
        first = (start or 0) + (start is not None and not inclusive_of_start)
        query = (
            f"select position, {_EVENT} from log.events where position between %s and %s "
            "and (%s or name = any(%s)) order by position limit %s"
        )
        last = _LAST_POSITION if stop is None else stop
        if not topics:
            last = batch_end(first, limit, last)
        rows = self._select(query, (first, last, not topics, list(topics), limit))
        return [
            Notification(row["stream_id"], row["version"], row["name"], row["payload"], row["position"]) for row in rows
        ]

    def max_notification_id(self) -> int | None:
        position: int | None = self._select("select max(position) as position from log.events", ())[0]["position"]
        return position

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> LogSubscription:
        return LogSubscription(recorder=self, gt=gt, topics=topics)

    def _select(self, query: str, parameters: tuple[Any, ...]) -> list[DictRow]:
        # A read may be asked again on another connection: a pooled one may have died since it was last used.
        for _ in range(READ_ATTEMPTS - 1):
            try:
                return self._select_once(query, parameters)
            except psycopg.OperationalError as error:
                if not is_disconnection(error):
                    raise
        return self._select_once(query, parameters)

    def _select_once(self, query: str, parameters: tuple[Any, ...]) -> list[DictRow]:
        with self.database.transaction(Role.WRITER) as connection:
            return connection.execute(query.encode(), parameters, binary=True).fetchall()


class LogSubscription(Subscription[Recorder]):
    """The library's iterator over new events: blocks until there are some, or `stop()`."""

    def __init__(self, recorder: Recorder, gt: int | None = None, topics: Sequence[str] = ()) -> None:
        super().__init__(recorder=recorder, gt=gt, topics=topics)
        self._listener = subscription.Subscription(recorder.database.url)
        self._ready: list[Notification] = []

    def __next__(self) -> Notification:
        while not self._has_been_stopped:
            if self._ready:
                return self._ready.pop(0)
            self._pull()
            if not self._ready:
                self._listener.wait(timeout=0.5)
        self._listener.close()
        raise StopIteration

    def _pull(self) -> None:
        self._ready = self._recorder.select_notifications(
            self._last_notification_id, limit=500, topics=self._topics, inclusive_of_start=False
        )
        if self._ready:
            self._last_notification_id = self._ready[-1].id

    def __exit__(self, *args: object, **kwargs: Any) -> None:
        super().__exit__(*args, **kwargs)
        self._listener.close()


def _stored(row: DictRow) -> StoredEvent:
    return StoredEvent(row["stream_id"], row["version"], row["name"], row["payload"])
