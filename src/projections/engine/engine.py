"""The worker that keeps the live read tables up with the log."""

from __future__ import annotations

import threading
import time
from collections.abc import Container, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from types import TracebackType
from typing import Final, Self

import psycopg
import structlog

from ledger.log.database import Database, Role
from ledger.log.subscription import Subscription
from projections.engine import positions
from projections.engine.batches import Batches, is_passing
from projections.engine.feeding import Feeder
from projections.engine.interpreter import Aside
from projections.engine.leadership import Leadership
from projections.engine.opening import Opener
from projections.engine.positions import Fenced
from projections.engine.projector import Projector
from projections.engine.schema import LIVE

POLL_SECONDS: Final = 1.0  # how late a lost notification can make a row
PAUSE_SECONDS: Final = 1.0  # between tries, while standing by, after an error, or to let a newer release lead
TERM_SECONDS: Final = 10.0  # how long a worker leads that knows of newer tables than its own

_log = structlog.get_logger(__name__)


class Engine:
    """Runs every projection of a database. Any number may run at once, in any number of processes: one leads.

    `install` must have made the tables. `batch` is how many events one transaction takes when there are many.
    """

    def __init__(
        self,
        database: Database,
        keyring: Opener,
        projectors: Sequence[Projector],
        *,
        batch: int = 10_000,
        refresh_seconds: float = 0.5,
        known: Container[str] | None = None,
    ) -> None:
        transaction = partial(database.pipeline, Role.PROJECTOR)
        self._database = database
        self._transaction = transaction
        self._batches = Batches(LIVE, projectors, keyring, transaction)
        # It has no thread until a batch is full.
        self._reader = ThreadPoolExecutor(1)
        self._feeder = Feeder(self._batches, transaction, limit=batch, known=known, ahead=self._reader)
        self._leadership = Leadership(database.url)
        self._refresh_seconds = refresh_seconds
        self._refreshed_at = 0.0
        self._outdated = False
        self._led_since = 0.0

    def run(self, stop: threading.Event) -> None:
        """Follow the log until `stop` is set. Passing errors of the database are waited out; nothing else is hidden."""
        # Not entered, since that connects: a database that is away when the worker starts is waited for as well.
        aside = Aside()
        with self, closing(Subscription(self._database.url)) as news:
            while not stop.is_set():
                with self._patience(stop):
                    worked = self.run_once()
                    if not self._leadership.held() or self._must_yield():
                        self.step_down()
                        stop.wait(PAUSE_SECONDS)
                    elif worked:
                        aside.set()
                    elif not news.wait(POLL_SECONDS):
                        aside.look_through()

    def run_once(self) -> int:
        """Take the lead if it is free, and fold one batch for each group of projections at one position.

        Returns how many events were folded: 0 when all is up to date, waits or has failed, or another worker leads.
        """
        if not self._leadership.held():
            self._forget()
            return 0
        try:
            self._refresh()
            return self._feeder.feed()
        except Fenced:
            # Swapped, retried, or claimed by a worker that leads by now: look again, with nothing in memory.
            self._forget()
            self._leadership.held(check=True)
            return 0

    def catch_up(self) -> int:
        """Fold until there is nothing more to do; return the number of events folded. For commands and tests."""
        total = 0
        while worked := self.run_once():
            total += worked
        return total

    def step_down(self) -> None:
        """Let another worker lead."""
        self._forget()
        self._leadership.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.step_down()

    def _refresh(self) -> None:
        """Notice what others did to the positions: a retry, a swap, new tables."""
        if self._batches.owned and time.monotonic() - self._refreshed_at < self._refresh_seconds:
            return
        with self._transaction() as connection:
            found = positions.read(connection, LIVE)
        mine = {name: at.generation for name, at in self._batches.owned.items()}
        versions = {name: projector.VERSION for name, projector in self._batches.projectors.items()}
        theirs = {name: at.generation for name, at in found.items() if versions.get(name) == at.version}
        self._outdated = any(at.version > versions.get(name, at.version) for name, at in found.items())
        if theirs != mine and self._leadership.held(check=True):
            self._batches.claim()
        self._refreshed_at = time.monotonic()
        self._led_since = self._led_since or self._refreshed_at

    def _forget(self) -> None:
        self._batches.own({})
        self._feeder.forget()
        self._led_since = 0.0

    def _must_yield(self) -> bool:
        # A worker of a newer release may be standing by, who can read what this one cannot.
        term_is_over = time.monotonic() - self._led_since > TERM_SECONDS
        return self._feeder.waits_at is not None or (self._outdated and term_is_over)

    @contextmanager
    def _patience(self, stop: threading.Event) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            if not is_passing(error):
                raise
            _log.warning("projections wait for the database", error=type(error).__name__, sqlstate=error.sqlstate)
            self.step_down()
            stop.wait(PAUSE_SECONDS)
