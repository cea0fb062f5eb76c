"""Events to rows and back, through our own registry of published names.

The payload is the event's JSON without its stream and version, which are columns. Its bytes are stored once, hashed as
they are, and never encoded again.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import orjson
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent

from ledger.kit.event import Event
from ledger.kit.names import class_of
from ledger.log.upcasting import upcast

_COLUMNS: Final = {"originator_id", "originator_version"}


class Codec(Mapper[UUID]):
    """The library's mapper, over pydantic events and published names: no module path is stored, none is imported."""

    def __init__(self) -> None:
        super().__init__(transcoder=JSONTranscoder())

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredEvent:
        """The row of an event. TypeError for anything that has no published name."""
        if not isinstance(domain_event, Event):
            raise TypeError(f"{type(domain_event).__name__} is not an event of this ledger")
        return StoredEvent(
            originator_id=domain_event.originator_id,
            originator_version=domain_event.originator_version,
            topic=domain_event.NAME,
            state=domain_event.model_dump_json(exclude=_COLUMNS).encode(),
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """The event of a row, validated. UnknownName, or pydantic's ValidationError, where the row is not ours."""
        name, fields = upcast(stored_event.topic, orjson.loads(stored_event.state))
        event_class = class_of(name)
        fields["originator_id"] = stored_event.originator_id
        fields["originator_version"] = stored_event.originator_version
        # JSON has no dates, ids or tuples: they are read from text here, and from nothing else.
        return event_class.model_validate(fields, strict=False)
