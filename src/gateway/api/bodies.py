"""JSON bodies: read within the limit, as strict JSON, and made into a command without ever quoting what was sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, TypeVar

import orjson
from fastapi import Request
from pydantic import BaseModel, ValidationError

from gateway.api.problems import Fault, problem
from gateway.api.validation import invalid_input, pointer

M = TypeVar("M", bound=BaseModel)
_JSON: Final = "application/json"
_NUL: Final = "Le caractère nul est interdit."


async def json_object(request: Request) -> dict[str, Any]:
    """The request's body, a JSON object: valid UTF-8, no lone surrogate, no NaN, no NUL, no name given twice, nested
    250 deep at most.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
        raise problem("unsupported-media-type")
    raw = await request.body()
    try:
        body = orjson.loads(raw)
        orjson.dumps(body)  # its own limit of depth, below which nothing of ours recurses too far
    except (orjson.JSONDecodeError, TypeError):
        raise problem("malformed-json") from None
    if not isinstance(body, dict):
        raise problem("invalid", Fault("body", "", "model-type", "Un objet JSON est attendu."))
    json.loads(raw, object_pairs_hook=_refuse_repeated, parse_int=str, parse_float=str)  # for its names alone
    if b"\\u0000" in raw:
        _refuse_nul(body)
    return body


def parse(model: type[M], body: Mapping[str, Any]) -> M:
    """The model of a JSON object, strictly: no number for a text, no text for a number, no number for a date."""
    try:
        return model.model_validate_json(orjson.dumps(body), strict=True)
    except ValidationError as error:
        raise invalid_input(error.errors(include_url=False, include_input=False), "body") from None


def _refuse_repeated(pairs: list[tuple[str, Any]]) -> None:
    """Of two amounts under one name whoever reads next may take the other one (RFC 8259, 4): neither is taken."""
    if len({name for name, _ in pairs}) < len(pairs):
        raise problem("malformed-json")


def _refuse_nul(body: dict[str, Any]) -> None:
    # PostgreSQL's text cannot hold it; a value that could only fail later is refused here, with its place.
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), body)]
    while waiting:
        location, value = waiting.pop()
        if isinstance(value, dict):
            if any("\x00" in name for name in value):
                raise problem("invalid", Fault("body", pointer(location), "nul", _NUL))
            waiting.extend(((*location, name), inner) for name, inner in value.items())
        elif isinstance(value, list):
            waiting.extend(((*location, index), inner) for index, inner in enumerate(value))
        elif isinstance(value, str) and "\x00" in value:
            raise problem("invalid", Fault("body", pointer(location), "nul", _NUL))
