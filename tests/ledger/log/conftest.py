from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.log.database import Database
from ledger.log.recorder import Recorder


@pytest.fixture
def database(ledger_url: str) -> Iterator[Database]:
    with Database(ledger_url, max_size=24) as database:
        yield database


@pytest.fixture
def recorder(database: Database) -> Recorder:
    return Recorder(database)
