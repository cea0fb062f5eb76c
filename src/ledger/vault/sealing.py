"""How a document's bytes are encrypted, so that any range of them can be read and every chunk proves itself.

Format 1, never to change (a new one takes a new first byte). The construction is the segmented AES-GCM of the STREAM
paper (Hoang, Reyhanitabar, Rogaway, Vizár, 2015) with a derived key, as Tink's AES-GCM-HKDF streaming has it:

    header   0x01 ‖ salt (16) ‖ nonce prefix (7)
    key      HKDF-SHA-256(document's key, salt, info = "dossier-ledger vault 1")
    chunk i  AES-256-GCM of 65,536 clear bytes (the last one: fewer, none only where the document is empty) ‖ tag (16)
             nonce  prefix (7) ‖ i (4, big-endian) ‖ last (1: 0x01 for the last chunk, else 0x00)
             associated data  0x01 ‖ document id (16) ‖ i (8, big-endian) ‖ last (1)

The id binds a chunk to its document, the index to its place, the last-chunk flag to the end: exchange, reordering and
truncation are found as surely as a flipped bit.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Final, Self
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger.kit.keyring import Damaged

CHUNK_BYTES: Final = 64 * 1024
TAG_BYTES: Final = 16
HEADER_BYTES: Final = 24
SEALED_CHUNK_BYTES: Final = CHUNK_BYTES + TAG_BYTES
_FORMAT: Final = b"\x01"
_SALT: Final = slice(1, 17)
_PREFIX: Final = slice(17, 24)


class ChunkCipher:
    """Seals and opens the chunks of one stored document."""

    def __init__(self, key: bytes, document_id: UUID, header: bytes) -> None:
        if len(header) != HEADER_BYTES or header[:1] != _FORMAT:
            raise Damaged(f"document {document_id} does not start as a sealed document does")
        derived = HKDF(SHA256(), 32, salt=header[_SALT], info=b"dossier-ledger vault 1").derive(key)
        self.header = header
        self._document_id = document_id
        self._cipher = AESGCM(derived)

    @classmethod
    def new(cls, key: bytes, document_id: UUID) -> Self:
        return cls(key, document_id, _FORMAT + os.urandom(HEADER_BYTES - 1))

    def seal(self, index: int, clear: bytes, *, last: bool) -> bytes:
        return self._cipher.encrypt(self._nonce(index, last=last), clear, self._bound_to(index, last=last))

    def seal_into(self, index: int, clear: memoryview, sealed: memoryview, *, last: bool) -> None:
        """The same into a place of `len(clear) + TAG_BYTES` bytes."""
        self._cipher.encrypt_into(self._nonce(index, last=last), clear, self._bound_to(index, last=last), sealed)

    def open(self, index: int, sealed: bytes, *, last: bool) -> bytes:
        try:
            return self._cipher.decrypt(self._nonce(index, last=last), sealed, self._bound_to(index, last=last))
        except InvalidTag:
            raise Damaged(f"chunk {index} of document {self._document_id} does not open") from None

    def _nonce(self, index: int, *, last: bool) -> bytes:
        return self.header[_PREFIX] + index.to_bytes(4) + last.to_bytes()

    def _bound_to(self, index: int, *, last: bool) -> bytes:
        return _FORMAT + self._document_id.bytes + index.to_bytes(8) + last.to_bytes()


def seal(key: bytes, document_id: UUID, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The stored bytes of a document, chunk by chunk; holds two chunks in memory, whatever the document's size."""
    cipher = ChunkCipher.new(key, document_id)
    yield cipher.header
    index, current = 0, b""
    for index, following in enumerate(regroup(pieces, CHUNK_BYTES)):
        if index:
            yield cipher.seal(index - 1, current, last=False)
        current = following
    yield cipher.seal(index, current, last=True)


def clear_size(stored_bytes: int) -> int:
    """The number of clear bytes in a stored document of so many bytes; Damaged where no document has that size."""
    body = stored_bytes - HEADER_BYTES
    chunks, rest = divmod(body, SEALED_CHUNK_BYTES)
    if body < TAG_BYTES or 0 < rest < TAG_BYTES or (rest == TAG_BYTES and chunks):
        raise Damaged(f"a sealed document never has {stored_bytes} bytes")
    return chunks * CHUNK_BYTES + max(rest - TAG_BYTES, 0)


def regroup(pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in pieces of exactly `size`, the last one smaller; no piece where there are no bytes."""
    held = bytearray()
    for piece in pieces:
        if len(piece) == size and not held:
            yield piece  # the usual case: a file read chunk by chunk is not copied
            continue
        held += piece
        whole = len(held) - len(held) % size
        for start in range(0, whole, size):
            yield bytes(held[start : start + size])
        del held[:whole]
    if held:
        yield bytes(held)
