"""Every list, filter, counter and detail is answered by an index, under row-level security, as its reader's role.

A plan is judged by what it did on a seeded fund: no big table read from end to end, and no more rows than the page,
its count (10,001 at most) or the match has.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from ledger.account.events import Role as AccountRole
from ledger.dossier.scheme import Scheme
from ledger.log.database import AsyncDatabase, Role
from projections.document.queries import document
from projections.dossier.queries import (
    DossierFilters,
    Side,
    Sort,
    dossier,
    dossier_counters,
    dossier_documents,
    dossier_trainees,
    dossier_transfers,
    list_dossiers,
)
from projections.establishment.queries import (
    EstablishmentFilters,
    establishment,
    establishment_documents,
    list_establishments,
)
from projections.invoice.queries import InvoiceFilters, Status, invoice, list_invoices
from projections.reader import Reader
from projections.transfer.months import months
from projections.transfer.queries import TransferFilters, list_transfers, lot, transfer
from support.planning import Explaining, Plan, place, seed, seeded

BIG = Reader(uuid4(), AccountRole.PORTAL, (place(1), place(2), place(17)))
COMPANY = Reader(uuid4(), AccountRole.PORTAL, (place(1_000_003),))
STAFF = Reader(uuid4(), AccountRole.CASE_MANAGER)

PAGE = 51 * 10
"""Rows of a page of 50 from three establishments, with all that is joined to each."""
COUNT = 10_001
MINE = seeded(1, 20)

Case = tuple[str, Reader, Callable[..., Any], tuple[Any, ...], int]


def _dossiers(name: str, reader: Reader, bound: int, **filters: Any) -> Case:
    return f"dossiers, {name}", reader, list_dossiers, (DossierFilters(**filters),), bound


CASES: list[Case] = [
    _dossiers("all", BIG, PAGE),
    _dossiers("oldest first", BIG, PAGE, sort=Sort.OLDEST),
    _dossiers("company", COMPANY, PAGE, side=Side.COMPANY),
    _dossiers("scheme", BIG, COUNT, scheme=Scheme.C_PRO),
    _dossiers("establishment", BIG, PAGE, establishment_id=place(2)),
    _dossiers("starts from", BIG, COUNT, starts_from=date(2024, 1, 1)),
    # What started before and runs on is read past: nearly two years of dossiers at most, here.
    _dossiers("ends until", BIG, COUNT, ends_until=date(2022, 1, 1)),
    _dossiers("number", BIG, PAGE, number="18190000000020"),
    _dossiers("beginning of a number", BIG, PAGE, number="181900000000"),
    _dossiers("trainee", BIG, PAGE, trainee_name="nom20"),
    _dossiers("trainee, two words", BIG, COUNT, trainee_name="nom20 prenom2"),
    _dossiers("all together", BIG, COUNT, scheme=Scheme.PLAN, starts_from=date(2021, 1, 1), trainee_name="nom2"),
    _dossiers("staff", STAFF, PAGE),
    _dossiers("staff, scheme", STAFF, COUNT, scheme=Scheme.POEI),
    _dossiers("staff, number", STAFF, PAGE, number="18190000000020"),
    _dossiers("staff, trainee", STAFF, 2 * PAGE, trainee_name="nom207"),
    _dossiers("staff, establishment", STAFF, COUNT, establishment_id=place(1)),
    ("counters", BIG, dossier_counters, (), 10),
    ("counters, company", COMPANY, dossier_counters, (Side.COMPANY,), 10),
    ("counters, staff", STAFF, dossier_counters, (), 10),
    ("dossier", BIG, dossier, (MINE,), 20),
    ("trainees", BIG, dossier_trainees, (MINE,), 20),
    ("règlements of a dossier", BIG, dossier_transfers, (MINE,), 20),
    ("documents of a dossier", BIG, dossier_documents, (MINE,), 20),
    ("transfers", BIG, list_transfers, (TransferFilters(),), COUNT),
    ("transfers, establishment", BIG, list_transfers, (TransferFilters(establishment_id=place(1)),), COUNT),
    ("transfers, lot", BIG, list_transfers, (TransferFilters(lot="VIR7"),), PAGE),
    ("transfers, staff", STAFF, list_transfers, (TransferFilters(),), COUNT),
    ("transfers, staff, lot", STAFF, list_transfers, (TransferFilters(lot="VIR7"),), COUNT),
    ("règlements by month", BIG, months, (date(2024, 12, 31), 24), COUNT),
    ("règlements by month, establishment", BIG, months, (date(2024, 12, 31), 24, place(2)), COUNT),
    ("règlements by month, staff, establishment", STAFF, months, (date(2024, 12, 31), 24, place(1)), COUNT),
    ("transfer", BIG, transfer, (seeded(3, 20),), 20),
    ("lot", STAFF, lot, (seeded(6, 7),), PAGE),
    ("establishments", BIG, list_establishments, (EstablishmentFilters(),), PAGE),
    ("establishments, name", BIG, list_establishments, (EstablishmentFilters(name="ateliers"),), PAGE),
    ("establishments, staff", STAFF, list_establishments, (EstablishmentFilters(),), COUNT),
    ("establishments, staff, name", STAFF, list_establishments, (EstablishmentFilters(name="1717"),), COUNT),
    ("establishments, staff, number", STAFF, list_establishments, (EstablishmentFilters(number="N17"),), COUNT),
    ("establishment", BIG, establishment, (place(1),), 10),
    ("documents of an establishment", BIG, establishment_documents, (place(1),), COUNT),
    ("document", BIG, document, (seeded(5, 20),), 10),
    ("invoices", BIG, list_invoices, (InvoiceFilters(),), COUNT),
    ("invoices, status", BIG, list_invoices, (InvoiceFilters(status=Status.DISPUTED),), COUNT),
    ("invoices, dossier", BIG, list_invoices, (InvoiceFilters(dossier_id=MINE),), PAGE),
    ("invoices, staff, status", STAFF, list_invoices, (InvoiceFilters(status=Status.DISPUTED),), COUNT),
    ("invoice", BIG, invoice, (seeded(4, 20),), 10),
]


@pytest.fixture(scope="module", params=[20_000, pytest.param(100_000, marks=pytest.mark.full)])
def fund(request: pytest.FixtureRequest, cluster: Any) -> Iterator[str]:
    url = cluster.create(cluster.template("house"))
    seed(url, request.param)
    yield url
    cluster.drop(url)


def plans(url: str, reader: Reader, query: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[list[Plan], Any]:
    async def explained() -> tuple[list[Plan], Any]:
        role = Role.STAFF if reader.is_staff else Role.GATEWAY
        async with (
            AsyncDatabase(url, max_size=1) as database,
            database.transaction(role, scope=reader.scope) as connection,
        ):
            explaining = Explaining(connection)
            answer = await query(explaining, reader, *arguments)
            return explaining.plans, answer

    return asyncio.run(explained())


def test_each_question_is_answered_by_an_index(fund: str):
    slow = []
    for name, reader, query, arguments, bound in CASES:
        told, answer = plans(fund, reader, query, arguments)
        assert getattr(answer, "items", True), f"{name}: an empty answer shows nothing of its plan"
        for plan in told:
            if big := plan.sequential(COUNT):
                slow.append(f"{name}: reads {big} from end to end\n{plan.query}")
            if plan.rows_read() > bound:
                slow.append(f"{name}: reads {plan.rows_read()} rows, above {bound}\n{plan.query}")
    assert not slow, "\n\n".join(slow)
