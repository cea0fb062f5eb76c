"""Deposit: a document hashed, encrypted, stored and recorded, against its clear bytes written, hashed and synced.

One after the other on one disk, in the pieces of 64 KiB that a network gives. What both read is in memory. What a
deposit has beside (the form, the inspection by a child, the scan) has no counterpart in the peer, and is not in it.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from statistics import median
from typing import Final
from uuid import UUID

from benchmarks.figures import ROUNDS, Benchmark, Figure, databases
from gateway import service as services
from gateway.service import Service
from gateway.settings import Settings
from gateway.vault.steps import Asked, By, Deposit, New
from ledger.application import IdempotencyKey
from ledger.document.events import DocumentDeposited, Side
from ledger.establishment.commands import RegisterEstablishment
from ledger.kit.fictitious import fictitious_siren, fictitious_siret
from ledger.kit.ids import uuid7
from ledger.log.database import Role
from ledger.organisation.commands import RegisterOrganisation
from ledger.organisation.events import OrganisationKind
from ledger.vault.verification import Finding
from support.databases import Cluster

MEBIBYTES: Final = 64
AT_LEAST: Final = 7
PIECE_BYTES: Final = 64 * 1024


def run(server: Cluster) -> Figure:
    """Mebibytes a second, each the median of its rounds; refuses a document that is not whole, or recorded twice."""
    content = os.urandom(MEBIBYTES << 20)
    rounds = max(AT_LEAST, ROUNDS)
    with _deployment(server) as service:
        asked, plain = _asked(service), service.settings.data_dir / "plain"
        deposited: list[UUID] = []
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(_seconds(lambda: deposited.append(_deposit(service, asked, content))))
            theirs.append(_seconds(lambda: _plain(plain, content)))
            plain.unlink()
        _check(service, deposited)
    return Figure(MEBIBYTES / median(ours), MEBIBYTES / median(theirs))


def _deposit(service: Service, asked: Asked, content: bytes) -> UUID:
    """From the first byte to the event, by the steps of the gateway itself (`gateway.vault.steps`)."""
    with service.vault.draft(uuid7(), limit_bytes=len(content)) as draft:
        for piece in _pieces(content):
            draft.write(piece)
        draft.finish()
        steps = Deposit(service, threading.BoundedSemaphore(), draft, asked, By(uuid7(), uuid7()))
        name = str(draft.document_id)
        key = IdempotencyKey(None, "bench", name, name.encode(), status=201)
        return steps.store(New("application/octet-stream", key)).outcome.resource_id


def _plain(path: Path, content: bytes) -> None:
    digest = hashlib.sha256()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        for piece in _pieces(content):
            os.write(descriptor, piece)
            digest.update(piece)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _pieces(content: bytes) -> Iterator[memoryview]:
    view = memoryview(content)
    for start in range(0, len(content), PIECE_BYTES):
        yield view[start : start + PIECE_BYTES]


def _seconds(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def _check(service: Service, deposited: list[UUID]) -> None:
    """The correctness gate: every document is in the log once, and its stored bytes are the recorded ones."""
    digest = "convert_from(payload, 'UTF8')::jsonb->>'stored_sha256'"
    question = f"select stream_id, {digest} from log.events where name = %s"
    with service.database.transaction(Role.AUDITOR) as connection:
        recorded = [tuple(row.values()) for row in connection.execute(question, (DocumentDeposited.NAME,))]
    if sorted(document_id for document_id, _ in recorded) != sorted(deposited):
        raise SystemExit("a deposit is not in the log, or is there twice")
    for document_id, stored_sha256 in recorded:
        if service.vault.verify(document_id, stored_sha256) is not Finding.WHOLE:
            raise SystemExit("a document is not what was recorded")


@contextmanager
def _deployment(server: Cluster) -> Iterator[Service]:
    """Its documents in a directory of the disk that the peer writes to."""
    with databases(server) as (url, keys_url, _), tempfile.TemporaryDirectory() as place:
        settings = Settings(url, keys_url, data_dir=Path(place), origin="bench.example")
        services.migrate(settings)
        with services.opened(settings) as service:
            yield service


def _asked(service: Service) -> Asked:
    kinds = frozenset({OrganisationKind.PROVIDER})
    organisation = RegisterOrganisation(siren=fictitious_siren(1), name="Organisme", kinds=kinds)
    organisation_id = service.ledger.execute(organisation, actor=None).resource_id
    establishment = RegisterEstablishment(
        organisation_id=organisation_id, number="0000001", siret=fictitious_siret(1), name="Lieu",
        postcode="75001", town="Modèleville",
    )  # fmt: skip
    establishment_id = service.ledger.execute(establishment, actor=None).resource_id
    return Asked(Side.FUND, "other", (), establishment_id, None, date(2026, 11, 22), "Document.bin")


BENCHMARKS: Final = {"deposit": Benchmark(run, floor=0.40, aim=0.70, unit="MiB/s")}
