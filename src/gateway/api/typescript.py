"""The API's client for TypeScript, made from its description: every shape, and one method for each operation.

    python -m gateway.api.typescript > docs/client/ledger.ts

How a request is sent stands in `docs/client/http.ts`, written by hand; why no generator of npm's is used, in
`docs/decisions/0008-typescript-client.md`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

from gateway.api.app import build
from gateway.api.code_lists import EXTENSION
from gateway.api.openapi import as_text

_Schema = Mapping[str, Any]
_HEAD: Final = """\
// The ledger's API, made from schemas/openapi.v1.json by `python -m gateway.api.typescript`: not to be edited.
import { type Answer, type Asking, Connection, type Ordering, type ServerEvent } from "./http.js";

/** A UUID. */
export type Id = string;
/** `2026-09-01`: a day in Paris. */
export type Day = string;
/** `2026-09-01T08:30:00Z`: an instant. */
export type Instant = string;
"""
_FORMATS: Final = {"uuid": "Id", "date": "Day", "date-time": "Instant", "binary": "Blob"}
_PLAIN: Final = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
_KINDS: Final = {
    "application/json": "json",
    "application/x-www-form-urlencoded": "form",
    "multipart/form-data": "multipart",
}
_ANSWERS: Final = {"application/json": "send", "text/event-stream": "events"}
_IDENTIFIER: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


def as_typescript(described: Mapping[str, Any]) -> str:
    """The whole module."""
    schemas = described["components"]["schemas"]
    parts = [_HEAD, _codes(described["x-code-lists"])]
    parts += [_shape(name, schema) for name, schema in schemas.items()]
    parts.append("export class Ledger {\n  constructor(readonly connection: Connection) {}\n")
    parts += [method for method in _methods(described["paths"]) if method]
    return "\n".join(parts) + "}\n"


def method_name(operation_id: str) -> str:
    """`list_dossiers` is `listDossiers`."""
    first, *rest = operation_id.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _codes(lists: Mapping[str, list[str]]) -> str:
    """The reference lists: a newer gateway may have codes that this file does not, so that a choice has an else."""
    lines = [f"  {_key(name)}: {' | '.join(map(json.dumps, codes))};" for name, codes in sorted(lists.items())]
    return "\n".join([_said(_codes.__doc__), "export interface Codes {", *lines, "}", ""])


def _shape(name: str, schema: _Schema) -> str:
    said = _said(schema.get("description"))
    if name == "Coded":
        return f"{said}\nexport interface Coded<C extends string = string> {{\n  code: C;\n  label: string;\n}}\n"
    if schema.get("properties"):
        return f"{said}\nexport interface {_name(name)} {_object(schema, '')}\n".lstrip("\n")
    return f"{said}\nexport type {_name(name)} = {_type(schema)};\n".lstrip("\n")


def _name(name: str) -> str:
    """`Items_DossierRow_` is `ItemsOfDossierRow`."""
    return name.rstrip("_").replace("_", "Of")


def _type(schema: _Schema, indent: str = "", codes: str | None = None) -> str:
    codes = schema.get(EXTENSION, codes)
    if "$ref" in schema:
        name = _name(schema["$ref"].rpartition("/")[2])
        return f"Coded<Codes[{json.dumps(codes)}]>" if codes and name == "Coded" else name
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type(each, indent, codes) for each in schema["anyOf"]))
    if "const" in schema or "enum" in schema:
        return " | ".join(json.dumps(each, ensure_ascii=False) for each in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        inner = _type(schema.get("items", {}), indent, codes)
        return f"({inner})[]" if " | " in inner else f"{inner}[]"
    if "properties" in schema:
        return _object(schema, indent)
    if schema.get("type") == "object" or "additionalProperties" in schema:
        return f"Record<string, {_type(_values(schema), indent, codes)}>"
    return _FORMATS.get(schema.get("format", "")) or _PLAIN.get(schema.get("type", ""), "unknown")


def _values(schema: _Schema) -> _Schema:
    more = schema.get("additionalProperties")
    return more if isinstance(more, Mapping) else {}


def _object(schema: _Schema, indent: str) -> str:
    """Its fields, one line each; what is not required may be left out."""
    required = schema.get("required", ())
    lines = [
        f"{indent}  {_key(name)}{'' if name in required else '?'}: {_type(inner, indent + '  ')};"
        for name, inner in schema.get("properties", {}).items()
    ]
    return "\n".join(["{", *lines, f"{indent}}}"]) if lines else "Record<string, never>"


def _methods(paths: Mapping[str, Any]) -> Iterator[str]:
    for path, operations in paths.items():
        for verb, operation in operations.items():
            yield _method(verb.upper(), path, operation)


def _method(verb: str, path: str, operation: _Schema) -> str:
    """Empty for what a browser is sent to, and no script asks for."""
    answered = next((each for status, each in operation["responses"].items() if status.startswith("2")), None)
    if answered is None:
        return ""
    media, kind = _content(answered)
    send = _ANSWERS.get(media) or ("bytes" if kind.get("schema", {}).get("format") == "binary" else "send")
    given = {"bytes": "Promise<Answer<Blob>>", "events": "AsyncGenerator<ServerEvent>"}
    result = given.get(send) or f"Promise<Answer<{_type(kind['schema'], '  ') if media else 'void'}>>"
    request, sent = _request(operation)
    ordered = any(each["name"] == "Idempotency-Key" for each in operation.get("parameters", []))
    more = "options: Ordering" if ordered else "options: Asking = {}"
    generic = f"<{result[len('Promise<Answer<') : -2]}>" if send == "send" else ""
    call = f"{send}{generic}({json.dumps(verb)}, {json.dumps(path)}, request, options{sent})"
    said = _said(f"{operation['summary']}: `{verb} {path}`", "  ")
    name = method_name(operation["operationId"])
    return f"{said}\n  {name}({request}, {more}): {result} {{\n    return this.connection.{call};\n  }}\n"


def _content(told: _Schema) -> tuple[str, _Schema]:
    """The first media type of a body or an answer, with what it holds; empty where there is none."""
    return next(iter(told.get("content", {}).items()), ("", {}))


def _request(operation: _Schema) -> tuple[str, str]:
    """The first parameter of the method, and how its body is sent where that is not JSON."""
    fields = [
        f"{_key(each['name'])}{'' if each.get('required') else '?'}: {_sent(each['schema'])}"
        for each in operation.get("parameters", [])
        if each["in"] in {"path", "query"}
    ]
    media, content = _content(operation.get("requestBody", {}))
    fields += [f"body: {_type(content['schema'], '  ')}"] if media else []
    kind = _KINDS.get(media, "json")
    optional = not any(re.match(r"\w+:", each) for each in fields)
    text = "{ " + "; ".join(fields) + " }" if fields else "Record<string, never>"
    return f"request: {text}{' = {}' if optional else ''}", "" if kind == "json" else f", {json.dumps(kind)}"


def _sent(schema: _Schema) -> str:
    """In an address there is no null: one leaves the parameter out."""
    return " | ".join(each for each in _type(schema).split(" | ") if each != "null")


def _key(name: str) -> str:
    return name if _IDENTIFIER.fullmatch(name) else json.dumps(name)


def _said(text: str | None, indent: str = "") -> str:
    lines = [line.strip().replace("*/", "* /") for line in (text or "").splitlines() if line.strip()]
    if len(lines) < 2:
        return f"{indent}/** {lines[0]} */" if lines else ""
    return "\n".join([f"{indent}/**", *(f"{indent} * {line}" for line in lines), f"{indent} */"])


if __name__ == "__main__":
    sys.stdout.buffer.write(as_typescript(json.loads(as_text(build()))).encode())
