"""A gateway with folds that follow the log by themselves: after an order a page waits for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.browser import Browser
from support.company import Company, company
from support.databases import Cluster
from support.gateway import Gateway
from support.site import running_site


@pytest.fixture(scope="module")
def gateway(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    place: Path = tmp_path_factory.mktemp("team")
    with running_site(cluster, place) as site:
        yield site.gateway


@pytest.fixture
def firm(gateway: Gateway) -> Company:
    """One of one's own, with two référents: either may go."""
    made = company(gateway)
    made.referent(f"referent-{made.sirets[0]}")
    made.referent(f"second-{made.sirets[0]}")
    return made


@pytest.fixture
def referent(gateway: Gateway, firm: Company) -> Browser:
    return gateway.session(f"referent-{firm.sirets[0]}")
