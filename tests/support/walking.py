"""Every route of the application, in the description or not, by its row of rights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from fastapi import FastAPI

UNGUARDED: Final = frozenset({"/healthz", "/readyz", "/v1/openapi.json"})
"""Whoever watches the processes, and whoever writes a frontend: nothing of anybody's is told there."""


@dataclass(frozen=True)
class Walked:
    """A route: `action` is its operationId or, where it is in no description, its name."""

    method: str
    path: str
    action: str


def walk(app: FastAPI) -> list[Walked]:
    """All of them; one that is answered for several methods is there several times, HEAD aside."""
    return [
        Walked(method, route.path, str(getattr(route, "operation_id", None) or route.name))
        for route in _leaves(app.routes)
        if route.path not in UNGUARDED
        for method in sorted(route.methods - {"HEAD"})
    ]


def _leaves(routes: Iterable[Any]) -> Iterator[Any]:
    """Routes are wrapped where a router was included; what is neither that nor a route is for a person to look at."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from _leaves(inner.routes)
        else:
            assert hasattr(route, "methods"), f"what is {route!r}?"
            yield route
