"""What the S3 store promises beyond the contract: locks that hold, and a first version that stays the document."""

from __future__ import annotations

import io
import time
from datetime import UTC, datetime, timedelta

import pytest
from minio.commonconfig import COMPLIANCE
from minio.error import S3Error
from minio.retention import Retention

from ledger.kit.ids import uuid7
from ledger.vault import s3_versions
from ledger.vault.disk import write
from ledger.vault.s3_versions import Versions
from ledger.vault.store import AlreadyStored, LockRefused, NotStored, StoreUnavailable, StoreUnfit
from support.s3 import Server

pytestmark = pytest.mark.s3


@pytest.fixture(scope="module")
def server():
    return Server.of_environment()


@pytest.fixture(scope="module")
def locking(server):
    return server.bucket(lock=True)


@pytest.fixture
def store(server, locking, tmp_path):
    return server.store(locking, tmp_path, lock=True)


def read(store, key) -> bytes:
    return b"".join(store.get(key))


def soon(seconds: int = 60) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def test_the_server_refuses_to_delete_and_to_shorten_what_is_locked(store, server, locking):
    """Asked by the owner of the bucket, with the very client: the answer is no, and the document is read on."""
    key = uuid7()
    store.put(key, iter([b"a contract"]))
    until = store.protect(key, soon())
    assert until is not None
    assert until >= soon(50)
    [version] = Versions(server.client(), locking).of(f"documents/{key}")
    with pytest.raises(S3Error, match="AccessDenied"):
        server.client().remove_object(locking, version.name, version_id=version.version_id)
    shorter = Retention(COMPLIANCE, soon(20))
    with pytest.raises(S3Error, match="AccessDenied"):
        server.client().set_object_retention(locking, version.name, shorter, version_id=version.version_id)
    assert not store.remove(key)
    assert store.protected_until(key) == until
    assert read(store, key) == b"a contract"


def test_a_lock_is_lengthened_never_shortened(store):
    key = uuid7()
    store.put(key, iter([b"x"]))
    first = store.protect(key, soon(60))
    assert store.protect(key, soon(30)) == first
    longer = store.protect(key, soon(90))
    assert longer > first
    assert store.protected_until(key) == longer


def test_an_orphan_goes_once_its_lock_has_ended(store):
    key = uuid7()
    store.put(key, iter([b"x"]))
    until = store.protect(key, soon(1))
    assert not store.remove(key)
    time.sleep(max((until - datetime.now(UTC)).total_seconds(), 0) + 0.5)
    assert store.remove(key)
    assert not store.exists(key)


def test_a_lock_on_a_document_of_many_parts_is_there(store, tmp_path, monkeypatch):
    """A multipart upload drops a lock that is asked for with it, and says nothing: ours is set afterwards."""
    key, draft = uuid7(), tmp_path / "draft"
    stored = write(draft, iter([bytes(1_000_000)] * 11))
    store.adopt(key, draft, stored)
    until = store.protect(key, soon())
    assert store.protected_until(key) == until
    assert store.stat(key) == 11_000_000
    assert not store.remove(key)


def test_a_lock_that_is_not_read_back_is_not_believed(server, tmp_path):
    """The bucket has versions and no locks; the store was told that it has."""
    bucket = server.bucket()
    server.store(bucket, tmp_path).put(key := uuid7(), iter([b"x"]))
    with pytest.raises(LockRefused):
        server.store(bucket, tmp_path, lock=True).protect(key, soon())


@pytest.mark.parametrize(
    ("made", "lock", "lacking"),
    [({"versions": False}, False, "versioning"), ({}, True, "object-lock"), ({"versions": False}, True, "versioning")],
)
def test_a_bucket_that_lacks_what_is_asked_of_it_is_refused(server, tmp_path, made, lock, lacking):
    """Also where nobody asked for the proof: before the first document."""
    store = server.store(server.bucket(**made), tmp_path, lock=lock)
    with pytest.raises(StoreUnfit, match=lacking):
        store.prove()
    with pytest.raises(StoreUnfit, match=lacking):
        store.put(uuid7(), iter([b"x"]))


def test_a_bucket_that_is_not_there_is_a_passing_fault(server, tmp_path):
    with pytest.raises(StoreUnavailable) as fault:
        server.store("documents-nowhere", tmp_path).prove()
    assert fault.value.reason == "bucket"


def test_what_is_written_over_a_document_is_not_read(store, server, locking):
    """Whoever has the secret can write a newer version, which S3 allows: the first one is the document."""
    key = uuid7()
    store.put(key, iter([b"the document"]))
    assert not store.overlaid(key)
    server.client().put_object(locking, f"documents/{key}", io.BytesIO(b"forged"), 6)
    assert store.overlaid(key)
    assert read(store, key) == b"the document"
    assert store.stat(key) == len(b"the document")
    with pytest.raises(AlreadyStored):
        store.put(key, iter([b"another"]))


def test_what_is_marked_as_deleted_is_read_all_the_same(store, server, locking):
    key = uuid7()
    store.put(key, iter([b"the document"]))
    server.client().remove_object(locking, f"documents/{key}")
    assert store.overlaid(key)
    assert store.exists(key)
    assert read(store, key) == b"the document"
    assert key in set(store.keys())


def test_only_documents_are_listed(store, server, locking):
    """Proofs, and what somebody put beside them under other names, are none; an overlaid one is listed once."""
    before = set(store.keys())
    store.prove()
    key = uuid7()
    store.put(key, iter([b"x"]))
    client = server.client()
    for name in (f"documents/{key}", f"documents/{str(key).upper()}", "documents/notes.txt", f"other/{uuid7()}"):
        client.put_object(locking, name, io.BytesIO(b"y"), 1)
    listed = list(store.keys())
    assert sorted(listed) == sorted(set(listed)) == sorted({*before, key})


def test_an_upload_that_nothing_came_of_leaves_no_parts(store, server, locking, tmp_path):
    """Killed half way it leaves parts, which no listing shows: removing the orphan takes them away."""
    key = uuid7()
    name = f"documents/{key}"
    client = server.client()
    upload = client._create_multipart_upload(locking, name, {})
    client._upload_part(locking, name, bytes(5 * 1024 * 1024), None, upload, 1)
    assert not store.exists(key)
    with pytest.raises(NotStored):
        store.open(key)
    assert store.remove(key)
    assert [each.upload_id for each in client._list_multipart_uploads(locking, prefix=name).uploads] == []


def test_the_end_of_a_lock_is_read_with_any_number_of_digits():
    """Ceph writes nine of them, which the client's own reading of it fails at."""
    expected = datetime(2036, 11, 22, 6, 0, 0, 606000, tzinfo=UTC)
    assert s3_versions._instant("2036-11-22T06:00:00.606000000Z") == expected
    assert s3_versions._instant("2036-11-22T06:00:00.606") == expected
