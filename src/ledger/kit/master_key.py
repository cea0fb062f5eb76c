"""The master key: 32 bytes outside every database, under which the keys of people and documents are wrapped.

Whoever has the keys' database without it has nothing; whoever loses it loses every sealed value. It is kept in a file
of mode 0600, or in the environment where a secret manager puts it there. Its text form is `<epoch>:<base64 of 32
bytes>`; the epoch is 1 for the first, and rises by one with each rotation.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.kit.durable import sync

VARIABLE: Final = "LEDGER_MASTER_KEY"
_NONCE_BYTES: Final = 12


class KeyringFault(Exception):
    """Base of what goes wrong with keys. It is a fault for the operator, never an answer to a person."""


class MasterKeyFault(KeyringFault):
    """The master key is missing, malformed, readable by others, or not the one that the keys are wrapped under."""


class Damaged(KeyringFault):
    """Ciphertext that its own key does not open: the bytes, or what they are bound to, were changed."""


@dataclass(frozen=True)
class MasterKey:
    """One master key and its epoch. It shows neither in a repr nor in an error."""

    key: bytes = field(repr=False)
    epoch: int = 1

    def __post_init__(self) -> None:
        if len(self.key) != 32 or not 1 <= self.epoch < 2**31:
            raise MasterKeyFault("a master key has 32 bytes, and an epoch from 1")

    @classmethod
    def generate(cls, epoch: int = 1) -> Self:
        return cls(os.urandom(32), epoch)

    @classmethod
    def create(cls, path: Path, epoch: int = 1) -> Self:
        """A new key, written to `path` (mode 0600) before it is returned; FileExistsError where there is one already.

        The file appears whole or not at all, so that two processes starting together never read half a key.
        """
        master = cls.generate(epoch)
        draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(f"{master.as_text()}\n")
                file.flush()
                os.fsync(file.fileno())
            path.hardlink_to(draft)
        finally:
            draft.unlink()
        sync(path.parent)
        return master

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """The key of a file that its owner alone may read; MasterKeyFault otherwise."""
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise MasterKeyFault(f"{path} may be read by others: chmod 600 it, and rotate the key if somebody did")
        return cls.parse(path.read_text())

    @classmethod
    def from_file_or_new(cls, path: Path) -> Self:
        """The key of `path`, created at the first start."""
        try:
            return cls.create(path)
        except FileExistsError:
            return cls.from_file(path)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self | None:
        """The key in LEDGER_MASTER_KEY, or None where it is not set."""
        text = environment.get(VARIABLE)
        return cls.parse(text) if text else None

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key written `<epoch>:<base64>`, or `<base64>` alone for epoch 1."""
        epoch, _, encoded = text.strip().rpartition(":")
        try:
            return cls(base64.b64decode(encoded, validate=True), int(epoch or "1"))
        except (binascii.Error, ValueError):
            # `from None`: the error would quote the secret.
            raise MasterKeyFault("a master key is written <epoch>:<base64 of 32 bytes>") from None

    def as_text(self) -> str:
        return f"{self.epoch}:{base64.b64encode(self.key).decode()}"

    @cached_property
    def fingerprint(self) -> bytes:
        """32 bytes that tell this key from another and give nothing of it away."""
        return hmac.digest(self.key, b"dossier-ledger master key", hashlib.sha256)

    def wrap(self, owner: bytes, key: bytes) -> bytes:
        """12 bytes of nonce ‖ AES-256-GCM of `key`, bound to its owner and to this epoch."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, key, self._bound_to(owner))

    def unwrap(self, owner: bytes, wrapped: bytes) -> bytes:
        """The key that `wrap` wrapped; Damaged where the bytes are another owner's, another epoch's, or changed."""
        try:
            return self._cipher.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], self._bound_to(owner))
        except InvalidTag:
            raise Damaged(f"a key wrapped in epoch {self.epoch} does not open") from None

    @cached_property
    def _cipher(self) -> AESGCM:
        return AESGCM(self.key)

    def _bound_to(self, owner: bytes) -> bytes:
        return owner + self.epoch.to_bytes(4)
