"""The API's description (OpenAPI 3.1), as committed in `schemas/openapi.v1.json` and served at `/v1/openapi.json`.

python -m gateway.api > schemas/openapi.v1.json
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.responses import Response

from gateway.api import code_lists, examples, positions
from gateway.api.idempotency import HEADER as IDEMPOTENCY
from gateway.api.orders import OrderRoute
from gateway.api.problems import MEDIA_TYPE
from gateway.rights import PUBLIC
from ledger.organisation.events import OrganisationKind

VERSION: Final = "1"
router: Final = APIRouter()
_REF: Final = "#/components/schemas/{model}"
_ID: Final = {"type": "string", "format": "uuid"}
_SCHEMES: Final = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "session": {"type": "apiKey", "in": "cookie", "name": "__Host-session"},
    "csrf": {
        "type": "apiKey",
        "in": "header",
        "name": "X-CSRF-Token",
        "description": "Avec le cookie de session, pour tout ce qui modifie ; la valeur est donnée par /v1/session.",
    },
}
_WITHOUT_POSITION: Final = frozenset(
    {"sign-in", "oauth", "oidc", "terms", "tokens", "journal", "registrations", "fund"}
)
"""What is never an event is at no position of the log."""
_PATH_SCHEMAS: Final = {"kind": {"type": "string", "enum": [str(kind) for kind in OrganisationKind]}}
_PROBLEM: Final[Mapping[str, Any]] = {
    "type": "object",
    "description": "RFC 9457. Les types sont expliqués dans docs/api.md.",
    "required": ["type", "title", "status", "detail", "correlation_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "correlation_id": _ID,
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["in", "pointer", "code", "detail"],
                "properties": {
                    "in": {"enum": ["body", "query", "header"]},
                    "pointer": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


@router.get("/v1/openapi.json", include_in_schema=False)
async def served(request: Request) -> Response:
    """The same bytes as the committed file, made once."""
    state = request.app.state
    if not hasattr(state, "description"):
        state.description = as_text(request.app)
    return Response(state.description, media_type="application/json")


def as_text(app: FastAPI) -> bytes:
    """The description of the application, keys sorted, so that a difference is a change."""
    return orjson.dumps(description(app), option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def description(app: FastAPI) -> dict[str, Any]:
    """The whole description, with what the orders' routes read by themselves, problems, and an example of each."""
    described = get_openapi(title="dossier-ledger", version=VERSION, routes=app.routes)
    schemas = described.setdefault("components", {}).setdefault("schemas", {})
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    schemas["Problem"] = dict(_PROBLEM)
    described["components"]["securitySchemes"] = dict(_SCHEMES)
    described["security"] = [{"bearer": []}, {"session": [], "csrf": []}]
    _describe_orders(described, app.state.orders, app.state.bodies)
    code_lists.mark(schemas)
    described["x-code-lists"] = {name: list(each.labels) for name, each in code_lists.CODE_LISTS.items()}
    for operations in described["paths"].values():
        for operation in operations.values():
            _answer_problems(operation)
            if operation["operationId"] in PUBLIC:
                operation["security"] = []
            examples.add(operation, schemas)
    return described


def _describe_orders(
    described: dict[str, Any], routes: Sequence[OrderRoute], bodies: Sequence[type[BaseModel]]
) -> None:
    models = [*bodies, *(route.command for route in routes)]
    _, defined = models_json_schema([(model, "validation") for model in models], ref_template=_REF)
    definitions = defined.get("$defs", {})
    schemas = described["components"]["schemas"]
    commands = {route.command.__name__ for route in routes}
    schemas |= {name: schema for name, schema in definitions.items() if name not in commands}
    for route in routes:
        name = route.command.__name__
        schemas[name] = _without(definitions[name], route.path_names)
        operation = described["paths"][f"/v1{route.path}"]["post"]
        operation["parameters"] = [
            *(
                {"name": name, "in": "path", "required": True, "schema": _PATH_SCHEMAS.get(name, _ID)}
                for name in route.path_names
            ),
            {"name": IDEMPOTENCY, "in": "header", "required": True,
             "schema": {"type": "string", "minLength": 1, "maxLength": 200}},
            *([{"name": "If-Match", "in": "header", "schema": {"type": "string"}}] if route.names_a_stream else []),
        ]  # fmt: skip
        content = {"schema": {"$ref": _REF.format(model=name)}, "example": dict(route.example)}
        operation["requestBody"] = {"required": True, "content": {"application/json": content}}


def _without(schema: Mapping[str, Any], names: list[str]) -> dict[str, Any]:
    """The schema of the body: the ids that the path has are not in it. What is not in it is refused."""
    properties = {name: inner for name, inner in schema.get("properties", {}).items() if name not in names}
    required = [name for name in schema.get("required", []) if name not in names]
    rest = {name: inner for name, inner in schema.items() if name not in {"properties", "required"}}
    return {**rest, "properties": properties, **({"required": required} if required else {})}


def _answer_problems(operation: dict[str, Any]) -> None:
    operation["responses"].pop("422", None)
    operation["responses"]["default"] = {
        "description": "Problème",
        "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}},
    }
    if operation["tags"][-1] in _WITHOUT_POSITION:
        return
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            answer["headers"] = {
                positions.HEADER: {"schema": {"type": "integer"}, "description": "Position du journal."}
            }
