"""What an operator is told of the child processes that parse what comes in."""

from __future__ import annotations

import sys

import pytest

from gateway.doctor import Level, Runbook
from gateway.doctor.parsing import parsing
from ledger.vault.isolated.running import Nursery

UNFENCED = "from ledger.vault.isolated import child, fence; fence._MACHINES.clear(); child.main()"


def python(program: str) -> Nursery:
    return Nursery((sys.executable, "-I", "-c", program))


def test_a_child_that_the_kernel_holds_is_well():
    [found] = parsing()
    assert (found.subject, found.level) == ("examen des fichiers", Level.OK)


@pytest.mark.parametrize(
    ("program", "level", "told"),
    [
        pytest.param(UNFENCED, Level.WARN, "sans filtre d'appels", id="its kernel knows no filter"),
        pytest.param("raise SystemExit", Level.FAIL, "les dépôts sont refusés", id="it does not start"),
    ],
)
def test_what_is_wrong_with_it_is_told(program: str, level: Level, told: str):
    [found] = parsing(python(program))
    assert (found.level, found.runbook) == (level, Runbook.VAULT)
    assert told in found.told
