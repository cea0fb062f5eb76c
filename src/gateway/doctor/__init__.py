"""The doctor: looks at a whole deployment, and says of each thing whether it is well, and else what to do.

It changes nothing. One check that cannot be made is a finding itself, and keeps no other from being made.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import PoolTimeout

from gateway.doctor import keys, mail, models, parsing, place, records, scanning, server, standby
from gateway.doctor.finding import Check, Finding, Level, Patient, Runbook, fail
from gateway.settings import Settings
from ledger.log.database import Database

__all__ = ["Finding", "Level", "Runbook", "examine"]

CONNECT_SECONDS: Final = 5

# In the order in which one thing rests on another.
CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("délais", server.statement_timeouts),
    ("PostgreSQL", server.version),
    ("durabilité", server.durability),
    ("secours", standby.synchronous),
    ("migrations", server.migrations),
    ("origine", server.origin),
    ("rôles", server.roles),
    ("droits", server.grants),
    ("connexions", server.connections),
    ("verrous", server.locks),
    ("tables", server.dead_rows),
    ("horloge", records.clock),
    ("lecture seule", records.read_only),
    ("positions", records.positions),
    ("dossiers", records.dossiers),
    ("noms d'événements", records.names),
    ("contenus", records.payloads),
    ("valeurs uniques", records.claims),
    ("modèles de lecture", models.standing),
    ("cloisonnement", models.row_security),
    ("courriels", mail.mail),
    ("antivirus", scanning.scanning),
    ("dépôts", place.deposits),
    ("documents", place.documents),
)


def examine(settings: Settings, *, thorough: bool = False) -> Iterator[Finding]:
    """Every finding about a deployment, as it is found. With `thorough`, the whole log and vault are read."""
    yield from place.room(settings)
    yield from place.vault(settings)
    yield from parsing.parsing()
    yield from keys.keys(settings)
    try:
        connection = psycopg.connect(
            settings.database_url,
            autocommit=True,
            row_factory=dict_row,
            connect_timeout=CONNECT_SECONDS,
            application_name="dossier-ledger doctor",
            options="-c lock_timeout=2s -c timezone=UTC",
        )
    except psycopg.OperationalError as error:
        yield server.unreachable(error)
        return
    with connection, Database(settings.database_url, max_size=2, application_name="dossier-ledger doctor") as database:
        patient = Patient(settings, connection, database, thorough)
        for subject, check in CHECKS:
            yield from _made(subject, check, patient)


def _made(subject: str, check: Check, patient: Patient) -> Iterator[Finding]:
    try:
        yield from check(patient)
    except (psycopg.Error, PoolTimeout) as error:
        state = getattr(error, "sqlstate", None) or type(error).__name__
        yield fail(
            subject, f"contrôle impossible ({state})", "Lever d'abord les pannes citées plus haut.",
            Runbook.DATABASE_SLOW,
        )  # fmt: skip
