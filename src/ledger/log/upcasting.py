"""Old versions of events, read as the newest: a step for each version, on a copy of the payload.

An event is never edited once it is released. When its fields must change, publish a `v2`, retire the `v1` with an
upcaster in the noun's `events.py`, and keep the `v1`'s schema and golden file:

    @upcasts("dossier.agreement-issued.v1", to=AgreementIssued)
    def _(data: Payload) -> Payload:
        return {**data, "currency": "EUR"}

What is stored and hashed stays as it was: only readers see the newer form. An upcaster may fill in what was always
true; it never guesses, looks anything up, or opens what is sealed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ledger.kit.event import Event
from ledger.kit.names import retire, retired

Payload = dict[str, Any]
Upcaster = Callable[[Payload], Payload]

_upcasters: dict[str, Upcaster] = {}


def upcasts(name: str, *, to: type[Event]) -> Callable[[Upcaster], Upcaster]:
    """Register the function that turns a payload of a retired name into one of its successor's."""

    def register(upcaster: Upcaster) -> Upcaster:
        retire(name, to.NAME)
        _upcasters[name] = upcaster
        return upcaster

    return register


def upcast(name: str, data: Payload) -> tuple[str, Payload]:
    """The newest name and payload of an event; what was given where it is the newest already."""
    while name in _upcasters:
        name, data = retired()[name], _upcasters[name](dict(data))
    return name, data
