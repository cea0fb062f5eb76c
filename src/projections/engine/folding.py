"""Folding a batch in memory, and telling at which event a fold fails, without a word of what the event says."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Sequence

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


def shared_out(projectors: Iterable[Projector], entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """For each projector, by its name, the entries that it handles."""
    shares: dict[str, list[Entry]] = {}
    takers: dict[str, list[Callable[[Entry], None]]] = {}
    for projector in projectors:
        share = shares[projector.NAME] = []
        for name in projector.HANDLERS:
            takers.setdefault(name, []).append(share.append)
    for entry in entries:
        for take in takers.get(entry.name, ()):
            take(entry)
    return shares


def prepared(projector: Projector, entries: Sequence[Entry], keyring: Opener) -> Sequence[Entry]:
    """The entries, with the fields that the projector reads in clear. FoldFailed on a damaged one."""
    if not projector.OPENS:
        return entries
    try:
        return opened(entries, projector.OPENS, keyring)
    except (Damaged, ValueError):
        return [_opened_alone(entry, projector, keyring) for entry in entries]


def fold(projector: Projector, entries: Sequence[Entry], rows: Rows) -> None:
    """Run the handlers over entries that are prepared. FoldFailed at the first that raises."""
    handlers = projector.HANDLERS
    try:
        if not rows.whole:
            rows.prepare([need for entry in entries for need in handlers[entry.name].needs(entry)])
        ready = True
    except psycopg.Error:
        raise
    except Exception:  # noqa: BLE001 - which event it was is found below, where each is prepared alone
        rows.forget()
        ready = False
    position, folds = 0, {name: handler.fold for name, handler in handlers.items()}
    try:
        for entry in entries:
            position = entry.position
            if not ready:
                rows.prepare(handlers[entry.name].needs(entry))
            folds[entry.name](projector, entry, rows)
    except psycopg.Error:
        raise
    except Exception as error:
        raise FoldFailed(position, describe(error)) from error


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
