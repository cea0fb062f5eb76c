"""A document from « reçu » to « transmis », or to quarantine, through the queue and a real clamd (rows E9, E14)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from gateway.policies.runner import Runner
from gateway.service import Service
from gateway.settings_vault import VaultSettings
from gateway.vault.rescans import make_rescans_due, remember, rescan
from gateway.vault.scans import Scanner, Scans
from ledger.document.events import Category
from ledger.kit.ids import uuid7
from ledger.log.database import Role
from ledger.log.reader import head
from support import hostile
from support.clamd import INFECTED, LATER, LATER_THREAT, THREAT, ClamdServer
from support.databases import Cluster
from support.gateway import PDF, Gateway, World, running_gateway
from support.papers import paper

pytestmark = pytest.mark.clamd


@pytest.fixture(scope="module")
def gateway(cluster: Cluster, clamd: ClamdServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    vault = VaultSettings(clamd=clamd.address, clamd_seconds=20)
    with running_gateway(cluster, tmp_path_factory.mktemp("gateway"), vault=vault) as running:
        yield running


@pytest.fixture(scope="module")
def world(gateway: Gateway) -> World:
    return gateway.world()


def unanswered(gateway: Gateway, world: World, content: bytes, analysis: str = "awaited") -> UUID:
    """A letter of the fund that came in while clamd did not answer, or was not there at all."""
    document_id, service = uuid7(), gateway.service
    stored = service.vault.deposit(document_id, iter([content]), limit_bytes=10_000_000)
    order = paper(
        Category.FUND_DOCUMENT,
        document_id=document_id,
        dossier_ids=(world.dossier,),
        analysis=analysis,
        **stored._asdict(),
    )
    service.ledger.execute(order, actor=None)
    Runner(service, [Scans()]).catch_up()
    gateway.settle()
    return document_id


def scanned(gateway: Gateway, service: Service | None = None) -> int:
    """Let `work` do what is due; how many it took."""
    scanner = Scanner(service or gateway.service)
    taken = 0
    while scanner.run_once():
        taken += 1
    gateway.settle()
    return taken


def shown(gateway: Gateway, who: str, document_id: UUID) -> Any:
    answer = gateway.get(who, f"/v1/documents/{document_id}")
    return answer.json() if answer.status_code == 200 else answer.status_code


def content(gateway: Gateway, who: str, document_id: UUID) -> tuple[int, str]:
    answer = gateway.get(who, f"/v1/documents/{document_id}/content")
    return answer.status_code, "" if answer.status_code == 200 else answer.json()["type"]


def row(gateway: Gateway, document_id: UUID) -> Any:
    with psycopg.connect(gateway.settings.database_url, row_factory=psycopg.rows.dict_row) as connection:
        return connection.execute("select * from auth.scan where document_id = %s", (document_id,)).fetchone()


def make_due(gateway: Gateway) -> None:
    """As if the time until the next try were over."""
    with psycopg.connect(gateway.settings.database_url) as connection:
        connection.execute("update auth.scan set due_at = now() where due_at is not null")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("Accord.pdf", INFECTED),
        ("Accord.docx", hostile.word({"word/media/image1.png": hostile.EICAR})),
        ("Accord.xlsx", hostile.sheet({"xl/media/image1.png": hostile.EICAR})),
        ("Accord.docx", hostile.word({"word/embeddings/Feuille.xlsx": hostile.sheet({"xl/a.xml": hostile.EICAR})})),
        ("Accord.png", hostile.picture() + hostile.EICAR),
    ],
    ids=["pdf", "docx", "xlsx", "xlsx-in-docx", "png"],
)
def test_an_infected_file_is_refused_in_place_and_nothing_is_kept(
    gateway: Gateway, world: World, name: str, content: bytes
):
    """The sender is told at once; the log, the store and the queue know nothing of it. However deep it is packed."""
    kept = set(gateway.service.store.keys())
    with gateway.service.database.transaction(Role.AUDITOR) as connection:
        before = head(connection)
    answer = gateway.deposited(name=name, content=content, dossier_ids=[str(world.dossier)])
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/file"
    assert THREAT in answer.json()["errors"][0]["detail"]
    with gateway.service.database.transaction(Role.AUDITOR) as connection:
        assert head(connection) == before
    assert set(gateway.service.store.keys()) == kept
    with psycopg.connect(gateway.settings.database_url) as connection:
        journal = "select account_id, facts from auth.journal where kind = 'refusal' and outcome = 'infected'"
        assert connection.execute(journal).fetchone() == (gateway.accounts["case-manager"], {"category": "agreement"})


def test_a_clean_file_is_transmitted_at_once(gateway: Gateway, world: World):
    answer = gateway.deposited(dossier_ids=[str(world.dossier)])
    assert answer.status_code == 201, answer.text
    document_id = UUID(answer.json()["id"])
    found = shown(gateway, "provider", document_id)
    assert (found["state"]["code"], found["downloadable"]) == ("clean", True)
    assert found["state"]["label"].startswith("Transmis (analysé le ")
    assert content(gateway, "provider", document_id) == (200, "")
    Runner(gateway.service, [Scans()]).catch_up()
    assert (row(gateway, document_id)["due_at"], row(gateway, document_id)["verdict"]) == (None, "clean")
    assert scanned(gateway) == 0


def test_what_waits_is_transmitted_once_it_is_clean(gateway: Gateway, world: World):
    """The fund sees « Reçu, analyse en cours »; the provider nothing at all, not even in the history."""
    document_id = unanswered(gateway, world, PDF)
    assert shown(gateway, "case-manager", document_id)["state"]["label"] == "Reçu, analyse en cours"
    assert content(gateway, "case-manager", document_id) == (409, "/problems/not-yet-analysed")
    assert shown(gateway, "provider", document_id) == 404
    assert content(gateway, "provider", document_id)[0] == 404
    history = gateway.get("provider", f"/v1/dossiers/{world.dossier}/history", limit=200).json()["items"]
    assert str(document_id) not in {each["document_id"] for each in history}

    assert scanned(gateway) == 1
    assert shown(gateway, "provider", document_id)["analysis"]["code"] == "clean"
    assert content(gateway, "provider", document_id) == (200, "")
    history = gateway.get("provider", f"/v1/dossiers/{world.dossier}/history", limit=200).json()["items"]
    assert [each["event"] for each in history if each["document_id"] == str(document_id)] == [
        "document.deposited.v2",
        "document.analysed.v1",
    ]


def test_what_is_found_later_is_quarantined_and_nobody_is_given_it(gateway: Gateway, world: World):
    document_id = unanswered(gateway, world, INFECTED)
    assert scanned(gateway) == 1
    assert shown(gateway, "provider", document_id) == 404
    assert shown(gateway, "case-manager", document_id)["state"]["label"] == "En quarantaine"
    assert content(gateway, "case-manager", document_id) == (409, "/problems/quarantined")
    assert scanned(gateway) == 0


def test_newer_signatures_quarantine_and_still_newer_ones_lift_it(gateway: Gateway, world: World, clamd: ClamdServer):
    """A rescan of everything records only what changed."""
    document_id = unanswered(gateway, world, PDF + b"% " + LATER)
    assert scanned(gateway) == 1
    assert content(gateway, "provider", document_id) == (200, "")
    clamd.learn("Later-Test-Hand", LATER)
    asked = rescan(gateway.service.database)
    with gateway.service.database.transaction(Role.AUDITOR) as connection:
        before = head(connection)
    assert scanned(gateway) == asked
    with gateway.service.database.transaction(Role.AUDITOR) as connection:
        assert head(connection) == before + 1
    assert content(gateway, "provider", document_id)[0] == 404
    with gateway.service.database.transaction(Role.AUTH) as connection:
        assert row(gateway, document_id)["verdict"] == "infected"
        assert make_rescans_due(connection, 30) == 0

    clamd.forget("Later-Test-Hand", LATER)
    rescan(gateway.service.database)
    scanned(gateway)
    assert content(gateway, "provider", document_id) == (200, "")
    assert LATER_THREAT.startswith("Later")


def test_what_came_in_without_a_scanner_is_analysed_when_it_is_asked_for(gateway: Gateway, world: World):
    """« Non analysé », transmitted; after `vault rescan --all` it is analysed."""
    document_id = unanswered(gateway, world, PDF, "none")
    assert shown(gateway, "provider", document_id)["state"]["label"] == "Transmis (non analysé)"
    assert row(gateway, document_id) is None
    rescan(gateway.service.database)
    scanned(gateway)
    assert shown(gateway, "provider", document_id)["state"]["code"] == "clean"


@pytest.mark.parametrize(
    ("address", "failure"), [("127.0.0.1:1", "unreachable"), ("unix:/nowhere/clamd.sock", "unreachable")]
)
def test_while_clamd_is_away_documents_wait(gateway: Gateway, world: World, address: str, failure: str):
    """No verdict is never « clean »: it is tried again later, and the row says why it waits."""
    document_id = unanswered(gateway, world, PDF)
    settings = replace(gateway.settings, vault=replace(gateway.settings.vault, clamd=address))
    assert scanned(gateway, replace(gateway.service, settings=settings)) == 1
    waiting = row(gateway, document_id)
    assert (waiting["failure"], waiting["attempts"], waiting["verdict"]) == (failure, 1, None)
    assert content(gateway, "case-manager", document_id)[0] == 409
    assert scanned(gateway) == 0
    make_due(gateway)
    assert scanned(gateway) == 1
    assert content(gateway, "provider", document_id) == (200, "")
    assert (row(gateway, document_id)["failure"], row(gateway, document_id)["attempts"]) == (None, 0)


def test_what_is_too_large_for_clamd_waits_a_day_as_trouble(gateway: Gateway, world: World):
    document_id = unanswered(gateway, world, PDF + bytes(range(256)) * 20_000)
    assert scanned(gateway) == 1
    assert row(gateway, document_id)["failure"] == "too-large"
    assert shown(gateway, "provider", document_id) == 404


def test_what_the_queue_has_lost_is_queued_again(gateway: Gateway, world: World):
    """After a restore without the tables of signing in: no document waits for ever."""
    document_id = unanswered(gateway, world, PDF)
    with gateway.service.database.transaction(Role.AUTH) as connection:
        connection.execute("delete from auth.scan where document_id = %s", (document_id,))
    assert scanned(gateway) == 0
    assert remember(gateway.service.database) == 1
    assert remember(gateway.service.database) == 0
    assert scanned(gateway) == 1
    assert content(gateway, "provider", document_id) == (200, "")


def test_the_workers_duty_goes_on_by_itself_and_stops_when_told(gateway: Gateway, world: World):
    stop = threading.Event()
    duty = threading.Thread(target=Scanner(gateway.service).run, args=(stop,))
    duty.start()
    try:
        document_id = unanswered(gateway, world, PDF)
        until = time.monotonic() + 60
        while row(gateway, document_id)["verdict"] is None:
            assert duty.is_alive()
            assert time.monotonic() < until
            time.sleep(0.05)
    finally:
        stop.set()
        duty.join(30)
    assert not duty.is_alive()
    gateway.settle()
    assert content(gateway, "provider", document_id) == (200, "")


def test_an_erased_document_is_scanned_no_more(gateway: Gateway, world: World):
    document_id = unanswered(gateway, world, PDF)
    gateway.service.keyring.destroy(document_id)
    assert scanned(gateway) == 1
    done = row(gateway, document_id)
    assert (done["failure"], done["due_at"], done["scanned_at"]) == ("erased", None, None)


def test_a_damaged_document_is_not_clean(gateway: Gateway, world: World):
    document_id = unanswered(gateway, world, PDF)
    path = next(Path(gateway.settings.vault_dir).rglob(f"*{document_id}*"))
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert scanned(gateway) == 1
    assert row(gateway, document_id)["failure"] == "damaged"
    assert shown(gateway, "provider", document_id) == 404


def test_a_document_is_taken_by_one_worker_until_its_lease_ends(gateway: Gateway, world: World):
    document_id = unanswered(gateway, world, PDF)
    first, second = Scanner(gateway.service), Scanner(gateway.service)
    assert first._take() == (document_id, 0)
    assert not second.run_once()
    with psycopg.connect(gateway.settings.database_url) as connection:
        connection.execute("update auth.scan set taken_until = now() - interval '1 second'")
    assert second.run_once()
    gateway.settle()
    assert content(gateway, "provider", document_id) == (200, "")
