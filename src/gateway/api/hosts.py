"""Which hosts we answer to. A foreign `Host` gets nothing: no link built from it, no answer cached under it."""

from __future__ import annotations

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.api.problems import problem
from gateway.settings import Settings

# Whoever looks after the process asks by its address; these say nothing of anybody.
_ANYWHERE: Final = frozenset({"/healthz", "/readyz"})


class Hosts:
    """ASGI: a request whose `Host` is absent, repeated or none of ours is answered 421, whatever it asks.

    Ours are PUBLIC_URL's and ALLOWED_HOSTS, on any port; without a PUBLIC_URL the loopback's alone. What proxies
    put into `X-Forwarded-Host` is not read.
    """

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in _ANYWHERE and not self._ours(scope):
            raise problem("unknown-host")
        await self._app(scope, receive, send)

    def _ours(self, scope: Scope) -> bool:
        given = [value for name, value in scope["headers"] if name == b"host"]
        return len(given) == 1 and self._settings.answers_to(_name(given[0].decode("latin-1")))


def _name(host: str) -> str:
    """The name or address of `host[:port]`, without the brackets of IPv6; empty where it is neither."""
    if host.startswith("["):
        name, _, rest = host[1:].partition("]")
    else:
        name, colon, port = host.partition(":")
        rest = colon + port
    return name if not rest or (rest[0] == ":" and rest[1:].isascii() and rest[1:].isdigit()) else ""
