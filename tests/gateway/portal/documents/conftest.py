"""A gateway with folds that follow the log by themselves, and a dossier with documents for each story."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.case import Case, case_of
from support.databases import Cluster
from support.gateway import Gateway
from support.site import running_site


@pytest.fixture(scope="package")
def gateway(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with running_site(cluster, tmp_path_factory.mktemp("documents")) as site:
        yield site.gateway


@pytest.fixture
def case(gateway: Gateway) -> Case:
    """One of one's own."""
    return case_of(gateway)


@pytest.fixture(scope="package")
def shared(gateway: Gateway) -> Case:
    """One that is only looked at."""
    return case_of(gateway)
