"""Where files are handed in, without HTTP: one service, what is said of a file, and what is left of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from gateway import service as services
from gateway.service import Service
from gateway.settings import Settings
from gateway.vault.depositing import Asked, Concluded, Deposits
from ledger.document.events import DocumentDeposited, Side
from ledger.kit.names import versions_of
from ledger.log.database import Role
from support.databases import ORIGIN, Cluster
from support.gateway import PDF
from support.givens import DAY, Givens

LIMIT = 20_000_000
NUMBERS = count(1)


class File:
    """A file on its way in, in one piece."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def pieces(self) -> AsyncIterator[bytes]:
        yield self._content


def new() -> bytes:
    """A file that nobody has deposited yet."""
    return PDF + b"%% %d\n" % next(NUMBERS)


@dataclass
class Counter:
    """Where somebody hands files in."""

    service: Service
    asked: Asked
    actor: UUID

    def hand_in(self, content: bytes, **changed: Any) -> Concluded:
        async def hand_in() -> Concluded:
            deposits = Deposits(self.service)
            draft = await deposits.receive(File(content), actor=self.actor, limit_bytes=LIMIT)
            return await deposits.conclude(
                draft, replace(self.asked, **changed), actor=self.actor, key=None, correlation_id=uuid4()
            )

        return asyncio.run(hand_in())

    def stored(self) -> set[UUID]:
        return set(self.service.store.keys())

    def recorded(self) -> set[UUID]:
        with self.service.database.transaction(Role.AUDITOR) as connection:
            names = (versions_of(DocumentDeposited),)
            return {
                row["stream_id"]
                for row in connection.execute("select stream_id from log.events where name = any(%s)", names)
            }

    def rows(self) -> set[UUID]:
        with self.service.database.transaction(Role.AUTH) as connection:
            return {row["document_id"] for row in connection.execute("select document_id from auth.deposit")}

    def left(self) -> tuple[set[UUID], set[UUID], list[Path]]:
        """What no event names: bytes, rows, drafts."""
        return self.stored() - self.recorded(), self.rows(), list(self.service.store.incoming.iterdir())


@contextmanager
def counting(cluster: Cluster, data_dir: Path) -> Iterator[Counter]:
    """A deployment of its own, whose documents are files."""
    with cluster.deployment() as made:
        settings = Settings(made.ledger, made.keys, data_dir=data_dir, origin=ORIGIN)
        services.migrate(settings)
        with services.opened(settings) as service:
            yield counter_of(service)


NOTHING: tuple[set[UUID], set[UUID], list[Path]] = (set(), set(), [])


def counter_of(service: Service) -> Counter:
    givens = Givens(service.ledger)
    establishment_id = givens.establishment()
    asked = Asked(Side.FUND, "other", (givens.dossier(),), establishment_id, None, DAY, "Pièce.pdf")
    return Counter(service, asked, givens.account())
