"""The streams of generated events: their ids, their versions, the keys that personal data is sealed under."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final
from uuid import UUID

from ledger.kit.aggregate import Aggregate
from ledger.kit.event import Event
from ledger.kit.ids import uuid7
from ledger.kit.keyring import Keyring
from ledger.kit.personal import Personal

_KEYS_AT_ONCE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Fact:
    """An event, and the dossiers that it concerns."""

    event: Event
    dossiers: tuple[UUID, ...]


class Streams:
    """Numbers the events of each stream, and makes keys by thousands."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._versions: dict[UUID, int] = {}
        self._subjects: deque[UUID] = deque()

    def subject(self) -> UUID:
        """A new id that personal data can be sealed under."""
        if not self._subjects:
            self._subjects.extend(uuid7() for _ in range(_KEYS_AT_ONCE))
            self._keyring.ensure(self._subjects)
        return self._subjects.popleft()

    def seal(self, subject: UUID, text: str) -> Personal[Any]:
        return self._keyring.seal(subject, text)

    def seal_given(self, subject: UUID, text: str | None) -> Personal[Any] | None:
        return None if text is None else self._keyring.seal(subject, text)

    def fact(self, event_class: type[Event], stream_id: UUID, day: date, *dossiers: UUID, **fields: Any) -> Fact:
        """The next event of a stream, decided on a day."""
        version = self._versions.get(stream_id, Aggregate.INITIAL_VERSION - 1) + 1
        self._versions[stream_id] = version
        at = datetime.combine(day, time(9), UTC)
        event = event_class(originator_id=stream_id, originator_version=version, timestamp=at, **fields)
        return Fact(event, dossiers)
