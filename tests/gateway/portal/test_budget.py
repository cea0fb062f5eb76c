"""Speed felt: the list's first byte and weight do not grow with how many dossiers there are."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import psycopg
import pytest

from benchmarks.dossiers import PROVIDER, fill
from ledger.account.events import Role
from support.browser import Browser
from support.databases import Cluster
from support.gateway import Gateway, running_gateway
from support.html import read, rows

HTML_BYTES = 26_000
"""Of a page of 25 rows: with its style and scripts it stays under 50 kB on a first visit."""


@pytest.fixture
def gateway(cluster: Cluster, tmp_path: Path) -> Iterator[Gateway]:
    """One for each size: a filling is of an empty database."""
    with running_gateway(cluster, tmp_path) as running:
        yield running


def seen_by(gateway: Gateway, dossiers: int) -> Browser:
    """Somebody who sees so many dossiers, by read models filled set-wise."""
    organisation, establishment = gateway.organisation()
    name = gateway.account("reading", Role.PORTAL, (organisation, establishment))
    browser = gateway.session(name)
    fill(gateway.settings.database_url, dossiers, with_log=False)
    with psycopg.connect(gateway.settings.database_url) as connection:
        connection.execute(
            "update read.membership set establishment_ids = establishment_ids || %s where account_id = %s",
            ([PROVIDER], gateway.accounts[name]),
        )
    return browser


def first_byte_ms(browser: Browser, path: str) -> float:
    begun = time.perf_counter()
    with browser.client.stream("GET", path, headers={"Cookie": f"__Host-session={browser.session}"}) as answer:
        assert answer.status_code == 200
        next(answer.iter_raw(1))
        return (time.perf_counter() - begun) * 1000


@pytest.mark.parametrize(
    ("dossiers", "allowed_ms"),
    [(2_000, 3_000), pytest.param(100_000, 60, marks=pytest.mark.full)],
)
def test_a_list_is_there_at_once(gateway: Gateway, dossiers: int, allowed_ms: float):
    """Half of the first bytes come within the budget, first page or tenth, and each page stays under its weight."""
    browser = seen_by(gateway, dossiers)
    paths = ["/of/dossiers", "/of/dossiers?scheme=PLAN", "/of/dossiers?sort=starts_on"]
    for path in paths:
        answer = browser.get(path)
        page = read(answer)
        assert len(rows(page)) == 25
        assert len(answer.content) <= HTML_BYTES
        paths += [] if len(paths) > 3 else [each.attributes["href"] for each in page.all("a", rel="next")]
    for path in paths:
        timed = [first_byte_ms(browser, path) for _ in range(30)]
        assert median(timed[5:]) <= allowed_ms, path
