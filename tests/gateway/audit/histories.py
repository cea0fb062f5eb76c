"""Histories for the auditor's tests: real events, as rows of the log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from ledger.kit.event import Event
from ledger.kit.ids import uuid7
from ledger.kit.personal import Personal
from ledger.log.recorded import Recorded

NIGHT_OF_IMPORT = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)  # in Paris it is the 22nd already


class History:
    """Appends events of one dossier, numbers their streams, and gives back the rows."""

    def __init__(self, dossier_id: UUID | None = None) -> None:
        self.dossier_id = dossier_id or uuid7()
        self.rows: list[Recorded] = []
        self._versions: dict[UUID, int] = {}

    def add(
        self, event_class: type[Event], stream_id: UUID | None = None, *, at: datetime = NIGHT_OF_IMPORT, **fields: Any
    ):
        stream = stream_id or self.dossier_id
        version = self._versions.get(stream, -1) + 1
        self._versions[stream] = version
        event = event_class(originator_id=stream, originator_version=version, timestamp=at, **fields)
        data = orjson.loads(event.model_dump_json(exclude={"originator_id", "originator_version"}))
        position = len(self.rows) + 1
        instant = at + timedelta(milliseconds=position)
        self.rows.append(
            Recorded(
                position, instant, stream, version, event.NAME, None, None, None, uuid7(), (self.dossier_id,), data
            )
        )
        return self


def sealed(subject: UUID) -> Personal[Any]:
    return Personal(subject, b"\x00" * 40)
