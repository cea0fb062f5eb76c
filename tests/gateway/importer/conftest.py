from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.back_office import BackOffice, back_office
from support.databases import Cluster


@pytest.fixture
def office(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BackOffice]:
    monkeypatch.setenv("LEDGER_FICTITIOUS", "1")
    with back_office(cluster, tmp_path) as made:
        yield made
