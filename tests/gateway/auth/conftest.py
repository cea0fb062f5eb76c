"""A deployment without a server, for what is asked of the database itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import pytest

from gateway import service as services
from gateway.service import Service
from gateway.settings import Settings
from support.databases import ORIGIN, Cluster

T = TypeVar("T")


@pytest.fixture(scope="module")
def deployment(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Two databases, migrated."""
    ledger, keys = cluster.create(cluster.template("ledger")), cluster.create(cluster.template("keys"))
    settings = Settings(ledger, keys, data_dir=tmp_path_factory.mktemp("data"), origin=ORIGIN)
    services.migrate(settings)
    yield settings
    cluster.drop(ledger)
    cluster.drop(keys)


@pytest.fixture
def process(deployment: Settings) -> Callable[[Callable[[Service], Coroutine[Any, Any, T]]], T]:
    """Runs a story against a service of its own, on an event loop of its own: what another process would have."""

    def run(story: Callable[[Service], Coroutine[Any, Any, T]]) -> T:
        async def whole() -> T:
            async with services.serving(deployment) as service:
                return await story(service)

        return asyncio.run(whole())

    return run
