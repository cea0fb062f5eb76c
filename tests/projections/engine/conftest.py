from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ledger.log.database import Database
from projections.engine.engine import Engine
from projections.engine.projector import Projector
from projections.engine.schema import install
from support import toy_projections as toys


@pytest.fixture
def url(ledger_url: str) -> str:
    return ledger_url


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    with toys.database(url) as opened:
        yield opened


@pytest.fixture
def start(url: str, database: Database) -> Iterator[Callable[..., Engine]]:
    """Install projectors (the dossier toy's, unless told) and give an engine that runs them."""
    engines: list[Engine] = []

    def started(*projectors: Projector, batch: int = 2_000, keys: toys.Keys | None = None) -> Engine:
        chosen = projectors or (toys.DossierToy(),)
        install(url, chosen)
        engine = Engine(database, keys or toys.Keys(), chosen, batch=batch, refresh_seconds=0)
        engines.append(engine)
        return engine

    started.engines = engines
    yield started
    for engine in engines:
        engine.step_down()
