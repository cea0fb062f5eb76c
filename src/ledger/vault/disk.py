"""Files of ours on a local disk: written privately, made durable, and what a full or broken disk is called."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from ledger.vault.store import PIECE_BYTES, Stored, StoreUnavailable

_FULL: Final = (errno.ENOSPC, errno.EDQUOT)
_BROKEN: Final = (errno.EIO, errno.EROFS)


@contextmanager
def on_disk() -> Iterator[None]:
    """A full or broken disk is StoreUnavailable; what else goes wrong with a file is a fault of ours, and shows."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StoreUnavailable("full") from error
        if error.errno in _BROKEN:
            raise StoreUnavailable("disk") from error
        raise


def write(path: Path, chunks: Iterator[bytes], *, durably: bool = True) -> Stored:
    """A new file, mode 0600, of all the chunks; what was written. FileExistsError, and what `chunks` raises."""
    digest, size = hashlib.sha256(), 0
    with on_disk():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    file = os.fdopen(descriptor, "wb", buffering=PIECE_BYTES)
    try:
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
            with on_disk():
                file.write(chunk)
        with on_disk():
            file.flush()
            if durably:
                os.fsync(file.fileno())
    finally:
        # Closing writes what is left in the buffer, and fails again where the disk is full: it was said already.
        with suppress(OSError):
            file.close()
    return Stored(digest.hexdigest(), size)
