"""The bytes that are hashed never change: these vectors are frozen. A failure means broken proofs, not old tests."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.log.envelope import envelope, leaf
from ledger.log.recorded import Recorded

VECTORS = json.loads((Path(__file__).parent / "envelope.v1.json").read_text())


def row(fields: dict[str, Any]) -> Recorded:
    def uuid_or_none(name: str) -> UUID | None:
        return UUID(fields[name]) if fields.get(name) else None

    return Recorded(
        position=fields["position"],
        recorded_at=datetime.fromisoformat(fields["recorded_at"]),
        stream_id=UUID(fields["stream_id"]),
        version=fields["version"],
        name=fields["name"],
        actor=uuid_or_none("actor"),
        correlation_id=uuid_or_none("correlation_id"),
        causation_id=uuid_or_none("causation_id"),
        command_id=None,
        dossiers=tuple(map(UUID, fields["dossiers"])),
        data={},
    )


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["story"] for vector in VECTORS])
def test_frozen_vectors(vector: dict[str, Any]) -> None:
    made = envelope(vector["origin"], row(vector["row"]), bytes.fromhex(vector["payload"]))
    assert made.hex() == vector["envelope"]
    assert leaf(made).hex() == vector["leaf"]


def test_the_envelope_spelled_out_by_hand() -> None:
    """An independent reading of the format, byte by byte."""
    first = VECTORS[0]
    stream = first["row"]["stream_id"].replace("-", "")
    by_hand = (
        "01"
         "0000000d" + b"fonds.example".hex()
        + "00000008" + f"{1:016x}"
        + "00000010" + stream
        + "00000008" + f"{1:016x}"
        + "00000011" + b"dossier.opened.v1".hex()
        + "00000008" + f"{1661990400123456:016x}"
        + "00000000" * 4
        + "00000002" + b"{}".hex()
    )  # fmt: skip
    assert first["envelope"] == by_hand
    assert first["leaf"] == hashlib.sha256(b"\x00" + bytes.fromhex(by_hand)).hexdigest()


@given(st.text(max_size=20), st.text(max_size=20), st.binary(max_size=20), st.binary(max_size=20))
def test_fields_cannot_be_pushed_into_one_another(name: str, other: str, payload: bytes, more: bytes) -> None:
    fields = VECTORS[0]["row"]
    one = envelope("o", row({**fields, "name": name}), payload)
    two = envelope("o", row({**fields, "name": other}), more)
    assert (one == two) == ((name, payload) == (other, more))


def test_the_instant_is_whole_microseconds() -> None:
    instant = datetime(2100, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    fields = {**VECTORS[0]["row"], "recorded_at": instant.isoformat()}
    made = envelope("o", row(fields), b"")
    assert (4133980799_999_999).to_bytes(8) in made
