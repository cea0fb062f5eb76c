"""The read models: their state and lag, and that the row-level security of their tables is as their SQL makes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.doctor.finding import Finding, Patient, Runbook, fail, ok, warn
from projections.engine.catalogue import catalogue, differences
from projections.engine.positions import read as read_positions
from projections.engine.schema import LIVE
from projections.engine.status import Condition, Status, status
from projections.registry import ALL

LATE_SECONDS: Final = 60.0


def standing(patient: Patient) -> Iterator[Finding]:
    found = status(patient.database, ALL)
    for each in found:
        yield from _told(each)
    if all(each.condition is Condition.LIVE and each.lag_seconds < LATE_SECONDS for each in found):
        yield ok("modèles de lecture", f"{len(found)} suivent le journal")


def _told(each: Status) -> Iterator[Finding]:
    subject = f"modèle « {each.name} »"
    match each.condition:
        case Condition.FAILED if each.stopped_at is not None:
            at = each.stopped_at
            told = f"arrêté à la position {at.position} ({at.name}) : {at.reason}"
            remedy = f"Réparer la cause, puis « projections retry {each.name} »."
            yield fail(subject, told, remedy, Runbook.READ_MODEL_STOPPED)
        case Condition.WAITING:
            at_position = each.stopped_at.position if each.stopped_at else each.position + 1
            told = f"attend à la position {at_position} une version plus récente du logiciel"
            yield fail(subject, told, "Déployer cette version, « work » d'abord.", Runbook.READ_MODEL_STOPPED)
        case Condition.LIVE if each.lag_seconds >= LATE_SECONDS:
            told = f"{each.lag_events} événements de retard ({each.lag_seconds:.0f} s)"
            yield warn(subject, told, "Voir si un « work » tourne.", Runbook.READ_MODEL_LATE)
        case Condition.LIVE:
            return
        case Condition.MISSING:
            yield fail(subject, "à installer", "Lancer « dossier-ledger migrate ».", Runbook.MIGRATIONS)
        case Condition.STALE:
            remedy = "« projections rebuild » puis « projections swap »."
            yield warn(subject, each.condition.label, remedy, Runbook.READ_MODEL_STOPPED)
        case _:
            remedy = "Déployer ici la version plus récente."
            yield warn(subject, each.condition.label, remedy, Runbook.READ_MODEL_STOPPED)


def row_security(patient: Patient) -> Iterator[Finding]:
    """Live tables against tables made anew by their own SQL, in a schema that is never committed."""
    live = read_positions(patient.connection, LIVE)
    lines: list[str] = []
    beside = f"doctor_{patient.connection.info.backend_pid}"  # two doctors do not wait for each other
    with patient.connection.transaction(force_rollback=True):
        patient.connection.execute(f"create schema {beside}".encode())
        for projector in ALL:
            if projector.NAME in live and live[projector.NAME].version == projector.VERSION:
                tables = [table.name for table in projector.TABLES]
                patient.connection.execute(projector.ddl().replace("{schema}", beside).encode())
                wanted = catalogue(patient.connection, beside, tables)
                lines += differences(wanted, catalogue(patient.connection, LIVE, tables))
    for line in lines:
        remedy = "Reconstruire ce modèle et basculer ; chercher qui l'a changé."
        yield fail("cloisonnement", line, remedy, Runbook.READ_MODEL_STOPPED)
    if not lines:
        yield ok("cloisonnement", "tables, droits et politiques tels que leur SQL les fait")
