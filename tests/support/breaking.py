"""What breaks those who rely on a released description of the API."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_REF = re.compile(r'"#/components/schemas/([^"]+)"')


def breaking_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What `old` promised and `new` does not keep: addresses, ids, parameters, fields, types, and new demands."""
    sent = _sent(new)
    return [*_operations(old, new), *_schemas(old["components"]["schemas"], new["components"]["schemas"], sent)]


def _operations(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for path, operations in old["paths"].items():
        for method, operation in operations.items():
            now = new["paths"].get(path, {}).get(method)
            if now is None:
                yield f"{method} {path} is gone"
                continue
            if now["operationId"] != operation["operationId"]:
                yield f"{method} {path} has another operationId"
            yield from _parameters(f"{method} {path}", operation, now)
            for status in operation["responses"].keys() - now["responses"].keys():
                yield f"{method} {path} no longer answers {status}"


def _parameters(where: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    before = {each["name"]: each for each in old.get("parameters", [])}
    after = {each["name"]: each for each in new.get("parameters", [])}
    for name in before.keys() - after.keys():
        yield f"{where}: parameter {name} is gone"
    for name, each in after.items():
        if each.get("required") and not before.get(name, {}).get("required"):
            yield f"{where}: parameter {name} is demanded"


def _schemas(old: Mapping[str, Any], new: Mapping[str, Any], sent: set[str]) -> Iterator[str]:
    for name, schema in old.items():
        now = new.get(name)
        if now is None:
            yield f"schema {name} is gone"
            continue
        yield from _fields(name, schema, now)
        for value in set(schema.get("enum", [])) - set(now.get("enum", [])):
            yield f"{name} no longer has {value}"
        if name in sent:
            for field in set(now.get("required", [])) - set(schema.get("required", [])):
                yield f"{name}.{field} is demanded"


def _fields(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for field, inner in old.get("properties", {}).items():
        other = new.get("properties", {}).get(field)
        if other is None:
            yield f"{name}.{field} is gone"
        elif _type(inner) != _type(other):
            yield f"{name}.{field} has another type"


def _type(schema: Mapping[str, Any]) -> Any:
    return {key: schema.get(key) for key in ("type", "format", "$ref", "anyOf")}


def _sent(described: Mapping[str, Any]) -> set[str]:
    """The schemas that callers send: what their bodies refer to, directly or not."""
    schemas = described["components"]["schemas"]
    waiting = _REF.findall(
        json.dumps([each.get("requestBody") for every in described["paths"].values() for each in every.values()])
    )
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _REF.findall(json.dumps(schemas.get(name, {})))
    return found
