"""The store in a bucket of an S3 server, any that has versions; with object lock, nobody can delete a document early.

The oldest version of an object is the document. A server that is not asked to may write over an object, as a newer
version, and may mark it as deleted: both are noise that lies over the document, which is read all the same. Under a
COMPLIANCE lock the oldest version cannot be taken away by anybody before its day.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple
from uuid import UUID, uuid4

import certifi
import urllib3
from minio import Minio

from ledger.vault import s3_proving
from ledger.vault.disk import on_disk, write
from ledger.vault.s3_versions import Absent, UploadFailed, Version, Versions
from ledger.vault.store import AlreadyStored, NotStored, Stored, StoreUnavailable, key_of

CONNECT_SECONDS: Final = 3
READ_SECONDS: Final = 30


def client_of(server: str, access_key: str, secret_key: str, *, tls: bool, region: str) -> Minio:
    """A client whose patience is bounded: a server that does not answer is given up within two minutes.

    `server` is host[:port]. The region is given, not looked up.
    """
    http = urllib3.PoolManager(
        timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        maxsize=16,
        cert_reqs="CERT_REQUIRED",
        ca_certs=os.environ.get("SSL_CERT_FILE") or certifi.where(),
        retries=urllib3.Retry(total=2, backoff_factor=0.2, status_forcelist=(500, 502, 503, 504)),
    )
    return Minio(server, access_key, secret_key, secure=tls, region=region, http_client=http)


class S3Store:
    """Objects `<prefix><id>` of a bucket. `incoming` is where what is put is gathered before it is uploaded.

    An upload's length and hash are known beforehand, so that what a server says of it afterwards can be held against
    them, and a fault of one upload is no fault of the document's.
    """

    def __init__(
        self, client: Minio, bucket: str, *, incoming: Path, prefix: str = "documents/", lock: bool = False
    ) -> None:
        self._versions = Versions(client, bucket)
        self._prefix = prefix
        self.incoming = incoming
        self._lock = lock
        self._proving = threading.Lock()
        self._is_proved = False

    def put(self, key: UUID, chunks: Iterator[bytes]) -> Stored:
        with on_disk():
            self.incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.incoming / uuid4().hex
        try:
            stored = write(draft, chunks, durably=False)  # the server's copy is what has to last
            self.adopt(key, draft, stored)
        finally:
            draft.unlink(missing_ok=True)
        return stored

    def adopt(self, key: UUID, draft: Path, stored: Stored) -> None:
        if draft.stat().st_size != stored.size:
            raise ValueError(f"the draft of document {key} is not the one that was counted")
        self._prove_once()
        name = self._name(key)
        # No server that we know refuses this by itself: `If-None-Match` is not sent by the client, or not heeded. Ids
        # are new for each deposit; two that race for one are told apart below.
        if self._versions.first(name) is not None:
            raise AlreadyStored(f"document {key} is in the store already")
        failure: StoreUnavailable | None = None
        with draft.open("rb") as file:
            passing = _Passing(file)
            try:
                upload = self._versions.upload(name, passing, stored.size, stored.sha256)
            except UploadFailed as failed:
                upload, failure = failed.upload, failed.why
        self._settle(key, upload, stored, failure)
        if passing.digest.hexdigest() != stored.sha256:
            self.remove(key)
            raise StoreUnavailable("disk")  # the draft was not read back as it was written

    def open(self, key: UUID) -> _Object:
        return _Object(key, self._versions, self._first(key))

    def get(self, key: UUID, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        yield from self.open(key).read(offset, length)

    def exists(self, key: UUID) -> bool:
        return self._versions.first(self._name(key)) is not None

    def stat(self, key: UUID) -> int:
        return self._first(key).size

    def remove(self, key: UUID) -> bool:
        """Every version and mark of it; what is locked stays, and is removed when asked again after its day."""
        name = self._name(key)
        self._versions.abort(name)
        kept = [each for each in reversed(self._versions.of(name)) if not self._versions.remove(each)]
        return not kept

    def keys(self) -> Iterator[UUID]:
        """Also of documents that a deletion mark lies over; objects whose names are no ids are not documents."""
        last: UUID | None = None
        for each in self._versions.each(self._prefix):
            key = None if each.is_marker else key_of(each.name.removeprefix(self._prefix))
            if key is not None and key != last:
                last = key
                yield key

    def protect(self, key: UUID, until: datetime) -> datetime | None:
        version = self._first(key)
        if not self._lock:
            return None
        locked = self._versions.locked_until(version)
        if locked is not None and locked >= until:
            return locked
        try:
            return self._versions.lock(version, until)
        except Absent:
            raise _not_stored(key) from None

    def protected_until(self, key: UUID) -> datetime | None:
        return self._versions.locked_until(self._first(key))

    def overlaid(self, key: UUID) -> bool:
        return len(self._versions.of(self._name(key))) > 1

    def prove(self) -> None:
        s3_proving.prove(self._versions, self._prefix, lock=self._lock)
        self._is_proved = True

    def _prove_once(self) -> None:
        # A server that could not be asked at the start is asked before anything is entrusted to it.
        with self._proving:
            if not self._is_proved:
                self.prove()

    def _settle(self, key: UUID, upload: str, stored: Stored, failure: StoreUnavailable | None) -> None:
        """Look what an upload left, whatever was answered: ours alone, ours after another's, or nothing whole."""
        name = self._name(key)
        found = [each for each in self._versions.of(name) if not each.is_marker]
        ours = [each for each in found if each.size == stored.size and self._is_of(each, upload, stored)]
        if not ours:
            with suppress(StoreUnavailable):
                self._versions.abort(name)
            raise failure or StoreUnavailable("lost")
        is_first = ours[0] == found[0]
        # An upload that was repeated, since its answer was lost, left two versions with the same bytes.
        for each in ours[1:] if is_first else ours:
            with suppress(StoreUnavailable):
                self._versions.remove(each)
        if not is_first:
            raise AlreadyStored(f"document {key} is in the store already")

    def _is_of(self, version: Version, upload: str, stored: Stored) -> bool:
        try:
            told = self._versions.told(version)
        except Absent:
            return False
        return told.upload == upload and told.sha256 == stored.sha256

    def _first(self, key: UUID) -> Version:
        version = self._versions.first(self._name(key))
        if version is None:
            raise _not_stored(key)
        return version

    def _name(self, key: UUID) -> str:
        return f"{self._prefix}{key}"


class _Object(NamedTuple):
    """One version of an object that was there when it was looked for."""

    key: UUID
    versions: Versions
    version: Version

    @property
    def size(self) -> int:
        return self.version.size

    def read(self, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        left = self.size - offset
        left = left if length is None else min(left, length)
        if left <= 0:
            return
        try:
            yield from self.versions.read(self.version, offset, left)
        except Absent:
            raise _not_stored(self.key) from None


class _Passing:
    """A file on its way to the server, hashed as it passes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        piece = self._file.read(size)
        self.digest.update(piece)
        return piece


def _not_stored(key: UUID) -> NotStored:
    return NotStored(f"document {key} is not in the store")
