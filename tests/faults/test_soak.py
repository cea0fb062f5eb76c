"""Hours of orders in minutes: neither the process, nor the server's, nor a table grows but the log, and it evenly."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SAMPLES = 10
MEBIBYTE = 1024 * 1024
LOG_TABLES = ("events", "event_dossier", "receipts", "idempotency")
"""One row or more for each order: as large as there are orders, and no larger."""


def samples_of(orders: int, ledger_url: str, keys_url: str) -> list[dict[str, Any]]:
    run = subprocess.run(
        [sys.executable, "-m", "support.soaking", ledger_url, keys_url, str(orders), str(SAMPLES)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3_000:]
    return [json.loads(line) for line in run.stdout.splitlines()]


def check(samples: list[dict[str, Any]], orders: int) -> None:
    """The first third warms up: caches and prepared statements fill, tables get their first free space."""
    early, late = samples[SAMPLES // 3], samples[-1]
    print(json.dumps({"early": early, "late": late}, indent=1))
    assert late["events"] - early["events"] == orders - orders // SAMPLES * (SAMPLES // 3 + 1)
    for who in ("process", "writer"):
        assert late[who] <= early[who] * 1.1 + 8 * MEBIBYTE, who
    for table in LOG_TABLES:
        before, after = (sample["tables"][table] / sample["events"] for sample in (early, late))
        # An index over digests is between half full and full, as its pages happen to split.
        assert after <= before * 1.3, table
    # A fixed number of rows that are written over and over: their dead versions must be used again.
    for table in late["tables"].keys() - set(LOG_TABLES):
        assert late["tables"][table] <= early["tables"][table] * 2 + MEBIBYTE, table


@pytest.mark.timeout(300)
def test_twenty_thousand_orders_leave_everything_as_small_as_it_was(ledger_url: str, keys_url: str):
    check(samples_of(20_000, ledger_url, keys_url), 20_000)


@pytest.mark.full
@pytest.mark.timeout(7200)
def test_a_million_orders_leave_everything_as_small_as_it_was(ledger_url: str, keys_url: str):
    check(samples_of(1_000_000, ledger_url, keys_url), 1_000_000)
