"""A v2 is published: rows of the v1 are read as the v2, and nothing that was recorded changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import orjson
import pytest
from eventsourcing.persistence import StoredEvent

from ledger.kit import names
from ledger.kit.aggregate import Aggregate
from ledger.kit.event import Event, OpeningEvent
from ledger.kit.ids import uuid7
from ledger.kit.names import UnknownName, readable
from ledger.log import schemas, upcasting
from ledger.log.appending import Append
from ledger.log.codec import Codec
from ledger.log.database import Database, Role
from ledger.log.reader import read_after
from ledger.log.recorder import Recorder
from ledger.log.upcasting import upcast, upcasts
from projections.engine.reading import known_names, read_entries

AT = datetime(2026, 3, 5, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The example's names are nobody else's business."""
    registries: tuple[tuple[Any, ...], ...] = (names._classes, names._retired, upcasting._upcasters)  # type: ignore[assignment]
    before = [dict(registry) for registry in registries]
    yield
    for registry, content in zip(registries, before, strict=True):
        registry.clear()
        registry.update(content)


@dataclass
class Release:
    """What the second release publishes."""

    opened: type[OpeningEvent]
    measured: type[Event]
    thing: type[Aggregate]


@pytest.fixture
def second_release() -> Release:
    """v1 held a height in whole metres; v2 holds millimetres, and says since v3 by what it was measured."""

    class ThingOpened(OpeningEvent):
        NAME: ClassVar[str] = "thing.opened.v1"

    class ThingMeasured(Event):
        NAME: ClassVar[str] = "thing.measured.v3"

        height_mm: int
        by: str

    @upcasts("thing.measured.v1", to=_V2)
    def _(data: dict[str, Any]) -> dict[str, Any]:
        return {"height_mm": data.pop("height_m") * 1000, **data}

    @upcasts("thing.measured.v2", to=ThingMeasured)
    def _(data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "by": "unknown"}

    class ExampleThing(Aggregate, opens_with=ThingOpened):
        heights: tuple[int, ...]

        def when(self, event: Event) -> None:
            self.heights = (*self.heights, event.height_mm) if isinstance(event, ThingMeasured) else ()

    return Release(ThingOpened, ThingMeasured, ExampleThing)


class _V2(Event):
    """Only its name is left of it: it is retired as well."""


_V2.NAME = "thing.measured.v2"


def row(stream: Any, version: int, name: str, **data: Any) -> StoredEvent:
    return StoredEvent(stream, version, name, orjson.dumps({"timestamp": AT, **data}))


def test_ten_year_old_rows_give_the_same_state(second_release: Release) -> None:
    stream, codec = uuid7(), Codec()
    thing = None
    for stored in (
        row(stream, 1, "thing.opened.v1"),
        row(stream, 2, "thing.measured.v1", height_m=2),
        row(stream, 3, "thing.measured.v2", height_mm=2100),
        row(stream, 4, "thing.measured.v3", height_mm=2200, by="laser"),
    ):
        thing = codec.to_domain_event(stored).mutate(thing)
    assert thing.heights == (2000, 2100, 2200)


def test_upcasting_works_on_a_copy() -> None:
    data = {"height_m": 2}

    @upcasts("thing.measured.v1", to=_V2)
    def _(payload: dict[str, Any]) -> dict[str, Any]:
        return {"height_mm": payload.pop("height_m") * 1000}

    assert upcast("thing.measured.v1", data) == ("thing.measured.v2", {"height_mm": 2000})
    assert data == {"height_m": 2}


def test_what_was_recorded_stays_as_it_was(second_release: Release, recorder: Recorder, database: Database) -> None:
    recorder.append([Append([row(uuid7(), 1, "thing.measured.v1", height_m=2)])])
    with database.transaction(Role.AUDITOR) as connection:
        (event,) = read_after(connection, 0, 10)
    assert (event.name, event.data["height_m"]) == ("thing.measured.v1", 2)
    assert (event.current().name, event.current().data["height_mm"]) == ("thing.measured.v3", 2000)


def test_folds_see_the_newest_version(second_release: Release, recorder: Recorder, database: Database) -> None:
    rows = [row(uuid7(), 1, "thing.measured.v1", height_m=2), row(uuid7(), 1, "thing.opened.v1")]
    recorder.append([Append(rows)])
    with database.transaction(Role.PROJECTOR) as connection:
        measured, opened = read_entries(connection, 0, 10)
    assert (measured.name, measured.data["height_mm"]) == ("thing.measured.v3", 2000)
    assert opened.name == "thing.opened.v1"
    assert {"thing.measured.v1", "thing.measured.v3"} <= set(readable)
    assert known_names() is readable


def test_a_retired_name_is_readable_and_never_free_again(second_release: Release) -> None:
    assert "thing.measured.v1" in readable
    with pytest.raises(TypeError, match="retired"):

        class Again(Event):
            NAME: ClassVar[str] = "thing.measured.v1"

    with pytest.raises(TypeError, match="no later version"):
        upcasts("thing.weighed.v1", to=second_release.measured)(dict)
    with pytest.raises(TypeError, match="retired already"):
        upcasts("thing.measured.v1", to=second_release.measured)(dict)
    with pytest.raises(UnknownName):
        Codec().to_domain_event(row(uuid7(), 1, "thing.weighed.v1"))


def test_a_retired_schema_must_be_kept(second_release: Release, tmp_path: Path) -> None:
    schemas.write(tmp_path)
    kept = ["absent: thing/measured.v1.json", "absent: thing/measured.v2.json"]
    assert [line for line in schemas.drift(tmp_path) if "thing" in line] == kept
    for version in (1, 2):
        (tmp_path / "thing" / f"measured.v{version}.json").write_text("{}")
    assert not [line for line in schemas.drift(tmp_path) if "thing" in line]
