"""Each released version of each event is read as it was meant, for ever: one golden file of each.

A golden file is made once, by `python -m support.golden`, when a version is first published, and never changed: its
`payload` is what ten-year-old rows look like, its `reads` is what today's code must make of it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from eventsourcing.persistence import StoredEvent

import ledger.application  # noqa: F401 - imports every noun, and so fills the registry
from ledger.kit.names import readable
from ledger.log.codec import Codec
from support.golden import FOLDER, STREAM, path_of, reading

NAMES = sorted(readable)


@pytest.mark.parametrize("name", NAMES)
def test_a_released_event_is_read_as_it_was_meant(name: str) -> None:
    golden: dict[str, Any] = json.loads(path_of(name).read_text(encoding="utf-8"))
    assert reading(StoredEvent(STREAM, 1, name, golden["payload"].encode())) == golden["reads"]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_read_is_written_back_byte_for_byte_unless_it_was_upcast(name: str) -> None:
    payload = json.loads(path_of(name).read_text(encoding="utf-8"))["payload"].encode()
    stored = Codec().to_stored_event(Codec().to_domain_event(StoredEvent(STREAM, 1, name, payload)))
    if stored.topic == name:
        assert orjson.loads(stored.state) == orjson.loads(payload)


def test_no_golden_file_is_without_its_event() -> None:
    """Names are never taken out of the registry: a row with that name may be read in twenty years."""
    assert set(Path(FOLDER).glob("*/*.json")) == {path_of(name) for name in NAMES}
