"""A sample of each published event, the same each time: what the golden files were first made of."""

from __future__ import annotations

import types
import typing
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, Union
from uuid import UUID

from pydantic import BaseModel

from ledger.kit.event import Event
from ledger.kit.personal import Personal

_ID = UUID("0199a3c0-0000-7000-8000-000000000001")


def sample(event_class: type[Event]) -> Event:
    """An event with every field filled, whatever it may be."""
    return event_class(**_fields(event_class))


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    fields = {name: _CODES.get(name) or _value(field.annotation) for name, field in model.model_fields.items()}
    if {"lines", "total_cents"} <= fields.keys():  # the one rule that an event has over its own fields
        fields["total_cents"] = sum(line.amount_cents for line in fields["lines"])
    return fields


def _value(annotation: Any) -> Any:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in {Union, types.UnionType}:
        return _value(arguments[0])
    if origin is typing.Literal:
        return arguments[0]
    if origin is tuple:
        return (_value(arguments[0]),)
    if origin is Personal:
        return Personal(_ID, b"a nonce of 12, a box and its tag")
    if issubclass(annotation, Enum):
        return next(iter(annotation))
    if issubclass(annotation, BaseModel):
        return annotation(**_fields(annotation))
    return _PLAIN[annotation]


_CODES = {"category": "agreement", "engine": "ClamAV 1.4.6/27500", "threat": "Essai.Signature-1"}
"""Texts that are codes, or nearly: by the field that holds them."""

_PLAIN: dict[type, Any] = {
    UUID: _ID,
    datetime: datetime(2026, 3, 5, 9, 0, 0, 123456, tzinfo=UTC),
    date: date(2026, 3, 5),
    int: 187_500,
    bool: True,
    str: "Maçonnerie, 2e année",
}
