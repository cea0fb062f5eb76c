"""What is forgotten with time, in the tables that are no events: each module says how long it keeps its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Final

from psycopg import Connection
from psycopg.rows import DictRow

from gateway.auth import limits, searches, sessions
from gateway.journal import journal
from gateway.mail import links, outbox, wishes
from gateway.oauth import codes
from gateway.oidc import attempts
from gateway.patience import patience
from gateway.people import email_change, registration
from gateway.service import Service
from gateway.settings import Settings
from gateway.vault.sweeping import sweep_quietly
from ledger.log.database import Role

EVERY_SECONDS: Final = 3600.0


def sweeps(settings: Settings) -> tuple[Callable[[Connection[DictRow]], object], ...]:
    """Each acts as AUTH, in a transaction of its own. A module of another package adds its line here."""
    return (
        links.sweep,
        outbox.sweep,
        wishes.sweep,
        searches.sweep,
        sessions.sweep,
        limits.sweep,
        codes.sweep,
        attempts.sweep,
        registration.sweep,
        email_change.sweep,
        partial(journal.sweep, months=settings.journal_months),
    )


def sweep(service: Service) -> None:
    """Forget once what has been kept long enough. Any number of processes may do it at once."""
    for forget in sweeps(service.settings):
        with service.database.transaction(Role.AUTH) as connection:
            forget(connection)


def keep_sweeping(service: Service, stop: threading.Event) -> None:
    """Once an hour until `stop` is set; what deposits have left as well."""
    while not stop.is_set():
        with patience("sweeping", stop):
            sweep(service)
            sweep_quietly(service)
        stop.wait(EVERY_SECONDS)
