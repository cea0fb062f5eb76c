"""The benchmarks of folds run, and their gates hold: on a small log, since the figures are not the point here."""

from __future__ import annotations

import pytest

from benchmarks import catch_up, lag, logs, rebuild
from support.databases import Cluster


@pytest.fixture
def small(cluster: Cluster, monkeypatch):
    for module in (logs, rebuild, catch_up):
        monkeypatch.setattr(module, "EVENTS", 1_000)
    for module in (rebuild, catch_up):
        monkeypatch.setattr(module, "ROUNDS", 1)
    monkeypatch.setattr(logs.log_of, "__defaults__", (1_000,))
    monkeypatch.setattr(logs, "_made", {})
    monkeypatch.setattr(catch_up, "THEIRS", 100)
    monkeypatch.setattr(lag, "SECONDS", 1)
    monkeypatch.setattr(lag, "BEFORE", 500)
    # What the disk of a machine that does much else gives is no fault of the benchmark's.
    monkeypatch.setattr(lag, "KEPT", 0)
    yield
    for urls in logs._made.values():
        for url in urls:
            cluster.drop(url)


def test_catching_up_and_rebuilding_are_measured_on_rows_that_are_equal(cluster: Cluster, small):
    assert catch_up.BENCHMARKS["catch-up"].run(cluster).result > 0
    for benchmark in rebuild.BENCHMARKS.values():
        assert benchmark.run(cluster).result > 0


def test_lag_is_measured_until_every_event_is_seen(cluster: Cluster, small, monkeypatch):
    monkeypatch.setattr(lag, "GROWN", 5_000)
    assert lag.BENCHMARKS["lag.200.p99_ms"].run(cluster).result > 0
    assert lag.BENCHMARKS["growth.lag"].run(cluster).result > 0
