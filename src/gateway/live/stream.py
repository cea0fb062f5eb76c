"""The answer that does not end: server-sent events (WHATWG HTML, 9.2), one for each who listens."""

from __future__ import annotations

from typing import Any, Final

import anyio
import orjson
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.api.metrics import Metrics
from gateway.live.listener import Listener, News
from gateway.live.live import Live

MEDIA_TYPE: Final = "text/event-stream"
MOST_SECONDS: Final = 900
"""How long one answer lasts at most: whoever goes on listening comes in by the door again."""

BEAT_SECONDS: Final = 20.0
"""How often something is sent where there is nothing to say: proxies and telephones drop what is silent."""

SLOW_SECONDS: Final = 10.0
"""How long a client may take nothing before it is dropped."""

LAST_SECONDS: Final = 1.0
"""How long a last word may take: a process that stops does not wait for who does not read."""

RETRY_MS: Final = 5000


class EventStream(Response):
    """Tells `listener` what arrives, for `seconds` at most; `since` is what they know already."""

    def __init__(self, live: Live, listener: Listener, metrics: Metrics, *, since: int | None, seconds: int) -> None:
        self._live = live
        self._listener = listener
        self._metrics = metrics
        self._since = since
        self._seconds = seconds
        self._ended = "gone"
        super().__init__(media_type=MEDIA_TYPE, headers={"X-Accel-Buffering": "no", "Cache-Control": "no-store"})
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._live.listening(self._listener, self._since) as position:
            scope["state"]["streamed"] = True
            with self._metrics.streaming(lambda: self._ended):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._watch, receive, tasks.cancel_scope)
                    await self._tell(position, send, tasks.cancel_scope)
                    tasks.cancel_scope.cancel()
        if self._ended == "slow":
            raise ClientDisconnect

    async def _watch(self, receive: Receive, scope: anyio.CancelScope) -> None:
        """Until the client has gone."""
        while (await receive())["type"] != "http.disconnect":
            pass
        scope.cancel()

    async def _tell(self, position: int, send: Send, scope: anyio.CancelScope) -> None:
        self.headers["Ledger-Position"] = str(position)
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await self._write(send, b"retry: %d\n\nid: %d\n\n" % (RETRY_MS, position), scope)
        deadline = anyio.current_time() + self._seconds
        while self._ended == "gone":
            left = max(0.0, deadline - anyio.current_time())
            news = await self._listener.news(min(BEAT_SECONDS, left))
            if news.ended is None and anyio.current_time() >= deadline:
                news = News(news.dossiers, news.transfers, news.lost, "over")
            await self._write(send, self._blocks(news), scope)
            self._ended = news.ended or self._ended
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _write(self, send: Send, text: bytes, scope: anyio.CancelScope) -> None:
        """Hand it over; who takes nothing for too long is dropped, as who has gone is."""
        last = self._listener.ended
        try:
            with anyio.fail_after(LAST_SECONDS if last else SLOW_SECONDS):
                await send({"type": "http.response.body", "body": text, "more_body": True})
        except OSError as error:  # a TimeoutError is one; a server may also say by another that nobody is there
            self._ended = "slow" if isinstance(error, TimeoutError) else "gone"
            scope.cancel()
            await anyio.lowlevel.checkpoint()

    def _blocks(self, news: News) -> bytes:
        """What is said of the news; without any, the position alone, of which browsers make no event."""
        position = max(self._listener.since, self._live.hub.position or 0)
        said: list[tuple[str, Any]] = []
        if news.lost:
            said.append(("reset", {}))
        if news.dossiers or news.transfers:
            said.append(("change", {"dossiers": news.dossiers, "transfers": news.transfers}))
        if news.ended is not None:
            said.append(("end", {"reason": news.ended}))
        if not said:
            return b"id: %d\n\n" % position
        return b"".join(
            b"id: %d\nevent: %s\ndata: %s\n\n" % (position, name.encode(), orjson.dumps(data)) for name, data in said
        )
