"""A gateway that knows two frontends, each on an origin of its own behind a real server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.settings_values import Frontend as Known
from support.browser import Browser
from support.cross_origin import Frontend, frontend
from support.databases import Cluster
from support.gateway import Gateway, running_gateway
from support.portal import CLIENT, OTHER_CLIENT, Portal


@pytest.fixture(scope="module")
def sites() -> Iterator[tuple[Frontend, Frontend]]:
    with frontend() as first, frontend() as second:
        yield first, second


@pytest.fixture(scope="module")
def gateway(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory, sites: tuple[Frontend, Frontend]
) -> Iterator[Gateway]:
    known = (Known(CLIENT, sites[0].callback), Known(OTHER_CLIENT, sites[1].callback))
    with running_gateway(cluster, tmp_path_factory.mktemp("oauth"), frontends=known) as running:
        running.world()
        yield running


@pytest.fixture
def portal(gateway: Gateway, sites: tuple[Frontend, Frontend]) -> Portal:
    return Portal(gateway, sites[0])


@pytest.fixture
def other_portal(gateway: Gateway, sites: tuple[Frontend, Frontend]) -> Portal:
    return Portal(gateway, sites[1], OTHER_CLIENT)


@pytest.fixture
def browser(gateway: Gateway) -> Browser:
    """Signed in whole, as a user of the first provider."""
    return gateway.session("provider")
