"""The application: routes, envelope, one place where refusals and validation errors become problems."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gateway import logging
from gateway.api import health, openapi
from gateway.api.cors import Cors
from gateway.api.described import BODIES
from gateway.api.envelope import Envelope
from gateway.api.hosts import Hosts
from gateway.api.metrics import Metrics, StateCollector
from gateway.api.nouns import OFFERING, ORDERS, ROUTERS
from gateway.api.preview import drawing_places
from gateway.api.problems import Fault, Place, Problem, not_found, of_refusal, problem
from gateway.api.validation import faults
from gateway.live.live import Live
from gateway.portal.refused import answered
from gateway.service import serving
from gateway.settings import JSON_LIMIT_BYTES, Settings
from gateway.typesetting.typesetting import Typesetting
from gateway.vault.depositing import Deposits
from ledger.kit.errors import Refusal

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
_PLACES: dict[str, Place] = {"query": "query", "header": "header", "body": "body"}


def create_app(settings: Settings | None = None) -> FastAPI:
    """The gateway's application, for `settings` or the environment's. It opens its databases when it starts."""
    settings = settings or Settings.from_environment()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        logging.configure(settings.log_level)
        metrics: Metrics = app.state.metrics
        async with serving(settings) as service, Live(service) as live:
            app.state.service, app.state.live = service, live
            app.state.deposits, app.state.drawing = Deposits(service, metrics.commanded), drawing_places()
            app.state.typesetting = Typesetting()
            metrics.registry.register(StateCollector(service))
            with metrics.listening(settings.metrics_host, settings.metrics_port):
                yield

    return build(lifespan, settings=settings)


def build(lifespan: Lifespan | None = None, *, settings: Settings | None = None) -> FastAPI:
    """The routes and what surrounds them, with nothing open: enough, without settings, to describe the API."""
    # No interactive pages: they would load scripts from elsewhere. The schema itself is served below.
    app = FastAPI(
        title="dossier-ledger",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.metrics = metrics = Metrics()
    app.state.orders = [route for orders in ORDERS for route in orders.routes]
    app.state.bodies = BODIES
    app.state.offering = OFFERING
    for router in _routers():
        app.include_router(router)
    _answer_problems(app)
    # The last one added is the outermost: Envelope, Hosts, Cors, then the routes.
    if settings is not None:
        app.add_middleware(Cors, origins=[frontend.origin for frontend in settings.frontends])
        app.add_middleware(Hosts, settings=settings)
    limit = JSON_LIMIT_BYTES if settings is None else settings.json_limit_bytes
    app.add_middleware(Envelope, metrics=metrics, json_limit_bytes=limit, answer=_answer)
    return app


def _routers() -> list[APIRouter]:
    return [health.router, openapi.router, *ROUTERS, *(orders.router for orders in ORDERS)]


def _answer_problems(app: FastAPI) -> None:
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(Refusal, _problem)
    app.add_exception_handler(RequestValidationError, _problem)
    app.add_exception_handler(HTTPException, _problem)


def _answer(request: Request, refused: Problem) -> Response:
    """A page for people, JSON for programs."""
    return answered(request, refused) or refused.response(str(request.state.correlation_id))


async def _problem(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException) and error.status_code == 405:
        error.headers = {"Allow": ", ".join(_methods(request))}
    place: Place = "query" if request.method == "GET" else "body"
    return _answer(request, problem_of(error, place))


def _methods(request: Request) -> list[str]:
    """The methods of every route of the path: one path has its question and its order in two routes."""
    routes = [route for router in _routers() for route in router.routes if isinstance(route, APIRoute)]
    found = [route.methods for route in routes if route.path_regex.match(request.url.path)]
    return sorted({method for methods in found for method in methods or ()})


def problem_of(error: Any, place: Place) -> Problem:
    """The problem that answers an exception which is an answer; `place` is where its input came from."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, Refusal):
        return of_refusal(error, place=place)
    if isinstance(error, RequestValidationError):
        return _of_validation(error)
    if error.status_code == 400:
        return problem("malformed-form")
    if error.status_code == 405:
        return problem("method-not-allowed", headers=error.headers)
    return not_found()


def _of_validation(error: RequestValidationError) -> Problem:
    """An id that is none names nothing: it is not found. Everything else names its parameter and the rule."""
    found: list[Fault] = []
    for each in error.errors():
        where, *location = each["loc"]
        if where == "path":
            return not_found()
        found += faults([{**each, "loc": location}], _PLACES[where])
    return problem("invalid", *found)
