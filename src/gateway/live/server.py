"""A server that ends its streams before it waits for its connections: it stops at once, whoever listens."""

from __future__ import annotations

import socket

import uvicorn

from gateway.live.live import Live


class Server(uvicorn.Server):
    """uvicorn over an application whose `state.live` is there while it serves."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        live: Live | None = getattr(getattr(self.config.app, "state", None), "live", None)
        if live is not None:
            live.close()
        await super().shutdown(sockets)
