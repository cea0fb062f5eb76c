"""How a route that is no order describes its JSON body: the model by name, with an example."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel

BODIES: Final[list[type[BaseModel]]] = []
"""Models of bodies, in the order in which the routes' modules were imported; the description defines each."""


def body(model: type[BaseModel], example: Mapping[str, Any]) -> dict[str, Any]:
    """For a route's `openapi_extra`. The route itself reads it with `parse(model, await json_object(request))`."""
    if model not in BODIES:
        BODIES.append(model)
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    content = {"application/json": {"schema": schema, "example": dict(example)}}
    return {"requestBody": {"required": True, "content": content}}
