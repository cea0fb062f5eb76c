"""One demonstration for all journeys: the service as a newcomer starts it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.demo import Demo, fresh_place, started


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    """A running demonstration. A journey may look at it and give orders; only its end stops it."""
    for place in fresh_place():
        running = started(place)
        yield running
        running.stop()
