"""The nursery, and each child it forks: `python -I -m ledger.vault.isolated.child`, its standard input a socket.

Importing the parsers takes a quarter of a second of a processor, forking a process that has them a few milliseconds. So
one process imports them and then only forks: each byte on its standard input brings one end of a pair of sockets, which
is the whole world of one child. The nursery itself never reads a byte of a document. It ends with its socket, and all
its children with it.
"""

from __future__ import annotations

import gc
import io
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any, BinaryIO, Final

from ledger.vault.isolated import fence, images, lent, office, pages, pdf

MOST_SECONDS: Final = 40
"""However long a child was given, by its own clock: the nursery ends it then."""

_BUFFER_BYTES: Final = 64 * 1024

_Task = Callable[[BinaryIO, dict[str, Any]], tuple[dict[str, Any], bytes]]
TASKS: Final[dict[str, _Task]] = {
    "pdf": pdf.examine,
    "image": images.examine,
    "office": office.examine,
    "pages": pages.count,
    "page": pages.page,
}


def main() -> None:
    pdf.prepare()
    gc.freeze()  # what was imported is shared with the children, not copied by their garbage collector
    with socket.socket(fileno=0) as control:
        children: dict[int, float] = {}
        while _next(control, children):
            _reap(children)
        for child in children:
            os.kill(child, signal.SIGKILL)


def _next(control: socket.socket, children: dict[int, float]) -> bool:
    """Wait for an order, though not long while there are children; False when the gateway is gone."""
    ready, _, _ = select.select([control], [], [], 0.2 if children else None)
    if not ready:
        return True
    order, descriptors, _, _ = socket.recv_fds(control, 1, 1)
    if not order:
        return False
    for descriptor in descriptors:
        children[_forked(control, descriptor)] = time.monotonic() + MOST_SECONDS
        os.close(descriptor)
    return True


def _reap(children: dict[int, float]) -> None:
    for child, until in list(children.items()):
        if time.monotonic() > until:
            os.kill(child, signal.SIGKILL)  # not reaped yet: the number is still its own
        if os.waitpid(child, os.WNOHANG) != (0, 0):
            del children[child]


def _forked(control: socket.socket, descriptor: int) -> int:
    child = os.fork()
    if child:
        return child
    try:
        control.close()
        _serve(descriptor)
    finally:
        os._exit(1)


def _serve(descriptor: int) -> None:
    """One document's whole life. The task comes from the gateway; everything after it may be hostile."""
    task = lent.task(descriptor)
    fence.limit(memory_mib=task["memory_mib"], seconds=task["seconds"])
    fenced = fence.close_in()
    file = io.BufferedReader(lent.Borrowed(descriptor, task["size"]), _BUFFER_BYTES)
    head, body = TASKS[task["task"]](file, task["told"])
    lent.answer(descriptor, {**head, "fenced": fenced}, body)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the gateway
    sys.stdin = None  # descriptor 0 is the socket
    main()
