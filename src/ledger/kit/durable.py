"""What is written lasts a power cut once the system was asked to: fsync (POSIX), of files and of directories."""

from __future__ import annotations

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Make a file's bytes durable, or a directory's names. OSError where the disk does not."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
