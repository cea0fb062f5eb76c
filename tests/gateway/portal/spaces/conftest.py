"""One gateway for each file, with the demonstration's fund, and a browser for each kind of reader."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.fund.fund import demo_file
from support.databases import Cluster
from support.gateway import Gateway, running_gateway
from support.readers import Readers, readers


@pytest.fixture(scope="module")
def gateway(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    place: Path = tmp_path_factory.mktemp("spaces")
    with running_gateway(cluster, place, fund_file=demo_file()) as running:
        yield running


@pytest.fixture(scope="module")
def ground(gateway: Gateway) -> Readers:
    return readers(gateway)
