"""The objects of a bucket with all their versions, and the locks on them.

What an S3 server is asked for here was tried on one with object lock; where a server or the client is not what the
protocol's description says, the comment tells what was seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, Final, NamedTuple, Protocol, cast
from uuid import uuid4

from minio import Minio
from minio.commonconfig import COMPLIANCE
from minio.error import S3Error
from minio.retention import Retention

from ledger.vault.s3_faults import ABSENT, asking
from ledger.vault.store import PIECE_BYTES, LockRefused, StoreUnavailable

PART_BYTES: Final = 5 * 1024 * 1024
_SHA256: Final = "stored-sha256"
_UPLOAD: Final = "upload"
_UNTIL: Final = "x-amz-object-lock-retain-until-date"
_LOCK_REFUSALS: Final = frozenset({"AccessDenied", "InvalidRequest", "InvalidArgument", "NotImplemented"})
_MODE: Final = "x-amz-object-lock-mode"


class Version(NamedTuple):
    """One version of an object, as a listing has it. `modified` is by the server's clock."""

    name: str
    version_id: str | None
    size: int
    modified: datetime
    is_marker: bool


class Told(NamedTuple):
    """What a version says of itself: the hash and the upload that it was stored with, and until when it is locked."""

    sha256: str | None
    upload: str | None
    locked_until: datetime | None


class Absent(Exception):
    """A version is not there (any more)."""


class Readable(Protocol):
    """What can be uploaded."""

    def read(self, size: int = -1, /) -> bytes: ...


class Versions:
    """The versions of one bucket's objects; every method may raise StoreUnavailable."""

    def __init__(self, client: Minio, bucket: str) -> None:
        self.client = client
        self.bucket = bucket

    def each(self, prefix: str) -> Iterator[Version]:
        """Every version and deletion mark of the objects under a prefix: names ascend, versions of one stand together
        (in each page of a listing, the marks come last).
        """
        with asking():
            for each in self.client.list_objects(self.bucket, prefix=prefix, recursive=True, include_version=True):
                modified = each.last_modified or datetime.min.replace(tzinfo=UTC)
                name = str(each.object_name)
                yield Version(name, each.version_id, each.size or 0, modified, bool(each.is_delete_marker))

    def of(self, name: str) -> list[Version]:
        """All versions of one object, the first that was stored before those stored after it; marks before all.

        By the listing's order, newest first, and not by its instants: an upload of many parts may have that of its
        beginning, so that one that was begun before a document and ended after it would pass for the older one.
        """
        found = [each for each in self.each(name) if each.name == name]
        return found[::-1]

    def first(self, name: str) -> Version | None:
        """The oldest version, whatever was written or marked over it since; None where there are no bytes."""
        return next((each for each in self.of(name) if not each.is_marker), None)

    def told(self, version: Version) -> Told:
        """What a version says of itself; Absent.

        Ceph writes the end of a lock with nine digits, at which the client's own `get_object_retention` fails: it is
        read from the headers of the object.
        """
        with asking():
            try:
                stat = self.client.stat_object(self.bucket, version.name, version_id=version.version_id)
            except S3Error as error:
                if error.code in ABSENT:
                    raise Absent from None
                raise
        headers = stat.metadata or {}
        until = headers.get(_UNTIL) if headers.get(_MODE) == COMPLIANCE else None
        locked = _instant(until) if until else None
        return Told(headers.get(f"x-amz-meta-{_SHA256}"), headers.get(f"x-amz-meta-{_UPLOAD}"), locked)

    def upload(self, name: str, file: Readable, size: int, sha256: str) -> str:
        """Write a new version; the name of this upload, by which its versions are told from others'.

        The answer's version is not given: an upload that was completed twice, since the first answer was lost, is
        answered without one. A lock is not asked for here: a multipart upload drops it silently.
        """
        upload = uuid4().hex
        try:
            with asking():
                self.client.put_object(
                    self.bucket,
                    name,
                    cast("BinaryIO", file),
                    size,
                    metadata={_SHA256: sha256, _UPLOAD: upload},
                    part_size=PART_BYTES,
                    num_parallel_uploads=1,  # more would hold as many parts in memory
                )
        except StoreUnavailable as unavailable:
            raise UploadFailed(upload, unavailable) from None
        return upload

    def read(self, version: Version, offset: int, length: int) -> Iterator[bytes]:
        """A range of a version, not empty, within its size; Absent."""
        with asking():
            try:
                response = self.client.get_object(
                    self.bucket, version.name, offset=offset, length=length, version_id=version.version_id
                )
            except S3Error as error:
                if error.code in ABSENT:
                    raise Absent from None
                raise
            whole = False
            try:
                yield from response.stream(PIECE_BYTES)
                whole = True
            finally:
                # Only a connection whose answer was read to its end may be used again.
                if whole:
                    response.release_conn()
                else:
                    response.close()

    def remove(self, version: Version) -> bool:
        """Take one version or mark away for good; False where a lock keeps it. Harmless twice."""
        try:
            with asking():
                self.client.remove_object(self.bucket, version.name, version_id=version.version_id)
        except StoreUnavailable as refused:
            if refused.reason == "denied" and self.locked_until(version) is not None:
                return False
            raise
        return True

    def locked_until(self, version: Version) -> datetime | None:
        """The end of a version's lock, which may have passed; None where it has none, or is not there."""
        try:
            return None if version.is_marker else self.told(version).locked_until
        except Absent:
            return None

    def lock(self, version: Version, until: datetime) -> datetime:
        """Let nobody delete a version before `until`, and say what is read back; LockRefused."""
        wanted = (until + timedelta(seconds=1)).astimezone(UTC).replace(microsecond=0)  # servers keep whole seconds
        failure = "no error"
        with asking():
            try:
                retention = Retention(COMPLIANCE, wanted)
                self.client.set_object_retention(self.bucket, version.name, retention, version_id=version.version_id)
            except S3Error as error:
                if error.code not in _LOCK_REFUSALS:
                    raise
                failure = str(error.code)  # or another has lengthened it meanwhile, and this would shorten it
        locked = self.told(version).locked_until
        if locked is None or locked < until:
            raise LockRefused(f"the lock read back is {locked}, asked for until {until}: {failure}")
        return locked

    def abort(self, name: str) -> None:
        """Take away the parts of uploads that were cut: they cost room, and no listing of objects shows them.

        The client has this but as its own affair, underscored; there is no other way to it.
        """
        with asking():
            listed = self.client._list_multipart_uploads(self.bucket, prefix=name)  # noqa: SLF001 - see above
            for each in listed.uploads:
                if each.object_name == name and each.upload_id:
                    self.client._abort_multipart_upload(self.bucket, name, each.upload_id)  # noqa: SLF001


class UploadFailed(Exception):
    """An upload's answer was a fault, or did not come; what it wrote may be there all the same, under this name."""

    def __init__(self, upload: str, why: StoreUnavailable) -> None:
        super().__init__(why.reason)
        self.upload = upload
        self.why = why


def _instant(text: str) -> datetime:
    """An instant of a header; one without a zone is UTC."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
