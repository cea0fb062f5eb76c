"""Opening the sealed fields that a projector reads in clear, a batch at a time. Folds never see a key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from ledger.kit.personal import PREFIX, Erased, Personal
from projections.engine.entry import Entry


class Opener(Protocol):
    """What of the keyring the engine uses."""

    def open_many(self, sealed: Iterable[Personal[Any]]) -> list[str | Erased]:
        """Clear texts in order, erased ones as ERASED."""


def opened(entries: Sequence[Entry], fields: Iterable[str], keyring: Opener) -> list[Entry]:
    """The entries with these payload fields (dotted where nested) in clear, None once erased; others are the same."""
    paths = [tuple(field.split(".")) for field in sorted(fields)]
    places = [
        (at, path, box) for at, entry in enumerate(entries) for path in paths if (box := _sealed(entry.data, path))
    ]
    clear = keyring.open_many([Personal.parse(sealed) for _, _, sealed in places])
    result = list(entries)
    copied = -1
    for (at, path, _), text in zip(places, clear, strict=True):
        value = None if isinstance(text, Erased) else text
        if len(path) == 1 and at == copied:
            result[at].data[path[0]] = value  # the copy that the field before has made
        else:
            result[at] = _with_data(result[at], _with(result[at].data, path, value))
            copied = at
    return result


def _with_data(entry: Entry, data: dict[str, Any]) -> Entry:
    # `dataclasses.replace` takes five times as long.
    return Entry(entry.position, entry.id, entry.version, entry.name, entry.recorded_at, entry.actor, data)


def _sealed(data: Any, path: tuple[str, ...]) -> str | None:
    for name in path:
        if not isinstance(data, dict):
            return None
        data = data.get(name)
    return data if isinstance(data, str) and data.startswith(PREFIX) else None


def _with(data: Mapping[str, Any], path: tuple[str, ...], value: str | None) -> dict[str, Any]:
    # Copies along the path: other projectors are given the same entry, sealed.
    name, *rest = path
    return {**data, name: _with(data[name], tuple(rest), value) if rest else value}
