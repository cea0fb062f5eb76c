"""A deployment in good health, to be made ill."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent

from gateway import service as services
from gateway.doctor import Finding, Level, examine
from gateway.service import Service
from gateway.settings import Settings
from ledger.kit.fictitious import fictitious_siren
from ledger.kit.ids import uuid7
from ledger.log.appending import Append
from ledger.log.outside import Outside, note_now
from ledger.organisation.commands import RegisterOrganisation
from projections.engine.engine import Engine
from projections.registry import ALL
from support.databases import ORIGIN


@dataclass
class House:
    """A deployment, and what its operator does with it."""

    settings: Settings
    service: Service

    @property
    def url(self) -> str:
        return self.settings.database_url

    def register(self, number: int) -> int:
        """An ordinary order; its position."""
        order = RegisterOrganisation.model_validate(
            {"siren": fictitious_siren(number), "name": f"Organisme {number}", "kinds": ["provider"]}
        )
        return self.service.ledger.execute(order, actor=None).position

    def record(self, name: str, payload: bytes) -> int:
        """What no handler of this release writes, put into the log as a newer or a broken one would."""
        event = StoredEvent(uuid7(), 1, name, payload)
        return self.service.ledger.log_recorder.append([Append([event], command_id=uuid7())])[0]

    def fold(self) -> None:
        with Engine(self.service.database, self.service.keyring, ALL) as engine:
            engine.catch_up()

    def found(self, *, thorough: bool = False) -> list[Finding]:
        return list(examine(self.settings, thorough=thorough))

    def ills(self, *, thorough: bool = False) -> dict[str, Finding]:
        """Failures by subject; a run's server trades durability for speed, and is known to."""
        return {
            each.subject: each
            for each in self.found(thorough=thorough)
            if each.level is Level.FAIL and each.subject != "durabilité"
        }

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())


@pytest.fixture
def house(make_databases: Callable, tmp_path: Path) -> Iterator[House]:
    databases = make_databases()
    settings = Settings(databases.ledger, databases.keys, data_dir=tmp_path / "data", origin=ORIGIN)
    services.migrate(settings)
    with services.opened(settings) as service:
        house = House(settings, service)
        for number in range(3):
            house.register(number)
        house.fold()
        note_now(service.database, Outside(settings.outside_path))
        yield house
