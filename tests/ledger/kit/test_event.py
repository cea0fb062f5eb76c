"""The base of events: frozen, strict, published once, and applied without the library's module paths."""

from __future__ import annotations

import functools
from datetime import UTC, date, datetime
from typing import ClassVar
from uuid import UUID

import pytest
from eventsourcing.dispatch import singledispatchmethod
from pydantic import ValidationError

from ledger.kit import names
from ledger.kit.aggregate import Aggregate
from ledger.kit.event import Event, OpeningEvent
from ledger.kit.ids import uuid7
from ledger.kit.names import UnknownName, class_of
from ledger.kit.personal import Personal

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class KettleBought(OpeningEvent):
    NAME: ClassVar[str] = "kettle.bought.v1"

    litres: int


class KettleFilled(Event):
    NAME: ClassVar[str] = "kettle.filled.v1"

    litres: int
    note: Personal[str] | None = None
    on: date


class Kettle(Aggregate, opens_with=KettleBought):
    @singledispatchmethod
    def when(self, event: Event) -> None:
        super().when(event)

    @when.register
    def _(self, event: KettleBought) -> None:
        self.capacity = event.litres
        self.filled = 0

    @when.register
    def _(self, event: KettleFilled) -> None:
        self.filled = self.filled + event.litres


class KettleLost(Event):
    NAME: ClassVar[str] = "kettle.lost.v1"


KETTLES = (KettleBought, KettleFilled, KettleLost)
for kettle_event in KETTLES:  # out of the registry while other tests run: the schemas are made from all that it holds
    names._classes.pop(kettle_event.NAME)


@pytest.fixture(autouse=True)
def _published(monkeypatch):
    for event_class in KETTLES:
        monkeypatch.setitem(names._classes, event_class.NAME, event_class)


stamped = functools.partial(KettleFilled, originator_id=UUID(int=1), originator_version=2, timestamp=NOW)


def test_an_aggregate_opens_decides_on_a_copy_and_leaves_the_original_untouched():
    kettle = Kettle.open(KettleBought, id=uuid7(), at=NOW, litres=2)
    copy = kettle.copy()
    copy.trigger_event(KettleFilled, litres=1, on=NOW.date(), timestamp=NOW)
    assert (kettle.filled, kettle.version, len(kettle.pending_events)) == (0, 1, 1)
    assert (copy.filled, copy.version, len(copy.pending_events)) == (1, 2, 1)


def test_replaying_its_events_gives_the_same_aggregate():
    kettle = Kettle.open(KettleBought, id=uuid7(), at=NOW, litres=2)
    kettle.trigger_event(KettleFilled, litres=1, on=NOW.date(), timestamp=NOW)
    replayed = None
    for event in kettle.collect_events():
        replayed = event.mutate(replayed)
    assert replayed == kettle


def test_an_event_is_frozen_strict_and_closed():
    event = stamped(litres=1, on=NOW.date())
    with pytest.raises(ValidationError, match="frozen"):
        event.litres = 2
    for wrong in ({"litres": "1"}, {"litres": 1.0}, {"litres": True}, {"litres": 1, "extra": 1}):
        with pytest.raises(ValidationError):
            stamped(**{"on": NOW.date(), **wrong})


def test_a_name_in_clear_enters_no_sealed_field_and_no_error():
    with pytest.raises(ValidationError) as caught:
        stamped(litres=1, on=NOW.date(), note="Prénom Nom")
    assert "Prénom" not in str(caught.value)


def test_a_published_name_is_found_once_and_a_newer_one_is_said_to_be_unknown():
    assert class_of("kettle.filled.v1") is KettleFilled
    with pytest.raises(UnknownName):
        class_of("kettle.filled.v2")
    with pytest.raises(TypeError, match="published by both"):
        type("Twice", (Event,), {"NAME": "kettle.filled.v1", "__annotations__": {"NAME": ClassVar[str]}})
    with pytest.raises(TypeError, match="is not"):
        type("Unnamed", (Event,), {"NAME": "KettleFilled", "__annotations__": {"NAME": ClassVar[str]}})


def test_an_event_of_another_kind_of_stream_is_not_applied_in_silence():
    kettle = Kettle.open(KettleBought, id=uuid7(), at=NOW, litres=2)
    with pytest.raises(TypeError, match=r"does not know kettle\.lost\.v1"):
        kettle.trigger_event(KettleLost, timestamp=NOW)


def test_a_stream_opens_once():
    kettle = Kettle.open(KettleBought, id=uuid7(), at=NOW, litres=2)
    again = KettleBought(originator_id=kettle.id, originator_version=2, timestamp=NOW, litres=1)
    with pytest.raises(TypeError, match="open already"):
        again.mutate(kettle)


def test_the_papers_date_is_told_apart_from_the_decisions():
    assert stamped(litres=1, on=date(2025, 12, 1)).effective_on() == date(2025, 12, 1)
    assert KettleBought(originator_id=uuid7(), originator_version=1, timestamp=NOW, litres=1).effective_on() is None


def test_an_aggregate_has_no_hash():
    """It changes. Python 3.13.0 dispatches `when` only where hashing fails in the proper way."""
    kettle = Kettle.open(KettleBought, id=uuid7(), at=NOW, litres=2)
    with pytest.raises(TypeError, match="unhashable"):
        hash(kettle)
