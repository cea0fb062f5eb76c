"""`dossier-ledger work`: what keeps up with the log: the read models, the policies, the mails that follow from them."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import structlog
import typer

from gateway import logging, service
from gateway.cli.deployment import DataDir, located
from gateway.cli.stopping import set_when_told
from gateway.mail.delivery import Postman
from gateway.mail.granting import keep_granting
from gateway.mail.transports import transport_of
from gateway.policies.registry import policies
from gateway.policies.runner import Runner
from gateway.service import Service
from gateway.sweeping import keep_sweeping
from gateway.vault.opening import proved
from gateway.vault.scans import Scanner
from ledger.log.outside import Outside, guard, keep_noting
from projections.engine.engine import Engine
from projections.registry import ALL

_log = structlog.get_logger(__name__)


def work(
    data_dir: DataDir = None,
    *,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """Tenir à jour les modèles de lecture et envoyer les courriels, jusqu'à SIGTERM ou Ctrl-C.

    Plusieurs peuvent tourner : un seul mène.
    """
    stop = threading.Event()
    if with_parent:
        threading.Thread(target=_wait_for_the_end_of_input, args=(stop,), daemon=True).start()
    with set_when_told(stop), located(data_dir, create=True) as settings, service.opened(settings) as opened:
        logging.configure(settings.log_level)
        proved(settings)
        outside = Outside(settings.outside_path)
        guard(opened.database, outside)
        with _beside(stop, *_duties(opened, outside, stop)) as died:
            Engine(opened.database, opened.keyring, ALL).run(stop)
        if died:
            raise died[0]


def _duties(opened: Service, outside: Outside, stop: threading.Event) -> Iterator[Callable[[], None]]:
    """What runs beside the folds."""
    yield lambda: keep_noting(opened.database, outside, stop)
    yield lambda: Runner(opened, policies(opened)).run(stop)
    yield lambda: keep_granting(opened, stop)
    yield lambda: keep_sweeping(opened, stop)
    if opened.settings.vault.clamd is not None:
        yield lambda: Scanner(opened).run(stop)
    transport = transport_of(opened.settings)
    if transport is None:
        _log.warning("mails wait: neither SMTP_URL nor MAIL_DIR is set")
    else:
        yield lambda: asyncio.run(Postman(opened, transport).run(stop))


@contextmanager
def _beside(stop: threading.Event, *duties: Callable[[], None]) -> Iterator[list[BaseException]]:
    """Run the duties for the length of the block. One that fails stops them all: half a worker would go unnoticed."""
    died: list[BaseException] = []

    def run(duty: Callable[[], None]) -> None:
        try:
            duty()
        except BaseException as error:  # noqa: BLE001 - it is raised again by whoever waits for us
            died.append(error)
            stop.set()

    threads = [threading.Thread(target=run, args=(duty,), daemon=True) for duty in duties]
    for thread in threads:
        thread.start()
    try:
        yield died
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _wait_for_the_end_of_input(stop: threading.Event) -> None:
    # The parent holds the other end: it closes however the parent ends, even killed, so that no worker is left behind.
    sys.stdin.buffer.read()
    stop.set()
