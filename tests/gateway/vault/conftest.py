"""One clamd for the files here that ask for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.clamd import ClamdServer, clamd_server


@pytest.fixture(scope="session")
def clamd() -> Iterator[ClamdServer]:
    with clamd_server() as server:
        yield server
