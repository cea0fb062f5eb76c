from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.databases import Cluster
from support.reading import House, house_on


@pytest.fixture
def house(cluster: Cluster) -> Iterator[House]:
    """A fund of its own, with every projection installed and an engine to fold them."""
    with cluster.deployment() as databases, house_on(databases.ledger, databases.keys) as made:
        yield made
