"""The library's own tests of a recorder pass on the real table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from eventsourcing.tests.persistence import (
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
)

from ledger.log.database import Database
from ledger.log.recorder import Recorder


class OnTheRealTable:
    """Gives the library's cases a recorder over a database of their own."""

    INITIAL_VERSION = 0

    @pytest.fixture(autouse=True)
    def _database(self, make_database: Callable[[str], str], capsys: Any) -> Any:
        self.databases: list[Database] = []
        self.make = make_database
        yield
        for database in self.databases:
            database.close()

    def create_recorder(self) -> Recorder:
        self.databases.append(Database(self.make("ledger"), max_size=16))
        return Recorder(self.databases[-1])


class TestApplicationRecorder(OnTheRealTable, ApplicationRecorderTestCase[Recorder]):
    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestNonInterleaving(OnTheRealTable, NonInterleavingNotificationIDsBaseCase):
    pass
