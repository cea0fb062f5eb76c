"""The page: 50 dossiers out of 100,000 visible, from the real gateway, against a bare one."""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from benchmarks import load
from benchmarks.dossiers import ACCOUNT, fill
from benchmarks.figures import ROUNDS, Benchmark, Figure, databases
from gateway.auth import TokenStore
from gateway.auth import migrate as migrate_auth
from ledger.log.database import Database
from projections.engine.schema import install
from projections.registry import ALL
from support.databases import Cluster

VISIBLE: Final = 100_000
PATH: Final = "/v1/dossiers"
_CONNECTIONS: Final = 16
_SECONDS: Final = 4.0
_MASTER_KEY: Final = {"LEDGER_MASTER_KEY": base64.b64encode(b"m" * 32).decode()}
_TESTS: Final = str(Path(__file__).parents[1])


def run(server: Cluster) -> Figure:
    """Pages a second, ours and the bare handler's, measured in turn on one database."""
    with databases(server) as (url, keys_url, _):
        header = filled(url, VISIBLE)
        with gateway(url, keys_url) as ours, bare(url) as theirs:
            check(ours, header, VISIBLE)
            pairs = [(pages(ours, PATH, header), pages(theirs, "/", "Accept: application/json")) for _ in range(ROUNDS)]
    return Figure(sum(o for o, _ in pairs) / ROUNDS, sum(t for _, t in pairs) / ROUNDS)


def filled(url: str, count: int, *, with_log: bool = False) -> str:
    """Read models with so many dossiers in one provider's sight, and the header by which it is known."""
    migrate_auth(url)
    install(url, ALL)
    fill(url, count, with_log=with_log)
    with Database(url) as database:
        secret, _ = TokenStore(database).create(ACCOUNT, label="bench")
    return f"Authorization: Bearer {secret}"


def pages(port: int, path: str, header: str) -> float:
    return load.rate(port, path, connections=_CONNECTIONS, seconds=_SECONDS, header=header)


def check(port: int, header: str, count: int) -> None:
    """The correctness gate: the counters hold every dossier, and five pages on, none came twice."""
    name, _, value = header.partition(": ")
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(5):
        answer = httpx.get(
            f"http://127.0.0.1:{port}{PATH}", params=cursor and {"cursor": cursor}, headers={name: value}
        )
        body: dict[str, Any] = answer.raise_for_status().json()
        seen += [item["dossier_id"] for item in body["items"]]
        cursor = body["next_cursor"]
    if (body["total"], body["counters"]["total"], len(seen), len(set(seen))) != (count, count, 250, 250):
        raise SystemExit(f"the pages are wrong: {body['total']} in all, {len(set(seen))} of 250 seen")


@contextmanager
def gateway(url: str, keys_url: str) -> Iterator[int]:
    """The real gateway as a process: its port."""
    with tempfile.TemporaryDirectory() as data_dir:
        command = [str(Path(sys.executable).with_name("dossier-ledger")), "serve", "--port"]
        environment = {"DATABASE_URL": url, "KEYS_DATABASE_URL": keys_url, "DATA_DIR": data_dir, **_MASTER_KEY}
        with _process(command, environment) as port:
            yield port


@contextmanager
def bare(url: str) -> Iterator[int]:
    with _process([sys.executable, "-m", "benchmarks.bare"], {"DATABASE_URL": url}) as port:
        yield port


@contextmanager
def _process(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[int]:
    port = _free_port()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [*command, str(port)], env={**os.environ, "PYTHONPATH": _TESTS, **environment}, stdout=log, stderr=log
        )
        try:
            if not _is_open(port, process):
                log.seek(0)
                raise SystemExit(f"a server did not start: {log.read().decode()}")
            yield port
        finally:
            process.terminate()
            process.wait(30)


def _free_port() -> int:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return int(place.getsockname()[1])


def _is_open(port: int, process: subprocess.Popen[bytes]) -> bool:
    """Whether the server came to listen, within half a minute."""
    for _ in range(600):
        with socket.socket() as place:
            if place.connect_ex(("127.0.0.1", port)) == 0:
                return True
        if process.poll() is not None:
            break
        time.sleep(0.05)
    return False


BENCHMARKS: Final = {"page": Benchmark(run, floor=0.5, aim=0.65)}
