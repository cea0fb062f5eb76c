"""A gateway whose read models follow the log by themselves, as live update wants it: one for each worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.databases import Cluster
from support.gateway import Gateway, World
from support.site import running_site

MOST_OF_ONE = 3


@pytest.fixture(scope="session")
def gateway(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    place: Path = tmp_path_factory.mktemp("live")
    with running_site(cluster, place, streams_per_account=MOST_OF_ONE) as site:
        yield site.gateway


@pytest.fixture(scope="session")
def world(gateway: Gateway) -> World:
    return gateway.world()
