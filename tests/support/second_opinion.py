"""The auditor's fold beside the read model: two codes that share nothing, on the same dossier."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from gateway.audit.replay import Selection, replay
from ledger.log.database import Database, Role

COMPARED = (
    "number", "request_number", "scheme", "title", "starts_on", "ends_on", "opened_on", "settled_on", "closed_on",
    "instruction", "execution", "financial", "closing", "agreement_cents", "reserved_cents", "paid_cents",
    "released_cents", "trainee_count",
)  # fmt: skip


def replayed(database: Database, dossier_id: UUID) -> dict[str, Any]:
    """What the replay of every event says."""
    with database.transaction(Role.AUDITOR) as connection:
        told = replay(connection, dossier_id, Selection())
    assert told is not None
    return {name: told.standing.as_json()[name] for name in COMPARED}


def read(database: Database, dossier_id: UUID) -> dict[str, Any]:
    """What the read model says."""
    with database.transaction(Role.STAFF) as connection:
        row = connection.execute("select * from read.dossier where dossier_id = %s", (dossier_id,)).fetchone()
    assert row is not None
    return {name: row[name].isoformat() if isinstance(row[name], date) else row[name] for name in COMPARED}
