"""The real S3 server with object lock that tests use: TEST_S3_ENDPOINT, TEST_S3_ACCESS_KEY, TEST_S3_SECRET_KEY."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from minio import Minio
from minio.commonconfig import ENABLED
from minio.versioningconfig import VersioningConfig

from ledger.vault.s3 import S3Store, client_of


class Server:
    """Where it is, and who may ask it. `at` gives the same server by another address."""

    def __init__(self, address: str, access_key: str, secret_key: str) -> None:
        self.address = address
        self.access_key = access_key
        self.secret_key = secret_key

    @classmethod
    def of_environment(cls) -> Server:
        """Skips where there is none, but not under CI."""
        endpoint = os.environ.get("TEST_S3_ENDPOINT")
        if not endpoint:
            if os.environ.get("CI"):
                pytest.fail("TEST_S3_ENDPOINT is not set: .ci/with-s3 starts a server")
            pytest.skip("no S3 server: .ci/with-s3 starts one")
        address = urlsplit(endpoint).netloc
        return cls(address, os.environ["TEST_S3_ACCESS_KEY"], os.environ["TEST_S3_SECRET_KEY"])

    def client(self) -> Minio:
        return client_of(self.address, self.access_key, self.secret_key, tls=False, region="us-east-1")

    def bucket(self, *, lock: bool = False, versions: bool = True) -> str:
        """A new bucket of its own. What is locked in it stays until the server is thrown away."""

        name = f"documents-{uuid4().hex[:20]}"
        self.client().make_bucket(name, object_lock=lock)
        if versions and not lock:
            self.client().set_bucket_versioning(name, VersioningConfig(ENABLED))
        return name

    def store(self, bucket: str, place: Path, *, lock: bool = False, at: str | None = None) -> S3Store:
        client = client_of(at or self.address, self.access_key, self.secret_key, tls=False, region="us-east-1")
        return S3Store(client, bucket, incoming=place / "incoming", lock=lock)

    def environment(self, bucket: str, *, lock: bool = False, at: str | None = None) -> dict[str, str]:
        """What a deployment sets to keep its documents here."""
        return {
            "S3_ENDPOINT": f"http://{at or self.address}/{bucket}",
            "S3_ACCESS_KEY": self.access_key,
            "S3_SECRET_KEY": self.secret_key,
            "S3_LOCK": "compliance" if lock else "none",
        }


class Wire:
    """A TCP connection to a server, blind to what passes, that can be made to fail.

    `refuse`: nobody listens. `stall_after` so many bytes more towards the server: nothing passes any more, on any
    connection. `drop_answer_to` a text in a request: once, the server hears it, and its answer is cut off.
    """

    def __init__(self, target: str) -> None:
        host, _, port = target.partition(":")
        self._target = host, int(port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.stall_after: int | None = None
        self.drop_answer_to: bytes | None = None
        self.dropped = 0
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def refuse(self) -> None:
        """From now on nobody is there."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept
        self._listener.close()
        for each in list(self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                inside, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(inside,), daemon=True).start()

    def _serve(self, inside: socket.socket) -> None:
        with closing(inside), closing(socket.create_connection(self._target)) as outside:
            self._open |= {inside, outside}
            cut = threading.Event()
            back = threading.Thread(target=self._back, args=(outside, inside, cut), daemon=True)
            back.start()
            self._forth(inside, outside, cut)
            with suppress(OSError):
                outside.shutdown(socket.SHUT_WR)
            back.join(60)
            self._open -= {inside, outside}

    def _forth(self, inside: socket.socket, outside: socket.socket, cut: threading.Event) -> None:
        with suppress(OSError):
            while data := inside.recv(65_536):
                if self.stall_after is not None:
                    self.stall_after -= len(data)
                    if self.stall_after < 0:
                        continue  # swallowed: the client waits for an answer that does not come
                if self.drop_answer_to is not None and self.drop_answer_to in data:
                    self.drop_answer_to = None
                    cut.set()
                outside.sendall(data)

    def _back(self, outside: socket.socket, inside: socket.socket, cut: threading.Event) -> None:
        with suppress(OSError):
            while data := outside.recv(65_536):
                if cut.is_set():
                    self.dropped += 1
                    inside.shutdown(socket.SHUT_RDWR)
                    return
                inside.sendall(data)
            inside.shutdown(socket.SHUT_WR)


@contextmanager
def wired(target: str):
    wire = Wire(target)
    try:
        yield wire
    finally:
        wire.refuse()
