from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.reading import House, house_on


@pytest.fixture
def house(ledger_url: str, keys_url: str) -> Iterator[House]:
    """A fund of its own, with every projection installed and an engine to fold them."""
    with house_on(ledger_url, keys_url) as made:
        yield made
