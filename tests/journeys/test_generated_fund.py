"""A whole generated fund, imported through the front door: the replay of each dossier is what the portals show."""

from __future__ import annotations

from datetime import date

from gateway.audit.effective import effective_days
from gateway.cli.deployment import located
from ledger.log.database import Database, Role
from ledger.log.reader import read_dossier
from support.second_opinion import read, replayed

TONIGHT = {"dossier.trainee-enrolled.v1", "document.analysed.v1"}
"""What no paper dates: a training that has not begun, and the analysis of a document that is brought in."""


def test_the_replay_of_every_dossier_is_its_read_model(demo):
    """B5: field by field, for every dossier of the fund, whatever became of it."""
    with located(demo.place) as settings, Database(settings.database_url) as database:
        dossiers = dossiers_of(database)
        assert len(dossiers) == 40
        for dossier_id in dossiers:
            assert replayed(database, dossier_id) == read(database, dossier_id)


def test_imported_history_lies_in_its_own_years(demo):
    """`--at` asks by the papers' dates: nothing of a dossier may count from the night of the import."""
    with located(demo.place) as settings, Database(settings.database_url) as database:
        for dossier_id in dossiers_of(database):
            with database.transaction(Role.AUDITOR) as connection:
                events = read_dossier(connection, dossier_id)
            late = {e.name for e in events if effective_days(events)[e.position] > date(2026, 12, 31)}
            assert late <= TONIGHT
            recorded = {e.recorded_at.date() for e in events}
            unplaced = {e.name for e in events if effective_days(events)[e.position] in recorded}
            assert unplaced <= TONIGHT


def dossiers_of(database):
    with database.transaction(Role.STAFF) as connection:
        return [row["dossier_id"] for row in connection.execute("select dossier_id from read.dossier")]
