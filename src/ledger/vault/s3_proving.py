"""Whether a bucket does what documents need, found out by doing it: versions, ranges, and locks that hold."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, timedelta
from hashlib import sha256
from itertools import islice
from typing import Final

from minio.commonconfig import COMPLIANCE, ENABLED, Filter
from minio.error import S3Error
from minio.lifecycleconfig import AbortIncompleteMultipartUpload, LifecycleConfig, Rule
from minio.retention import Retention

from ledger.kit.ids import uuid7
from ledger.vault.s3_faults import asking
from ledger.vault.s3_versions import Absent, UploadFailed, Version, Versions
from ledger.vault.store import LockRefused, StoreUnavailable, StoreUnfit

_BYTES: Final = b"dossier-ledger: may this be kept?"
_LOCK_SECONDS: Final = 10
_OLD_PROBES: Final = 100
_PARTS_DAYS: Final = 2


def prove(versions: Versions, prefix: str, *, lock: bool) -> None:
    """Write a small object beside the documents, read a part of it, and, with `lock`, try to undo its lock in vain.

    StoreUnfit names what is lacking, StoreUnavailable what kept us from knowing. The object is taken away; a locked one
    by a later proof.
    """
    _bucket(versions, lock=lock)
    _forget_cut_uploads(versions, prefix)
    place = f"{prefix}.probe/"
    old = list(islice(versions.each(place), _OLD_PROBES))
    probe = _written(versions, f"{place}{uuid7()}")
    if b"".join(versions.read(probe, 16, 4)) != _BYTES[16:20]:
        raise StoreUnfit("ranges")
    if lock:
        _locked(versions, probe)
    for each in [*old, probe]:
        with suppress(StoreUnavailable):  # most often locked for some seconds more
            versions.remove(each)


def _bucket(versions: Versions, *, lock: bool) -> None:
    client, bucket = versions.client, versions.bucket
    with asking():
        if not client.bucket_exists(bucket):
            raise StoreUnavailable("bucket")
        status = client.get_bucket_versioning(bucket).status
    if status != ENABLED:
        raise StoreUnfit("versioning")
    if lock:
        with asking():
            try:
                client.get_object_lock_config(bucket)
            except S3Error as error:
                if error.code in {"ObjectLockConfigurationNotFoundError", "NotImplemented", "InvalidRequest"}:
                    raise StoreUnfit("object-lock") from None
                raise


def _written(versions: Versions, name: str) -> Version:
    try:
        versions.upload(name, io.BytesIO(_BYTES), len(_BYTES), sha256(_BYTES).hexdigest())
    except UploadFailed as failed:
        raise failed.why from None
    version = versions.first(name)
    if version is None or version.size != len(_BYTES) or version.version_id in {None, "null"}:
        raise StoreUnfit("versions")
    return version


def _locked(versions: Versions, probe: Version) -> None:
    """Lock the probe by the server's own clock, then try to shorten the lock and to delete the version."""
    until = probe.modified.astimezone(UTC) + timedelta(seconds=_LOCK_SECONDS)
    try:
        versions.lock(probe, until)
    except (LockRefused, Absent):
        raise StoreUnfit("lock-read-back") from None
    with _to_be_refused("lock-not-shortened"):
        earlier = until - timedelta(seconds=_LOCK_SECONDS // 2)
        versions.client.set_object_retention(
            versions.bucket, probe.name, Retention(COMPLIANCE, earlier), version_id=probe.version_id
        )
    with _to_be_refused("lock-not-deleted"):
        versions.client.remove_object(versions.bucket, probe.name, version_id=probe.version_id)
    if versions.locked_until(probe) is None:
        raise StoreUnfit("lock-read-back")


@contextmanager
def _to_be_refused(lacking: str) -> Iterator[None]:
    """What must end in a refusal of the server's; an answer that did not come is none."""
    with asking():
        try:
            yield
        except S3Error as error:
            if error.code in {"AccessDenied", "InvalidRequest", "InvalidArgument", "ObjectLocked", "MethodNotAllowed"}:
                return
            raise
    raise StoreUnfit(lacking)


def _forget_cut_uploads(versions: Versions, prefix: str) -> None:
    """Have the server drop the parts of uploads that were cut, where nobody made rules for the bucket, and it may.

    It is a courtesy to the disk: rules of an operator's are never rewritten, and a server without rules will do.
    """
    rule = Rule(
        ENABLED,
        rule_id="dossier-ledger-cut-uploads",
        rule_filter=Filter(prefix=prefix),
        abort_incomplete_multipart_upload=AbortIncompleteMultipartUpload(days_after_initiation=_PARTS_DAYS),
    )
    with suppress(StoreUnavailable), asking():
        if versions.client.get_bucket_lifecycle(versions.bucket) is None:
            versions.client.set_bucket_lifecycle(versions.bucket, LifecycleConfig([rule]))
