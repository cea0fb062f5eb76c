"""A whole ledger on databases of its own, as tests use it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from ledger.application import Ledger
from ledger.kit.keyring import Keyring, MasterKey
from ledger.log.database import Database

AT = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
"""The instant of every decision in a story whose clock matters to nobody."""


@contextmanager
def ledger_on(
    ledger_url: str, keys_url: str, *, master: MasterKey | None = None, max_size: int = 16
) -> Iterator[Ledger]:
    """A ledger over two migrated databases. Give the master key to open the same keys twice."""
    with (
        Keyring(keys_url, master or MasterKey(b"m" * 32)) as keyring,
        Database(ledger_url, max_size=max_size) as database,
        Ledger(database, keyring, clock=lambda: AT) as ledger,
    ):
        yield ledger
