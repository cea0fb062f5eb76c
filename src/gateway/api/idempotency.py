"""`Idempotency-Key`: each order has one, so that sending it again is harmless."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import orjson
from fastapi import Request

from gateway.api.problems import invalid
from ledger.application import IdempotencyKey

HEADER: Final = "Idempotency-Key"
_KEY: Final = re.compile(r"[\x21-\x7e]{1,200}")


def idempotency_key(request: Request, account_id: UUID, body: Mapping[str, Any], *, status: int) -> IdempotencyKey:
    """The request's key, scoped by account and route. `body` is what was asked, with the ids of the path: the same key
    on another dossier is another demand, and is refused. `status` is what a repeat is answered.
    """
    given = request.headers.get(HEADER)
    if given is None:
        raise invalid("header", f"/{HEADER}", "missing", "Cet en-tête est obligatoire pour toute action.")
    if _KEY.fullmatch(given) is None:
        raise invalid("header", f"/{HEADER}", "format", "La clé comporte 1 à 200 caractères ASCII imprimables.")
    route = f"{request.method} {request.scope['route'].path}"
    return IdempotencyKey(account_id=account_id, route=route, key=given, body=canonical(body), status=status)


def canonical(body: Mapping[str, Any]) -> bytes:
    """One text for equal demands: sorted keys, no spaces."""
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
