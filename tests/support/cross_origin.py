"""A portal frontend on an origin of its own, and what a browser lets its page do there (Fetch standard, « CORS »)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from httpx import Client, Response

_SAFE_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}
_SAFE_HEADERS = {"accept", "accept-language", "content-language"}
_SAFE_METHODS = {"GET", "HEAD", "POST"}
_ALWAYS_READABLE = {"cache-control", "content-language", "content-length", "content-type", "expires", "pragma"}


class BlockedByBrowser(Exception):
    """The page may not ask this, or may not read the answer."""


@dataclass
class Frontend:
    """A server that serves the frontend's page, and keeps what the browser was sent back with."""

    origin: str
    arrived: list[dict[str, str]] = field(default_factory=list)

    @property
    def callback(self) -> str:
        return f"{self.origin}/retour"


@dataclass
class Page:
    """Scripts of a page of `origin`, in a browser that keeps the rules of cross-origin requests."""

    client: Client
    origin: str

    def fetch(self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> Response:
        """The answer, as far as the page may read it; BlockedByBrowser where the browser steps in."""
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        if "json" in options:
            sent.setdefault("content-type", "application/json")
        named = {name for name in sent if name not in _SAFE_HEADERS and not _is_safe_type(name, sent[name])}
        if named or method not in _SAFE_METHODS:
            self._ask_first(method, path, named)
        answer = self.client.request(method, path, headers={**sent, "Origin": self.origin}, **options)
        self._allowed(answer)
        return answer

    def readable(self, answer: Response) -> set[str]:
        """The headers of an answer that the page's scripts see."""
        exposed = {each.strip().lower() for each in answer.headers.get("access-control-expose-headers", "").split(",")}
        return {name for name in answer.headers if name in _ALWAYS_READABLE | exposed}

    def _ask_first(self, method: str, path: str, named: set[str]) -> None:
        asked = {"Origin": self.origin, "Access-Control-Request-Method": method}
        if named:
            asked["Access-Control-Request-Headers"] = ",".join(sorted(named))
        answer = self.client.options(path, headers=asked)
        self._allowed(answer)
        methods = {each.strip() for each in answer.headers.get("access-control-allow-methods", "").split(",")}
        allowed = {each.strip().lower() for each in answer.headers.get("access-control-allow-headers", "").split(",")}
        if not answer.is_success or (method not in methods | _SAFE_METHODS) or not named <= allowed:
            raise BlockedByBrowser(f"{method} {path} {named}")

    def _allowed(self, answer: Response) -> None:
        if answer.headers.get("access-control-allow-origin") != self.origin:
            raise BlockedByBrowser(str(answer.request.url))


def _is_safe_type(name: str, value: str) -> bool:
    return name == "content-type" and value.partition(";")[0].strip() in _SAFE_TYPES


@contextmanager
def frontend() -> Iterator[Frontend]:
    """A frontend on a port of the loopback: another origin than the gateway's."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            served.arrived.append({name: values[0] for name, values in query.items()})
            self.send_response(200)
            self.end_headers()
            self.wfile.write("<!doctype html><title>Portail du Modèle</title>".encode())

        def log_message(self, *args: Any) -> None:
            """Nothing: it would stand between the test's own lines."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = Frontend(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
