"""One demonstration for all journeys: the service as a newcomer starts it, with one frontend of another origin."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.demo import Demo, fresh_place, started
from support.examples_page import as_module
from support.programs import free_port
from support.typescript import Compiled, compiled

CLIENT_ID = "exemple"


@pytest.fixture(scope="session")
def frontend_port() -> int:
    """Of the frontend that the demonstration knows."""
    return free_port()


@pytest.fixture(scope="session")
def demo(frontend_port: int) -> Iterator[Demo]:
    """A running demonstration. A journey may look at it and give orders; only its end stops it."""
    for place in fresh_place():
        running = started(place, FRONTENDS=f"{CLIENT_ID}=http://localhost:{frontend_port}/example/")
        yield running
        running.stop()


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    """The client, its example frontend, and the examples of docs/frontends.md as one more module."""
    return compiled(tmp_path_factory.mktemp("client"), examples=as_module())
