"""A deployment with its documents in a directory or a real bucket, and what somebody does to them behind its back."""

from __future__ import annotations

from uuid import UUID

from gateway.vault.opening import store_of
from support.gateway import PDF, Gateway
from support.s3 import Wire


class Ground:
    """`environment` is what a command needs beside the databases; `wire`, on S3 alone, is the way to the server."""

    def __init__(self, gateway: Gateway, environment: dict[str, str], wire: Wire | None) -> None:
        self.wire = wire
        self.gateway = gateway
        self.environment = environment
        self.store = store_of(gateway.settings)
        self.world = gateway.world()

    def document(self, padding: bytes = b"") -> UUID:
        content = PDF + padding + f"% {self.gateway.number()}\n".encode()
        answer = self.gateway.deposited(dossier_ids=[str(self.world.dossier)], content=content)
        assert answer.status_code == 201, answer.text
        return UUID(answer.json()["id"])

    def damage(self, document_id: UUID, at: int = -20) -> None:
        """One bit, as a disk or somebody who may write to it would change it; `at` is a place in the stored bytes."""
        stored = bytearray(b"".join(self.store.get(document_id)))
        stored[at] ^= 1
        self.replace(document_id, bytes(stored))

    def replace(self, document_id: UUID, stored: bytes) -> None:
        self.lose(document_id)
        self.store.put(document_id, iter([stored]))

    def lose(self, document_id: UUID) -> None:
        assert self.store.remove(document_id)
