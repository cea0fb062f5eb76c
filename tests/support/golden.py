"""Golden files of the published events: made once each (`python -m support.golden`), never made again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from eventsourcing.persistence import StoredEvent

import ledger.application  # noqa: F401 - imports every noun, and so fills the registry
from ledger.kit.names import published
from ledger.log import schemas
from ledger.log.codec import Codec
from support.samples import sample

FOLDER = Path(__file__).parent.parent / "ledger" / "golden"
STREAM = UUID("0199a3c0-0000-7000-8000-000000000001")


def path_of(name: str) -> Path:
    return FOLDER / schemas.path_of(name)


def reading(stored: StoredEvent) -> dict[str, Any]:
    """What today's code makes of a row: the event's own name, and its fields as JSON."""
    event = Codec().to_domain_event(stored)
    return {"name": event.NAME, **event.model_dump(mode="json", exclude={"originator_id", "originator_version"})}


def main() -> None:
    for name, event_class in published.items():
        if not path_of(name).exists():
            stored = Codec().to_stored_event(sample(event_class))
            row = StoredEvent(STREAM, 1, name, stored.state)
            golden = {"payload": stored.state.decode(), "reads": reading(row)}
            path_of(name).parent.mkdir(exist_ok=True)
            path_of(name).write_text(json.dumps(golden, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
