"""An S3 server that refuses, is slow, answers unheard, disbelieves us or our clock: nothing half is ever there.

Each story ends with the store's own listing: what was acknowledged is there whole, and nothing else is.
"""

from __future__ import annotations

import hashlib
import time
from datetime import timedelta
from uuid import UUID

import minio.api
import pytest

from ledger.kit.ids import uuid7
from ledger.vault import s3
from ledger.vault.disk import write
from ledger.vault.s3 import S3Store, client_of
from ledger.vault.store import NotStored, StoreUnavailable
from support.s3 import Server, wired

pytestmark = pytest.mark.s3

SMALL = b"a small document"
LARGE = bytes(range(256)) * 45_000  # three parts


@pytest.fixture(scope="module")
def server():
    return Server.of_environment()


@pytest.fixture
def bucket(server):
    return server.bucket()


@pytest.fixture
def sound(server, bucket, tmp_path) -> S3Store:
    """The same store by the straight way."""
    return server.store(bucket, tmp_path)


@pytest.fixture
def wire(server):
    with wired(server.address) as opened:
        yield opened


@pytest.fixture
def store(server, bucket, tmp_path, wire, monkeypatch) -> S3Store:
    """The store as a gateway has it, over a wire that can fail; it has proved itself already."""
    monkeypatch.setattr(s3, "READ_SECONDS", 1)
    reached = server.store(bucket, tmp_path, at=wire.address)
    reached.prove()
    return reached


def adopt(store: S3Store, place, content: bytes):
    key, draft = uuid7(), place / "draft"
    stored = write(draft, iter([content]))
    try:
        store.adopt(key, draft, stored)
    finally:
        assert draft.exists()
        draft.unlink()
    return key


def nothing_is_there(server: Server, bucket: str, sound: S3Store) -> bool:
    """No document, and no part of one."""
    parts = server.client()._list_multipart_uploads(bucket, prefix="documents/").uploads
    return list(sound.keys()) == [] and parts == []


def test_a_server_that_refuses_connections(store, sound, wire, server, bucket, tmp_path):
    """Storing and reading say that it is not available; nobody takes a document for absent."""
    key = adopt(store, tmp_path, SMALL)
    wire.refuse()
    for asked in (lambda: adopt(store, tmp_path, SMALL), lambda: store.stat(key), lambda: next(store.get(key))):
        with pytest.raises(StoreUnavailable) as fault:
            asked()
        assert fault.value.reason in {"refused", "cut"}
    assert list(sound.keys()) == [key]
    assert b"".join(sound.get(key)) == SMALL


def test_a_server_that_falls_silent_within_a_large_upload(store, sound, wire, server, bucket, tmp_path):
    """The upload is given up within its time; its parts go when the orphan is swept."""
    wire.stall_after = 6_000_000
    began = time.monotonic()
    with pytest.raises(StoreUnavailable) as fault:
        adopt(store, tmp_path, LARGE)
    assert fault.value.reason in {"timeout", "cut"}
    assert time.monotonic() - began < 60
    assert list(sound.keys()) == []
    for each in server.client()._list_multipart_uploads(bucket, prefix="documents/").uploads:
        assert sound.remove(UUID(each.object_name.removeprefix("documents/")))
    assert nothing_is_there(server, bucket, sound)


def test_an_answer_that_is_lost_after_the_last_part_is_no_failure(store, sound, wire, tmp_path):
    """The server has completed the upload and its answer did not come: the document is there once, and acknowledged."""
    wire.drop_answer_to = b"<CompleteMultipartUpload"
    key = adopt(store, tmp_path, LARGE)
    assert wire.dropped == 1
    assert hashlib.sha256(b"".join(sound.get(key))).digest() == hashlib.sha256(LARGE).digest()
    assert not sound.overlaid(key)
    assert list(sound.keys()) == [key]


def test_an_answer_that_is_lost_after_a_small_upload_leaves_one_version(store, sound, wire, bucket, server, tmp_path):
    """The client sends it again by itself, which makes a second version: one is kept, so that nothing lies over it."""
    wire.drop_answer_to = SMALL
    key = adopt(store, tmp_path, SMALL)
    assert wire.dropped == 1
    assert b"".join(sound.get(key)) == SMALL
    assert not sound.overlaid(key)


def test_a_reading_that_is_cut_is_no_end_of_the_document(store, sound, wire, tmp_path):
    """The pieces that came are right, and the reader learns that there were more."""
    key = adopt(store, tmp_path, LARGE)
    reading = store.open(key).read()
    assert next(reading) == LARGE[: 256 * 1024]
    wire.refuse()
    with pytest.raises(StoreUnavailable):
        list(reading)
    assert b"".join(sound.get(key)) == LARGE


def test_a_wrong_secret_is_said_so_and_shown_nowhere(server, bucket, sound, tmp_path):
    client = client_of(server.address, server.access_key, "not-the-secret", tls=False, region="us-east-1")
    stranger = S3Store(client, bucket, incoming=tmp_path / "incoming")
    for asked in (stranger.prove, lambda: adopt(stranger, tmp_path, SMALL), lambda: stranger.stat(uuid7())):
        with pytest.raises(StoreUnavailable) as fault:
            asked()
        assert fault.value.reason in {"secret", "denied"}
        assert "not-the-secret" not in str(fault.value)
        assert server.access_key not in str(fault.value)
    assert nothing_is_there(server, bucket, sound)


def test_a_clock_that_is_wrong_is_named(store, sound, server, bucket, tmp_path, monkeypatch):
    """Twenty minutes apart the server answers nothing: with the clock right again, all goes on."""
    right = minio.api.time.utcnow
    monkeypatch.setattr(minio.api.time, "utcnow", lambda: right() + timedelta(minutes=20))
    for asked in (lambda: adopt(store, tmp_path, SMALL), lambda: store.stat(uuid7())):
        with pytest.raises(StoreUnavailable) as fault:
            asked()
        assert fault.value.reason == "skew"
    monkeypatch.undo()
    assert nothing_is_there(server, bucket, sound)
    key = adopt(store, tmp_path, SMALL)
    assert b"".join(sound.get(key)) == SMALL
    with pytest.raises(NotStored):
        store.stat(uuid7())


def test_a_draft_that_changes_on_its_way_is_not_kept(store, sound, tmp_path):
    """The local disk gives back other bytes than were counted: the document would never be what its event says."""
    draft = tmp_path / "draft"
    stored = write(draft, iter([SMALL]))
    draft.write_bytes(SMALL[::-1])
    with pytest.raises(StoreUnavailable, match="disk"):
        store.adopt(uuid7(), draft, stored)
    assert list(sound.keys()) == []
