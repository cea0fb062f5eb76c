"""The bytes that are hashed for an event: one function, from the stored columns alone. Its vectors are frozen.

    format byte 0x01, then each field as a 4-byte big-endian length and its bytes:
    origin (UTF-8) · position (8) · stream id (16) · version (8) · published name (UTF-8) ·
    recorded_at in µs since 1970 (8, signed) · actor · correlation id · causation id (16 or none each) ·
    dossiers concerned (16 each, in the order declared) · payload, as stored

Numbers are big-endian. The leaf is SHA-256(0x00 ‖ envelope), after RFC 6962, section 2.1. Nothing here may ever change
for format 1: a new format is a new first byte.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

FORMAT: Final = b"\x01"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Row(Protocol):
    """The stored columns that are hashed."""

    @property
    def position(self) -> int: ...
    @property
    def recorded_at(self) -> datetime: ...
    @property
    def stream_id(self) -> UUID: ...
    @property
    def version(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def actor(self) -> UUID | None: ...
    @property
    def correlation_id(self) -> UUID | None: ...
    @property
    def causation_id(self) -> UUID | None: ...
    @property
    def dossiers(self) -> tuple[UUID, ...]: ...


def envelope(origin: str, row: Row, payload: bytes) -> bytes:
    """The bytes of one event. Two different events never have the same: every field has its length before it."""
    fields = (
        origin.encode(),
        row.position.to_bytes(8),
        row.stream_id.bytes,
        row.version.to_bytes(8),
        row.name.encode(),
        # Whole microseconds by division of whole numbers: a float would lose the last digit.
        ((row.recorded_at - _EPOCH) // _MICROSECOND).to_bytes(8, signed=True),
        _id(row.actor),
        _id(row.correlation_id),
        _id(row.causation_id),
        b"".join(dossier.bytes for dossier in row.dossiers),
        payload,
    )
    return FORMAT + b"".join(len(field).to_bytes(4) + field for field in fields)


def leaf(envelope_bytes: bytes) -> bytes:
    """The Merkle leaf of an envelope (32 bytes)."""
    return hashlib.sha256(b"\x00" + envelope_bytes).digest()


def _id(value: UUID | None) -> bytes:
    return b"" if value is None else value.bytes
