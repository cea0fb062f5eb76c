"""What every request goes through: a correlation id, a size limit, problems for answers, a log line, figures."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import structlog
from psycopg import OperationalError
from psycopg_pool import PoolTimeout
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api.limits import Limited
from gateway.api.metrics import Metrics
from gateway.api.problems import AnswerCut, Problem, of_refusal, problem
from gateway.vault.faults import TooManyDeposits, TooSlow
from ledger.kit.errors import Refusal
from ledger.kit.ids import uuid7
from ledger.vault.store import StoreUnavailable

Answer = Callable[[Request, Problem], Response]
"""How what was refused is told: as JSON, or on a page."""

CORRELATION: Final = "correlation-id"
_UUID: Final = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_log = structlog.get_logger("gateway.access")


class Envelope:
    """Pure ASGI: the routes' own middleware would cost as much as a route."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, json_limit_bytes: int, answer: Answer) -> None:
        self._app = app
        self._answer = answer
        self._metrics = metrics
        self._json_limit_bytes = json_limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send, self._json_limit_bytes, self._answer, metrics=self._metrics)
        try:
            await exchange.run(self._app)
        finally:
            self._note(exchange)

    def _note(self, exchange: _Exchange) -> None:
        seconds = time.perf_counter() - exchange.started
        route = exchange.route
        streamed = exchange.state.get("streamed", False)
        self._metrics.answered(exchange.method, route, exchange.status, None if streamed else seconds)
        _log.info(
            "request",
            method=exchange.method,
            route=route,
            status=exchange.status,
            ms=round(seconds * 1000, 1),
            correlation_id=str(exchange.correlation_id),
            account_id=exchange.state.get("account_id"),
        )


class _Exchange:
    """One request and its answer."""

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, limit_bytes: int, answer: Answer, *, metrics: Metrics
    ) -> None:
        self._answered = answer
        self._metrics = metrics
        self.started = time.perf_counter()
        self.status = 500
        self.correlation_id = _correlation_id(scope)
        self.state: dict[str, Any] = scope.setdefault("state", {})
        self._scope = scope
        self._send = send
        self._receive = Limited(receive, scope, limit_bytes)
        self._begun = False
        self.state["correlation_id"] = self.correlation_id
        self.state["limited"] = self._receive

    @property
    def method(self) -> str:
        """The method, or `other`: a caller could send any text, and it becomes a label."""
        method: str = self._scope["method"]
        return method if method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} else "other"

    @property
    def route(self) -> str:
        """The template of the route, never the path or the query."""
        return getattr(self._scope.get("route"), "path", "unknown")

    async def run(self, app: ASGIApp) -> None:
        try:
            await app(self._scope, self._receive, self.send)
        except Problem as refused:
            await self._answer(refused)
        except Refusal as refusal:
            await self._answer(of_refusal(refusal))
        except AnswerCut as cut:
            self.status = cut.status  # what was sent is incomplete, and looks it: the server cuts the connection
        except ClientDisconnect:
            self.status = 499  # nobody is there to be answered; the figure says how often
        except (OperationalError, PoolTimeout):
            _log.exception("database unavailable", correlation_id=str(self.correlation_id))
            await self._answer(problem("unavailable", headers={"Retry-After": "1"}))
        except TooManyDeposits:
            await self._answer(problem("unavailable", headers={"Retry-After": "5"}))
        except TooSlow:
            await self._answer(problem("too-slow"))
        except StoreUnavailable as unavailable:
            self._metrics.vault_fault("unavailable")
            _log.error("documents unavailable", reason=unavailable.reason, correlation_id=str(self.correlation_id))
            await self._answer(problem("vault-unavailable", headers={"Retry-After": "30"}))
        except Exception:  # noqa: BLE001 - the last one to see it: it is logged, and answered 500
            _log.exception("unexpected error", route=self.route, correlation_id=str(self.correlation_id))
            # An answer that has begun cannot be taken back: the server, finding it unfinished, cuts the connection.
            # Raised again, the exception would have its text logged by the server.
            await self._answer(problem("internal"))

    async def _answer(self, refused: Problem) -> None:
        if self._begun:
            self.status = refused.status  # what the client saw begin was cut
        else:
            await self._answered(Request(self._scope), refused)(self._scope, self._receive, self.send)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._begun = True
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers[CORRELATION] = str(self.correlation_id)
            headers["x-content-type-options"] = "nosniff"
            headers.setdefault("cache-control", "no-store")
            if self._scope["path"].startswith("/v1/"):
                headers.add_vary_header("Cookie")  # one address, as many answers as callers
        await self._send(message)


def _correlation_id(scope: Scope) -> UUID:
    """The caller's own `Correlation-Id` where it is a UUID, else a new one."""
    given = next((value for name, value in scope["headers"] if name == CORRELATION.encode()), b"")
    return UUID(given.decode()) if _UUID.fullmatch(given) else uuid7()
