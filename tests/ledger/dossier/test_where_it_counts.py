"""The table of docs/dossier.md (row O30): where refused, cancelled and broken-off dossiers count, lived through."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from ledger.dossier import commands as c
from ledger.dossier.aggregate import Dossier
from projections.dossier.status import Status, status_of
from support.givens import DAY, Givens

PAGE = Path(__file__).parents[3].joinpath("docs/dossier.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (.+?) \| (yes)? ?\| (yes)? ?\| (yes)? ?\| (yes)? ?\|$", PAGE, re.MULTILINE)

LIVES: dict[str, list[Callable[[UUID], c.Command]]] = {
    "under review": [],
    "agreed, open (finished or not)": [
        lambda id_: c.IssueAgreement(dossier_id=id_, amount_cents=1, on=DAY),
        lambda id_: c.StartExecution(dossier_id=id_, on=DAY),
        lambda id_: c.FinishExecution(dossier_id=id_, on=DAY),
    ],
    "broken off, open": [lambda id_: c.BreakOffExecution(dossier_id=id_, on=DAY)],
    "settled": [
        lambda id_: c.IssueAgreement(dossier_id=id_, amount_cents=1, on=DAY),
        lambda id_: c.SettleDossier(dossier_id=id_, on=DAY),
    ],
    "settled, then closed": [
        lambda id_: c.IssueAgreement(dossier_id=id_, amount_cents=1, on=DAY),
        lambda id_: c.SettleDossier(dossier_id=id_, on=DAY),
        lambda id_: c.CloseDossier(dossier_id=id_, on=DAY),
    ],
    "refused (closed or not)": [
        lambda id_: c.RefuseAgreement(dossier_id=id_, reason="-", on=DAY),
        lambda id_: c.CloseDossier(dossier_id=id_, on=DAY),
    ],
    "cancelled (broken off before or not)": [
        lambda id_: c.BreakOffExecution(dossier_id=id_, on=DAY),
        lambda id_: c.CancelDossier(dossier_id=id_, on=DAY),
    ],
}


def test_the_table_tells_every_life():
    assert [row[0] for row in ROWS] == list(LIVES)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_dossier_counts_where_the_table_says(fund: Givens, row: tuple[str, ...]):
    life, ongoing, settled, total, history = row
    dossier_id = fund.dossier()
    for order in LIVES[life]:
        fund.do(order(dossier_id))
    state = fund.state(Dossier, dossier_id)
    status = status_of(state.instruction, state.closing)
    assert (status is Status.ONGOING) == bool(ongoing)
    assert (status is Status.SETTLED) == bool(settled)
    assert bool(total) == (bool(ongoing) or bool(settled))
    assert bool(history) == (not ongoing)
