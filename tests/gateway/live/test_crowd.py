"""Five hundred windows on one process, over HTTP: each hears of a deposit at once, and none holds its end up."""

from __future__ import annotations

import asyncio
import resource
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from gateway.api.app import create_app
from ledger.account.events import Role
from support.eventually import LOADED
from support.gateway import Gateway, World, served
from support.streams import PATH, SECONDS

ACCOUNTS = 10
WINDOWS = 50


@contextmanager
def many_files() -> Iterator[None]:
    """Both ends of each connection are this process's."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(4096, hard)), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.full
def test_five_hundred_windows_hear_at_once_and_go_at_once(gateway: Gateway, world: World):
    """Within two seconds of the order's answer, on the slowest of them; the server then stops within two."""
    organisation, place = gateway.organisation()
    dossier = gateway.dossier(place, world.company)
    names = [f"fenetre-{gateway.number()}" for _ in range(ACCOUNTS)]
    for name in names:
        gateway.account(name, Role.PORTAL, (organisation, place))

    async def window(url: str, name: str, begun: asyncio.Semaphore) -> tuple[float, bytes]:
        """When it hears of the dossier, and its last words."""
        address = urlsplit(url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        headers = f"Host: 127.0.0.1\r\nAuthorization: Bearer {gateway.tokens[name]}\r\n"
        writer.write(f"GET {PATH} HTTP/1.1\r\n{headers}\r\n".encode())
        await reader.readuntil(b"id: ")
        begun.release()
        await reader.readuntil(str(dossier).encode())
        heard = time.monotonic()
        last = await reader.read(-1)
        writer.close()
        return heard, last

    async def story(url: str, heard: threading.Event) -> None:
        begun = asyncio.Semaphore(0)
        windows = [asyncio.create_task(window(url, name, begun)) for name in names for _ in range(WINDOWS)]
        for _ in windows:
            await begun.acquire()
        await asyncio.to_thread(gateway.deposited, dossier_ids=str(dossier))
        answered = time.monotonic()
        await asyncio.sleep(SECONDS)
        heard.set()
        told = await asyncio.gather(*windows)
        assert max(at for at, _ in told) - answered < SECONDS + LOADED
        assert all(b'"stopping"' in last for _, last in told)

    heard = threading.Event()
    with many_files(), ThreadPoolExecutor(1) as pool:
        with served(create_app(replace(gateway.settings, streams_per_account=WINDOWS))) as (client, _):
            audience = pool.submit(lambda: asyncio.run(story(str(client.base_url), heard)))
            assert heard.wait(60), "they do not hear"
            stopped = time.monotonic()
        assert time.monotonic() - stopped < SECONDS + LOADED
        audience.result()
