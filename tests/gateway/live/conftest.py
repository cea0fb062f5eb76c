"""One gateway for each file of tests, as in `tests/gateway/api`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.databases import Cluster
from support.gateway import Gateway, World, running_gateway


@pytest.fixture(scope="module")
def gateway(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    place: Path = tmp_path_factory.mktemp("live")
    with running_gateway(cluster, place, streams_per_account=3) as running:
        yield running


@pytest.fixture(scope="module")
def world(gateway: Gateway) -> World:
    return gateway.world()
