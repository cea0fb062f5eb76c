"""A server of plain files on an origin of its own, as a frontend of another team would have one."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class _Files(SimpleHTTPRequestHandler):
    def __init__(self, *args: Any, policy: str, **options: Any) -> None:
        self._policy = policy
        super().__init__(*args, **options)

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", self._policy)
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *args: Any) -> None:
        """Nothing: it would stand between the test's own lines."""


@contextmanager
def served_files(place: Path, *, port: int, policy: str, files: Mapping[str, str]) -> Iterator[str]:
    """`place` on a port of the loopback, with `files` written into it first; the origin as a browser has it."""
    for name, text in files.items():
        (place / name).write_text(text, encoding="utf-8")
    handler = partial(_Files, directory=str(place), policy=policy)
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
