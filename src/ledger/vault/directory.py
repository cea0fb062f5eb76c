"""The store in a directory: one file per document, on any file system that has hard links and fsync."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID, uuid4

from ledger.kit.durable import sync
from ledger.vault.disk import on_disk, write
from ledger.vault.store import PIECE_BYTES, AlreadyStored, NotStored, Stored, StoreUnavailable, StoreUnfit, key_of

_LINKLESS: Final = (errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK)


class DirectoryStore:
    """Files `ab/cd/<id>` under a private directory, named by the last bytes of the id, which are random in a UUIDv7.

    A file is written aside, synced, then linked under its name: a link never replaces, and appears whole. Then its
    directory is synced, without which a crash could lose the name of a file that was promised. What a crash leaves in
    `incoming` was promised to nobody.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self.incoming = root / "incoming"
        with on_disk():
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.incoming.mkdir(mode=0o700, exist_ok=True)

    def put(self, key: UUID, chunks: Iterator[bytes]) -> Stored:
        draft = self.incoming / uuid4().hex
        try:
            stored = write(draft, chunks)
            self._link(key, draft)
        finally:
            draft.unlink(missing_ok=True)
        return stored

    def adopt(self, key: UUID, draft: Path, stored: Stored) -> None:
        if draft.stat().st_size != stored.size:
            raise ValueError(f"the draft of document {key} is not the one that was counted")
        with on_disk():
            sync(draft)
            self._link(key, draft)

    def open(self, key: UUID) -> _File:
        return _File(key, self._path(key), self.stat(key))

    def get(self, key: UUID, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        yield from self.open(key).read(offset, length)

    def exists(self, key: UUID) -> bool:
        return self._path(key).exists()

    def stat(self, key: UUID) -> int:
        with _of(key), on_disk():
            return self._path(key).stat().st_size

    def remove(self, key: UUID) -> bool:
        path = self._path(key)
        with on_disk():
            path.unlink(missing_ok=True)
            with suppress(FileNotFoundError):
                sync(path.parent)
        return True

    def keys(self) -> Iterator[UUID]:
        for path in self._root.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*"):
            key = key_of(path.name)
            if key is not None and path == self._path(key):
                yield key

    def protect(self, key: UUID, until: datetime) -> datetime | None:
        """No lock: only that the owner's own hand does not slip. Its file can be read, and no more be written to."""
        del until
        with _of(key), on_disk():
            self._path(key).chmod(0o400)
        return None

    def protected_until(self, key: UUID) -> datetime | None:
        self.stat(key)
        return None

    def overlaid(self, key: UUID) -> bool:
        """Never: a file has one version, and a link does not replace it."""
        del key
        return False

    def prove(self) -> None:
        """A file is made durable, linked and taken away again, where deposits are received."""
        one, other = (self.incoming / f"probe-{uuid4().hex}" for _ in range(2))
        try:
            write(one, iter([b"\0" * 4096]))
            with on_disk():
                _hardlink(one, other)
                sync(self.incoming)
        except PermissionError:
            raise StoreUnavailable("disk") from None
        finally:
            for path in (one, other):
                with suppress(OSError):
                    path.unlink(missing_ok=True)

    def _link(self, key: UUID, draft: Path) -> None:
        path = self._path(key)
        with on_disk():
            for directory in (path.parent.parent, path.parent):
                directory.mkdir(mode=0o700, exist_ok=True)
            try:
                _hardlink(draft, path)
            except FileExistsError:
                raise AlreadyStored(f"document {key} is in the store already") from None
            # All three, since another process may have made a directory above and not yet synced it; one that is clean
            # is synced at no cost.
            for directory in (path.parent, path.parent.parent, self._root):
                sync(directory)

    def _path(self, key: UUID) -> Path:
        name = str(key)
        return self._root / name[-4:-2] / name[-2:] / name


class _File(NamedTuple):
    """A stored file that was there when it was looked for."""

    key: UUID
    path: Path
    size: int

    def read(self, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        left = self.size - offset
        left = left if length is None else min(left, length)
        if left <= 0:
            return
        with _of(self.key), on_disk(), self.path.open("rb", buffering=0) as file:
            file.seek(offset)
            while left > 0 and (piece := file.read(min(left, PIECE_BYTES))):
                left -= len(piece)
                yield piece


def _hardlink(existing: Path, path: Path) -> None:
    try:
        path.hardlink_to(existing)
    except OSError as error:
        if error.errno in _LINKLESS:
            raise StoreUnfit("hard-links") from None
        raise


@contextmanager
def _of(key: UUID) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise NotStored(f"document {key} is not in the store") from None
