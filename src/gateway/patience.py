"""What a worker does while the database is away, or a standby that cannot be written to yet: it waits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
import structlog

from projections.engine.batches import is_passing

PAUSE_SECONDS: Final = 1.0
_READ_ONLY: Final = "25006"  # a server that is no primary any more, or not yet
_log = structlog.get_logger(__name__)


def passes(error: BaseException) -> bool:
    """Whether an error is a state of the database that passes, and no fault of who met it."""
    return is_passing(error) or (isinstance(error, psycopg.Error) and error.sqlstate == _READ_ONLY)


@contextmanager
def patience(what: str, stop: threading.Event) -> Iterator[None]:
    """End the block at a passing error, say so, and wait a moment; raise any other. `what` is who waits."""
    try:
        yield
    except psycopg.Error as error:
        if not passes(error):
            raise
        _log.warning("waiting for the database", what=what, error=type(error).__name__, sqlstate=error.sqlstate)
        stop.wait(PAUSE_SECONDS)
