"""The store in a directory: one file per document, on any file system that has hard links and fsync."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from ledger.vault.store import AlreadyStored, NotStored, Stored

_PIECE: Final = 256 * 1024


class DirectoryStore:
    """Files `ab/cd/<id>` under a private directory, named by the last bytes of the id, which are random in a UUIDv7.

    A file is written aside, synced, then linked under its name: a link never replaces, and appears whole. Then its
    directory is synced, without which a crash could lose the name of a file that was promised. What a crash leaves in
    `incoming` was promised to nobody.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = root / "incoming"
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._incoming.mkdir(mode=0o700, exist_ok=True)

    def put(self, key: UUID, chunks: Iterator[bytes]) -> Stored:
        path, draft = self._path(key), self._incoming / uuid4().hex
        try:
            stored = _write(draft, chunks)
            for directory in (path.parent.parent, path.parent):
                directory.mkdir(mode=0o700, exist_ok=True)
            path.hardlink_to(draft)
        except FileExistsError:
            raise AlreadyStored(f"document {key} is in the store already") from None
        finally:
            draft.unlink(missing_ok=True)
        # All three, since another process may have made a directory above and not yet synced it; one that is clean is
        # synced at no cost.
        for directory in (path.parent, path.parent.parent, self._root):
            _sync(directory)
        return stored

    def get(self, key: UUID, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        left = self.stat(key) - offset  # before the file is opened: it says what is absent
        left = left if length is None else min(left, length)
        with self._path(key).open("rb") as file:
            file.seek(offset)
            while left > 0 and (piece := file.read(min(left, _PIECE))):
                left -= len(piece)
                yield piece

    def exists(self, key: UUID) -> bool:
        return self._path(key).exists()

    def stat(self, key: UUID) -> int:
        try:
            return self._path(key).stat().st_size
        except FileNotFoundError:
            raise NotStored(f"document {key} is not in the store") from None

    def remove(self, key: UUID) -> None:
        path = self._path(key)
        path.unlink(missing_ok=True)
        with contextlib.suppress(FileNotFoundError):
            _sync(path.parent)

    def keys(self) -> Iterator[UUID]:
        for path in self._root.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*"):
            yield UUID(path.name)

    def _path(self, key: UUID) -> Path:
        name = str(key)
        return self._root / name[-4:-2] / name[-2:] / name


def _write(path: Path, chunks: Iterator[bytes]) -> Stored:
    digest, size = hashlib.sha256(), 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb", buffering=_PIECE) as file:
        for chunk in chunks:
            digest.update(chunk)
            file.write(chunk)
            size += len(chunk)
        file.flush()
        os.fsync(file.fileno())
    return Stored(digest.hexdigest(), size)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
