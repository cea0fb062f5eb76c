"""`dossier-ledger work`: the folds that keep the read models up with the log."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from gateway import logging, service
from gateway.cli.deployment import DataDir, located
from gateway.cli.stopping import set_when_told
from ledger.log.outside import Outside, guard, keep_noting
from projections.engine.engine import Engine
from projections.registry import ALL


def work(
    data_dir: DataDir = None,
    *,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """Tenir à jour les modèles de lecture, jusqu'à SIGTERM ou Ctrl-C. Plusieurs peuvent tourner : un seul mène."""
    stop = threading.Event()
    if with_parent:
        threading.Thread(target=_wait_for_the_end_of_input, args=(stop,), daemon=True).start()
    with set_when_told(stop), located(data_dir, create=True) as settings, service.opened(settings) as opened:
        logging.configure(settings.log_level)
        with _noting_the_head(opened, stop):
            Engine(opened.database, opened.keyring, ALL).run(stop)


@contextmanager
def _noting_the_head(opened: service.Service, stop: threading.Event) -> Iterator[None]:
    """Compare the log with its outside head, then keep that head noted beside the folds."""
    outside = Outside(opened.settings.outside_path)
    guard(opened.database, outside)
    noting = threading.Thread(target=keep_noting, args=(opened.database, outside, stop), daemon=True)
    noting.start()
    try:
        yield
    finally:
        stop.set()
        noting.join()


def _wait_for_the_end_of_input(stop: threading.Event) -> None:
    # The parent holds the other end: it closes however the parent ends, even killed, so that no worker is left behind.
    sys.stdin.buffer.read()
    stop.set()
