from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that the server's account can enter; pytest's own is closed to it."""
    made = Path(tempfile.mkdtemp(prefix="dossier-ledger-faults-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def seed() -> int:
    """Printed with a failure; `SEED=<seed>` in the environment plays it again."""
    chosen = int(os.environ.get("SEED") or int.from_bytes(os.urandom(4)))
    print(f"SEED={chosen}")
    return chosen
