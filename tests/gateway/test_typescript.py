"""The client for TypeScript is the API's description in other words: committed, whole, and never behind."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.api.app import build
from gateway.api.openapi import as_text
from gateway.api.typescript import as_typescript, method_name

COMMITTED = Path(__file__).parents[2] / "docs" / "client" / "ledger.ts"
LED_TO = {"authorize_frontend", "start_oidc", "finish_oidc"}
"""A browser is sent there; no script asks."""


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(as_text(build()))
    return found


def test_the_committed_client_is_the_descriptions(described: dict[str, Any]):
    """After a wanted change: `python -m gateway.api.typescript > docs/client/ledger.ts`."""
    assert COMMITTED.read_text(encoding="utf-8") == as_typescript(described), (
        "docs/client/ledger.ts is behind: python -m gateway.api.typescript > docs/client/ledger.ts"
    )


def test_each_operation_has_its_method_and_each_shape_its_type(described: dict[str, Any]):
    client = COMMITTED.read_text(encoding="utf-8")
    methods = re.findall(r"^  (\w+)\(request: ", client, re.MULTILINE)
    operations = {each["operationId"] for each in _operations(described)}
    assert operations > LED_TO
    assert sorted(methods) == sorted(method_name(each) for each in operations - LED_TO)
    assert len(set(methods)) == len(methods)
    shapes = re.findall(r"^export (?:interface|type) (\w+)", client, re.MULTILINE)
    assert len(set(shapes)) == len(shapes)
    assert len(shapes) == len(described["components"]["schemas"]) + len(["Id", "Day", "Instant", "Codes"])


def test_what_is_recorded_cannot_be_ordered_without_a_key(described: dict[str, Any]):
    """The type says what the ledger insists on: `Idempotency-Key`."""
    client = COMMITTED.read_text(encoding="utf-8")
    for each in _operations(described):
        keyed = any(parameter["name"] == "Idempotency-Key" for parameter in each.get("parameters", []))
        if each["operationId"] not in LED_TO:
            declared = re.search(
                rf"^  {method_name(each['operationId'])}\(.*?\n?.*?options: (\w+)", client, re.MULTILINE | re.DOTALL
            )
            assert declared is not None
            assert declared[1] == ("Ordering" if keyed else "Asking"), each["operationId"]


def test_shapes_are_written_as_typescript_has_them():
    """Null, lists of choices, codes of a list, what may be left out, maps, names that are no identifiers."""
    shape = {
        "type": "object",
        "description": "One.\n\nTwo */ three.",
        "required": ["a", "b-c"],
        "properties": {
            "a": {"anyOf": [{"type": "string", "format": "uuid"}, {"type": "null"}]},
            "b-c": {"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "string", "format": "date"}]}},
            "d": {"$ref": "#/components/schemas/Coded", "x-codes": "schemes"},
            "e": {"type": "object", "additionalProperties": {"type": "boolean"}},
            "f": {"enum": ["x", "é"]},
        },
    }
    written = as_typescript(_description({"Items_Shape_": shape}))
    assert "/**\n * One.\n * Two * / three.\n */\nexport interface ItemsOfShape {\n" in written
    for line in (
        "  a: Id | null;",
        '  "b-c": (number | Day)[];',
        '  d?: Coded<Codes["schemes"]>;',
        "  e?: Record<string, boolean>;",
        '  f?: "x" | "é";',
        '  schemes: "PLAN" | "C PRO";',
    ):
        assert line in written.splitlines(), line


def _description(schemas: Mapping[str, Any]) -> dict[str, Any]:
    return {"components": {"schemas": schemas}, "x-code-lists": {"schemes": ["PLAN", "C PRO"]}, "paths": {}}


def _operations(described: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [each for operations in described["paths"].values() for each in operations.values()]
