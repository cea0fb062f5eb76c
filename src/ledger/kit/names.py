"""Published names: the registry that maps `dossier.agreement-issued.v1` to the class that reads it.

It is filled when event modules are imported. A row's name is only ever looked up here: nothing in the log can make
the process import a module (the library's `resolve_topic` would).
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ledger.kit.event import Event

_NAME = re.compile(r"[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*\.v[1-9][0-9]*")
_classes: dict[str, type[Event]] = {}

_retired: dict[str, str] = {}

published: Mapping[str, type[Event]] = MappingProxyType(_classes)
"""Every published name that this process writes, with its class."""

readable: Mapping[str, object] = MappingProxyType(ChainMap[str, Any](_classes, _retired))
"""Every published name that this process reads: those that it writes, and those that an upcaster reads for it."""


class UnknownName(LookupError):
    """The log holds a name that this process does not know: it is older than the writer, and must wait."""


def publish(name: str, event_class: type[Event]) -> None:
    """Register a name once and for ever. A name used twice, or badly formed, is a programming error."""
    if not _NAME.fullmatch(name):
        raise TypeError(f"{event_class.__name__}: {name!r} is not <noun>.<fact>.v<number>")
    if name in _classes:
        raise TypeError(f"{name} is published by both {_classes[name].__name__} and {event_class.__name__}")
    if name in _retired:
        raise TypeError(f"{name} is retired: {event_class.__name__} needs a new version")
    _classes[name] = event_class


def retire(name: str, successor: str) -> None:
    """`name` is written no more: an upcaster reads it as `successor`. It stays taken, and readable, for ever."""
    if name in _classes or name in _retired:
        raise TypeError(f"{name} is published, or retired already")
    if not _NAME.fullmatch(name) or name.rpartition(".")[0] != successor.rpartition(".")[0]:
        raise TypeError(f"{successor} is no later version of {name}")
    _retired[name] = successor


def retired() -> Mapping[str, str]:
    """The names that are only read, each with its successor."""
    return MappingProxyType(_retired)


def versions_of(event_class: type[Event]) -> list[str]:
    """Every name under which the log may hold this event, newest first: for SQL, which reads rows as written."""
    names = [event_class.NAME]
    while older := [name for name, successor in _retired.items() if successor in names and name not in names]:
        names += older
    return names


def class_of(name: str) -> type[Event]:
    """The class that a published name stands for, or UnknownName."""
    try:
        return _classes[name]
    except KeyError:
        raise UnknownName(name) from None
