"""Cross-origin requests of the portal's frontends, by an exact list (Fetch standard, « CORS protocol »).

Credentials are never allowed: the session's cookie is for its own origin alone, a frontend elsewhere has a token. An
origin that is not in the list gets the answer that it would get without asking, and its browser keeps it from the page.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS: Final = "DELETE, GET, HEAD, POST"
HEADERS: Final = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, If-Range, Last-Event-ID, Range"
EXPOSED: Final = (
    "Accept-Ranges, Content-Disposition, Correlation-Id, Content-Range, ETag, Ledger-Position, Location, Retry-After"
)
MAX_AGE_SECONDS: Final = 600
_PATHS: Final = ("/v1/", "/.well-known/oauth-authorization-server")


class Cors:
    """Lets the pages of `origins` (as browsers write them, compared as they stand) read the answers under `/v1/`, and
    how to come in.
    """

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        self._app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(_PATHS):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin", "")
        allowed = origin if origin in self._origins else None
        if allowed and scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await _preflight(allowed)(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                _mark(MutableHeaders(scope=message), allowed)
            await send(message)

        await self._app(scope, receive, sending)


def _preflight(origin: str) -> Response:
    """The same lists for every path: which routes there are is no secret, whether one is allowed is told when asked."""
    return Response(
        status_code=204,
        headers={
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": METHODS,
            "Access-Control-Allow-Headers": HEADERS,
            "Access-Control-Max-Age": str(MAX_AGE_SECONDS),
            "Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
        },
    )


def _mark(headers: MutableHeaders, allowed: str | None) -> None:
    # Said to every origin, or a cache would give one origin's answer to another.
    headers.add_vary_header("Origin")
    if allowed:
        headers["Access-Control-Allow-Origin"] = allowed
        headers["Access-Control-Expose-Headers"] = EXPOSED
