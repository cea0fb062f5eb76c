"""Folding a batch in memory, and telling at which event a fold fails, without a word of what the event says."""

from __future__ import annotations

import traceback
from collections.abc import Sequence

import psycopg

from ledger.kit.master_key import Damaged
from projections.engine.entry import Entry
from projections.engine.opening import Opener, opened
from projections.engine.projector import Projector
from projections.engine.rows import Rows


class FoldFailed(Exception):
    """A fold refused an event. `reason` names what broke and where: never a value, which may be personal."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(f"event {position}: {reason}")
        self.position = position
        self.reason = reason


def prepared(projector: Projector, entries: Sequence[Entry], keyring: Opener) -> list[Entry]:
    """The entries that the projector handles, with the fields that it reads in clear. FoldFailed on a damaged one."""
    mine = [entry for entry in entries if entry.name in projector.HANDLERS]
    if not projector.OPENS:
        return mine
    try:
        return opened(mine, projector.OPENS, keyring)
    except (Damaged, ValueError):
        return [_opened_alone(entry, projector, keyring) for entry in mine]


def fold(projector: Projector, entries: Sequence[Entry], rows: Rows) -> None:
    """Run the handlers over entries that are prepared. FoldFailed at the first that raises."""
    try:
        rows.prepare(need for entry in entries for need in projector.HANDLERS[entry.name].needs(entry))
        ready = True
    except psycopg.Error:
        raise
    except Exception:  # noqa: BLE001 - which event it was is found below, where each is prepared alone
        rows.forget()
        ready = False
    for entry in entries:
        _fold_one(projector, entry, rows, ready=ready)


def _fold_one(projector: Projector, entry: Entry, rows: Rows, *, ready: bool) -> None:
    handler = projector.HANDLERS[entry.name]
    try:
        if not ready:
            rows.prepare(handler.needs(entry))
        handler.fold(projector, entry, rows)
    except psycopg.Error:
        raise
    except Exception as error:
        raise FoldFailed(entry.position, describe(error)) from error


def describe(error: BaseException) -> str:
    """An error's kind and place. Texts of errors are left out: they quote values."""
    if isinstance(error, psycopg.Error):
        diagnosis = error.diag
        names = (diagnosis.table_name, diagnosis.column_name, diagnosis.constraint_name)
        return " ".join([type(error).__name__, error.sqlstate or "", *(name for name in names if name)])
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {frames[-1].name}, {frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    return type(error).__name__ + place


def _opened_alone(entry: Entry, projector: Projector, keyring: Opener) -> Entry:
    try:
        return opened([entry], projector.OPENS, keyring)[0]
    except (Damaged, ValueError) as error:
        raise FoldFailed(entry.position, describe(error)) from error
