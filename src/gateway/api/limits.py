"""How much a request may send. Counted as it comes in: a Content-Length is a claim, not a measure."""

from __future__ import annotations

from starlette.types import Message, Receive, Scope

from gateway.api.problems import problem


class Limited:
    """A `receive` that refuses the byte that goes over `limit_bytes`; routes that take files raise their own limit."""

    def __init__(self, receive: Receive, scope: Scope, limit_bytes: int) -> None:
        self._receive = receive
        self._claimed = _content_length(scope)
        self.limit_bytes = limit_bytes
        self.received_bytes = 0

    async def __call__(self) -> Message:
        if self._claimed > self.limit_bytes:
            raise problem("too-large")
        message = await self._receive()
        if message["type"] == "http.request":
            self.received_bytes += len(message.get("body", b""))
            if self.received_bytes > self.limit_bytes:
                raise problem("too-large")
        return message


def _content_length(scope: Scope) -> int:
    text = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(text) if text.isdigit() and len(text) < 20 else 0
