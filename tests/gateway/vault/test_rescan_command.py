"""`dossier-ledger vault rescan` as operators type it: what it makes due, what it says, what it refuses (row E14)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import psycopg
import pytest

from gateway.cli.main import app, guarded
from ledger.document.events import Category
from support.gateway import Gateway, World
from support.papers import paper

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(gateway: Gateway, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command in this process: its exit code, what it says, what it warns of."""
    settings = gateway.settings
    given = {
        "DATABASE_URL": settings.database_url, "KEYS_DATABASE_URL": settings.keys_database_url,
        "DATA_DIR": str(settings.data_dir), "ORIGIN": settings.origin,
    }  # fmt: skip

    def ran(*options: str, **environment: str) -> tuple[int, str, str]:
        for name, value in {**given, **environment}.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        try:
            code: Any = guarded(lambda: app(["vault", "rescan", *options]))
        except SystemExit as end:
            code = end.code
        told = capsys.readouterr()
        return code or 0, told.out, told.err

    return ran


def due(gateway: Gateway) -> set[UUID]:
    with psycopg.connect(gateway.settings.database_url) as connection:
        return {each for (each,) in connection.execute("select document_id from auth.scan where due_at is not null")}


def filed(gateway: Gateway, world: World, **more: Any) -> UUID:
    order = paper(Category.FUND_DOCUMENT, dossier_ids=(world.dossier,), **more)
    document_id = gateway.service.ledger.execute(order, actor=None).resource_id
    gateway.settle()
    return document_id


def test_documents_are_made_due(gateway: Gateway, world: World, run: Run):
    """All of them, also what came in while there was no scanner, or those deposited since a day; twice is harmless."""
    old, new = (filed(gateway, world, on=date(2026, month, 5)) for month in (1, 3))
    code, told, warned = run("--since", "2026-02-01")
    assert (code, told) == (0, "1 document(s) à analyser.\n")
    assert "CLAMD n'est pas réglé : ils attendront." in warned
    assert due(gateway) == {new}
    for _ in range(2):
        code, told, warned = run("--all", CLAMD="127.0.0.1:3310")
        assert (code, told, warned) == (0, "2 document(s) à analyser.\n", "")
        assert due(gateway) == {old, new}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "Dire --all, ou --since DATE."),
        (("--all", "--since", "2026-01-01"), "Dire --all, ou --since DATE."),
        (("--since", "hier"), "since"),
        (("--since", "2026-02-30"), "since"),
    ],
)
def test_what_cannot_be_meant_is_refused(gateway: Gateway, run: Run, options: tuple[str, ...], told: str):
    before = due(gateway)
    code, _, warned = run(*options)
    assert code == 2
    assert told in warned
    assert due(gateway) == before
