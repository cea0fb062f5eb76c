"""One gateway for each file of tests: they tell stories that do not disturb each other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.databases import Cluster
from support.gateway import Gateway, World, running_gateway


@pytest.fixture(scope="module")
def gateway(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with running_gateway(cluster, tmp_path_factory.mktemp("gateway")) as running:
        yield running


@pytest.fixture(scope="module")
def world(gateway: Gateway) -> World:
    return gateway.world()
