"""Reading the log for folds, and knowing which names this process can fold."""

from __future__ import annotations

import pkgutil
from collections.abc import Container, Iterable, Sequence
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

import orjson
from psycopg import Connection
from psycopg.rows import DictRow, tuple_row

import ledger
from ledger.kit.names import readable, retired
from ledger.log.reader import batch_end
from ledger.log.upcasting import upcast
from projections.engine.entry import Entry

# Ids leave PostgreSQL as text, since folds know them as they stand in the payload.
_COLUMNS: Final = "position, stream_id::text, version, name, recorded_at, actor::text, payload"
_AFTER: Final = f"""
select {_COLUMNS} from log.events where position > %s and position <= %s order by position
""".encode()
_BETWEEN: Final = f"""
select {_COLUMNS} from log.events where position > %s and position <= %s and name <> all(%s) order by position
""".encode()

Raw = Sequence[tuple[Any, ...]]
"""Entries as PostgreSQL gives them: their payloads are still bytes."""


def read_entries(connection: Connection[DictRow], after: int, limit: int, *, upto: int | None = None) -> list[Entry]:
    """At most `limit` entries after a position, in order. None is skipped: positions are gapless, in commit order."""
    with connection.cursor(row_factory=tuple_row, binary=True) as cursor:
        cursor.execute(_AFTER, (after, batch_end(after, limit, upto)))
        return decoded(cursor.fetchall())


def read_raw(connection: Connection[DictRow], after: int, upto: int, skipping: Iterable[str]) -> Raw:
    """The entries after a position and up to another, in order, without those of these names."""
    with connection.cursor(row_factory=tuple_row, binary=True) as cursor:
        cursor.execute(_BETWEEN, (after, upto, list(skipping)))
        return cursor.fetchall()


def decoded(rows: Raw) -> list[Entry]:
    """The rows as entries, each in the newest version of its name: folds know no other."""
    entries = [
        Entry(position, stream, version, name, recorded_at, actor, orjson.loads(payload))
        for position, stream, version, name, recorded_at, actor, payload in rows
    ]
    return [_current(entry) if entry.name in retired() else entry for entry in entries] if retired() else entries


def _current(entry: Entry) -> Entry:
    name, data = upcast(entry.name, entry.data)
    return replace(entry, name=name, data=data)


def newest(name: str) -> str:
    """The name under which an event's newest version is folded."""
    while name in retired():
        name = retired()[name]
    return name


def known_names() -> Container[str]:
    """Every published name that this release reads. All nouns' events are imported, whatever the projectors read."""
    for module in pkgutil.iter_modules(ledger.__path__, "ledger."):
        if module.ispkg and find_spec(f"{module.name}.events"):
            import_module(f"{module.name}.events")
    return readable
