"""Analysis: whether clamd answers, and whether what waits for it goes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.doctor.finding import Finding, Patient, Runbook, fail, ok, warn
from gateway.vault.clamd import Clamd, ScanFailed

LATE_SECONDS: Final = 900.0
_ANSWER_SECONDS: Final = 5
_MADE: Final = "select to_regclass('auth.scan') is not null as made"
_WAITING: Final = """
select count(*) as waiting, count(*) filter (where failure is not null) as failing,
       coalesce(extract(epoch from now() - min(asked_at) filter (where verdict is null)), 0)::float8 as oldest
  from auth.scan where due_at is not null
"""


def scanning(patient: Patient) -> Iterator[Finding]:
    row = patient.connection.execute(_MADE).fetchone()
    if row is None or not row["made"]:
        return  # the migrations' check tells
    row = patient.connection.execute(_WAITING).fetchone() or {"waiting": 0, "failing": 0, "oldest": 0.0}
    address = patient.settings.vault.clamd
    if address is not None:
        yield _engine(address)
    elif row["waiting"]:
        told = f"{row['waiting']} document(s) en attente, et rien ne les analyse"
        yield fail("antivirus", told, "Régler CLAMD : ils ne sont pas transmis.", Runbook.SCANNING)
    else:
        yield ok("antivirus", "aucun : les documents sont « non analysés »")
    if address is not None:
        yield _queue(row["waiting"], row["failing"], row["oldest"])


def _engine(address: str) -> Finding:
    try:
        return ok("antivirus", Clamd(address, timeout_seconds=_ANSWER_SECONDS).engine())
    except ScanFailed as failure:
        return fail("antivirus", f"clamd ne répond pas ({failure.code})", "Voir CLAMD et clamd.", Runbook.SCANNING)


def _queue(waiting: int, failing: int, oldest: float) -> Finding:
    if oldest > LATE_SECONDS or failing:
        told = f"{waiting} en attente, dont {failing} en échec, le plus ancien depuis {oldest / 60:.0f} minutes"
        return warn("analyses", told, "Voir si un « work » tourne, et son journal.", Runbook.SCANNING)
    return ok("analyses", f"{waiting} en attente")
