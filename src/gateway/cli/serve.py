"""`dossier-ledger serve`: the API."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Final

import typer
import uvicorn

from gateway.cli.deployment import DataDir, located
from gateway.cli.exits import CommandError, ExitCode
from gateway.cli.stopping import until_told
from gateway.live.server import Server
from gateway.settings import Settings
from gateway.vault.opening import proved

DRAIN_SECONDS: Final = 30  # what is under way is finished first; a client that never ends is not waited for


def serve(
    host: Annotated[str | None, typer.Option(help="Adresse d'écoute (sinon HOST, sinon 127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(help="Port d'écoute (sinon PORT, sinon 8000).")] = None,
    data_dir: DataDir = None,
) -> None:
    """Servir l'API, jusqu'à SIGTERM ou Ctrl-C."""
    with located(data_dir, create=True) as given:
        # People are sent to the port that answers, unless PUBLIC_URL says where they reach it.
        settings = replace(given, port=given.port if port is None else port)
        place = bound(host or settings.host, settings.port)
        proved(settings)
        with until_told():
            Api(settings).run(sockets=[place])


class Api(Server):
    """uvicorn over our application. `ready` is called once it answers; it ends as well when `until` is set."""

    def __init__(
        self, settings: Settings, *, ready: Callable[[], None] = lambda: None, until: threading.Event | None = None
    ) -> None:
        self._ready = ready
        self._until = until or threading.Event()
        # Imported late: the API takes as long to load as all else together, and no other command needs it.
        from gateway.api.app import create_app  # noqa: PLC0415 - as said

        application = create_app(settings)
        # No access log: uvicorn's would hold the raw query. Ours holds the route's template.
        super().__init__(
            uvicorn.Config(
                application,
                access_log=False,
                log_config=None,
                # Whom X-Forwarded-For is believed from is TRUSTED_PROXIES' to say; uvicorn would believe the loopback.
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=DRAIN_SECONDS,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit:
            raise CommandError("L'API n'a pas pu démarrer : voir le message au-dessus.") from None
        self._ready()

    async def on_tick(self, counter: int) -> bool:
        return self._until.is_set() or await super().on_tick(counter)


def bound(host: str, port: int) -> socket.socket:
    """A socket that holds the port, before anything long is begun; it listens later. CommandError where it is taken."""
    family, kind, protocol, _, address = _address(host, port)
    place = socket.socket(family, kind, protocol)
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        place.bind(address)
    except OSError:
        place.close()
        message = f"Le port {port} de {host} est pris ou interdit : choisissez-en un autre par PORT."
        raise CommandError(message, ExitCode.USAGE) from None
    place.set_inheritable(False)
    return place


def _address(host: str, port: int) -> tuple[Any, ...]:
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise CommandError(f"L'adresse {host} n'existe pas.", ExitCode.USAGE) from None
