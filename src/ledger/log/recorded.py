"""One row of the log, decoded without a model: what folds, replays and proofs read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from ledger.log.upcasting import upcast

COLUMNS: Final = (
    "position, recorded_at, stream_id, version, name, actor, correlation_id, causation_id, command_id, dossiers, "
    "payload"
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as it stands in the log. `data` is its JSON: ids and dates are text, personal fields are sealed text."""

    position: int
    recorded_at: datetime
    stream_id: UUID
    version: int
    name: str
    actor: UUID | None
    correlation_id: UUID | None
    causation_id: UUID | None
    command_id: UUID | None
    dossiers: tuple[UUID, ...]
    data: dict[str, Any]

    @property
    def id(self) -> str:
        """The stream's id as text, as ids stand in `data`."""
        return str(self.stream_id)

    def current(self) -> Recorded:
        """The same event in the newest version of its name: what a fold reads. What was recorded stays as it is."""
        name, data = upcast(self.name, self.data)
        return self if name == self.name else replace(self, name=name, data=data)


def decode(row: Mapping[str, Any]) -> Recorded:
    """The event of one row of COLUMNS."""
    return Recorded(
        row["position"],
        row["recorded_at"],
        row["stream_id"],
        row["version"],
        row["name"],
        row["actor"],
        row["correlation_id"],
        row["causation_id"],
        row["command_id"],
        tuple(row["dossiers"]),
        orjson.loads(row["payload"]),
    )
