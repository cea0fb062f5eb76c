"""The published events as JSON Schema (2020-12), generated into `schemas/<noun>/<fact>.v<n>.json`.

They describe the payload as it is stored: without the stream and the version, which are columns. A committed schema is
a promise: the tests fail when code and file differ, and `write` refuses to replace a schema by one that old events,
or whoever reads them, would not survive.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson

from ledger.kit.event import Event
from ledger.kit.names import published, retired

_COLUMNS: Final = ("originator_id", "originator_version")
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


class IncompatibleSchema(ValueError):
    """A released event would change. Publish a `v2` and teach the upcaster to read the old one."""


def schema_of(event_class: type[Event]) -> dict[str, Any]:
    """The payload's schema of one event."""
    schema = event_class.model_json_schema(mode="validation")
    for column in _COLUMNS:
        schema["properties"].pop(column)
    schema["required"] = [name for name in schema["required"] if name not in _COLUMNS]
    return {"$schema": _DIALECT, "$id": event_class.NAME, **schema}


def path_of(name: str) -> Path:
    """`dossier.agreement-issued.v1` is `dossier/agreement-issued.v1.json`."""
    noun, fact = name.split(".", 1)
    return Path(noun) / f"{fact}.json"


def generated() -> dict[Path, bytes]:
    """Every schema file as it should be, by its path under `schemas/`."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SORT_KEYS
    return {path_of(name): orjson.dumps(schema_of(cls), option=options) for name, cls in sorted(published.items())}


def drift(folder: Path) -> list[str]:
    """What differs between the code and the files, a line each; nothing when they agree.

    The schema of a retired name is kept as it was released: it says what the upcaster reads.
    """
    wanted = generated()
    kept = {path_of(name) for name in retired()}
    present = {path.relative_to(folder) for path in folder.glob("*/*.json")}
    return [
        *(f"absent: {path}" for path in sorted((wanted.keys() | kept) - present)),
        *(f"stranger: {path}" for path in sorted(present - wanted.keys() - kept)),
        *(
            f"differs: {path}"
            for path in sorted(wanted.keys() & present)
            if (folder / path).read_bytes() != wanted[path]
        ),
    ]


def write(folder: Path) -> list[Path]:
    """Write the files that differ; return their paths. IncompatibleSchema, and nothing written, where one may not."""
    changed = {
        path: text
        for path, text in generated().items()
        if not (folder / path).exists() or (folder / path).read_bytes() != text
    }
    broken = [
        f"{path}: {problem}"
        for path, text in changed.items()
        if (folder / path).exists()
        for problem in incompatibilities(orjson.loads((folder / path).read_bytes()), orjson.loads(text))
    ]
    if broken:
        raise IncompatibleSchema("\n".join(broken))
    for path, text in changed.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text)
    return list(changed)


def incompatibilities(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Why events written under `old` would not be read, or would be read otherwise, under `new`.

    A field may gain a description, and an optional field may be added; nothing else may change.
    """
    return list(_problems(old, new, old.get("$defs", {}), new.get("$defs", {})))


def _problems(
    old: dict[str, Any], new: dict[str, Any], old_defs: dict[str, Any], new_defs: dict[str, Any]
) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    required_before, required_after = set(old.get("required", ())), set(new.get("required", ()))
    for name in before:
        if name not in after:
            yield f"{name}: removed"
        elif _meaning(before[name], old_defs) != _meaning(after[name], new_defs):
            yield f"{name}: changed"
    for name in sorted((required_after - required_before) | (required_before - required_after)):
        yield f"{name}: {'now required' if name in required_after else 'no longer required'}"


def _meaning(schema: Any, definitions: dict[str, Any]) -> Any:
    """A schema with its references resolved and its titles and descriptions left out."""
    if isinstance(schema, list):
        return [_meaning(each, definitions) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        return _meaning({**definitions[name], **{k: v for k, v in schema.items() if k != "$ref"}}, definitions)
    return {k: _meaning(v, definitions) for k, v in schema.items() if k not in {"title", "description"}}
