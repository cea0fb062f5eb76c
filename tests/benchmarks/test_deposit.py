"""The benchmark of deposits runs, and its gate holds: on a small document, since the figure is not the point here."""

from __future__ import annotations

import pytest

from benchmarks import deposit
from support.databases import Cluster


def test_deposits_are_measured_on_documents_that_are_whole(cluster: Cluster, monkeypatch):
    """And a document that was spoiled ends the run."""
    monkeypatch.setattr(deposit, "MEBIBYTES", 1)
    monkeypatch.setattr(deposit, "AT_LEAST", 2)
    monkeypatch.setattr(deposit, "ROUNDS", 2)
    checked, refused = deposit._check, []

    def check(service, deposited):
        checked(service, deposited)
        service.store.remove(deposited[0])
        with pytest.raises(SystemExit, match="not what was recorded"):
            checked(service, deposited)
        refused.append(True)

    monkeypatch.setattr(deposit, "_check", check)
    assert deposit.BENCHMARKS["deposit"].run(cluster).result > 0
    assert refused
