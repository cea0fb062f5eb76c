"""The contract of every store, on a directory and on a real S3 server; and what the directory promises besides."""

from __future__ import annotations

import hashlib
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.kit.ids import uuid7
from ledger.vault.directory import DirectoryStore
from ledger.vault.disk import on_disk, write
from ledger.vault.store import PIECE_BYTES, AlreadyStored, NotStored, StoreUnavailable
from support.s3 import Server


@pytest.fixture
def root(tmp_path):
    return tmp_path / "documents"


@pytest.fixture(params=["directory", pytest.param("s3", marks=pytest.mark.s3)])
def store(request, root):
    if request.param == "directory":
        return DirectoryStore(root)
    server = Server.of_environment()
    return server.store(server.bucket(), root)


@pytest.fixture
def directory(root):
    return DirectoryStore(root)


def drafted(root, content: bytes):
    """A finished draft, and what was counted while it was written."""
    draft = root / "incoming" / "draft"
    draft.parent.mkdir(exist_ok=True, parents=True)
    return draft, write(draft, iter([content]))


def read(store, key, *span) -> bytes:
    return b"".join(store.get(key, *span))


def test_what_is_put_is_there_whole_and_hashed(store):
    key = uuid7()
    stored = store.put(key, iter([b"abc", b"", b"def"]))
    assert stored == (hashlib.sha256(b"abcdef").hexdigest(), 6)
    assert read(store, key) == b"abcdef"
    assert store.exists(key)
    assert store.stat(key) == 6


@pytest.mark.parametrize(
    ("offset", "length", "expected"),
    [(0, None, b"0123456789"), (3, 4, b"3456"), (8, 10, b"89"), (10, None, b""), (12, 3, b""), (4, 0, b"")],
)
def test_any_range_is_read(store, offset, length, expected):
    key = uuid7()
    store.put(key, iter([b"0123456789"]))
    assert read(store, key, offset, length) == expected


def test_what_is_not_there_is_said_so(store):
    key = uuid7()
    assert not store.exists(key)
    with pytest.raises(NotStored):
        store.stat(key)
    with pytest.raises(NotStored):
        next(store.get(key))
    with pytest.raises(NotStored):
        next(store.get(key, 0, 10))


def test_nothing_is_ever_written_over(store):
    key = uuid7()
    store.put(key, iter([b"first"]))
    with pytest.raises(AlreadyStored):
        store.put(key, iter([b"second"]))
    assert read(store, key) == b"first"


def test_a_finished_draft_is_adopted_and_stays_its_owners(store, root):
    """Offered again after an answer was lost, it is there already; and it can be unlinked without harm."""
    key, content = uuid7(), bytes(range(256)) * 1_000
    draft, stored = drafted(root, content)
    store.adopt(key, draft, stored)
    with pytest.raises(AlreadyStored):
        store.adopt(key, draft, stored)
    assert draft.read_bytes() == content
    draft.unlink()
    assert read(store, key) == content
    assert stored == (hashlib.sha256(content).hexdigest(), 256_000)


def test_a_draft_that_was_cut_is_not_adopted(store, root):
    key = uuid7()
    draft, stored = drafted(root, b"whole")
    draft.write_bytes(b"cut")
    with pytest.raises(ValueError, match=str(key)):
        store.adopt(key, draft, stored)
    assert not store.exists(key)


def test_one_opening_serves_any_number_of_ranges(store):
    """In pieces of bounded size, and one that is left half way holds nothing back."""
    key, content = uuid7(), bytes(range(256)) * 4_000
    store.put(key, iter([content]))
    opened = store.open(key)
    assert opened.size == len(content)
    left = opened.read(10)
    assert next(left).startswith(content[10:20])
    left.close()
    pieces = list(opened.read(1, 900_000))
    assert b"".join(pieces) == content[1:900_001]
    assert max(map(len, pieces)) <= PIECE_BYTES
    with pytest.raises(NotStored):
        store.open(uuid7())


def test_a_store_proves_itself_and_keeps_nothing_of_it(store):
    store.prove()
    store.prove()
    assert list(store.keys()) == []


def test_without_locks_protection_is_said_to_be_none(store):
    """Rows that ask for a lock learn that this store has none, instead of believing in it."""
    key = uuid7()
    store.put(key, iter([b"x"]))
    assert store.protect(key, datetime.now(UTC) + timedelta(days=2)) is None
    assert store.protected_until(key) is None
    assert not store.overlaid(key)
    assert read(store, key) == b"x"
    for asked in (store.protected_until, lambda absent: store.protect(absent, datetime.now(UTC))):
        with pytest.raises(NotStored):
            asked(uuid7())


def test_of_many_who_put_one_key_at_once_one_does(store):
    key, start = uuid7(), threading.Barrier(8)

    def put(n: int) -> int:
        start.wait()
        try:
            store.put(key, iter([bytes([n]) * 100_000]))
        except AlreadyStored:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(put, range(8))) == 1
    assert len(set(read(store, key))) == 1
    assert store.stat(key) == 100_000


def test_a_stream_that_fails_leaves_nothing(store):
    def broken():
        yield b"abc"
        raise ConnectionResetError

    key = uuid7()
    with pytest.raises(ConnectionResetError):
        store.put(key, broken())
    assert not store.exists(key)
    assert list(store.keys()) == []


def test_keys_are_listed_and_orphans_removed(store):
    keys = {uuid7() for _ in range(20)}
    for key in keys:
        store.put(key, iter([b"x"]))
    assert set(store.keys()) == keys
    orphan = keys.pop()
    assert store.remove(orphan)
    assert store.remove(orphan)
    assert store.remove(uuid7())
    assert set(store.keys()) == keys


def test_the_directorys_files_are_private_and_it_keeps_no_drafts(directory, root):
    """Also after refusals; and a name tells nothing but the document's id."""
    key = uuid7()
    directory.put(key, iter([b"x"]))
    with pytest.raises(AlreadyStored):
        directory.put(key, iter([b"y"]))
    files = [path for path in root.rglob("*") if path.is_file()]
    assert [path.name for path in files] == [str(key)]
    for path in (root, *root.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    assert stat.S_IMODE(files[0].stat().st_mode) == 0o600
    directory.protect(key, datetime.now(UTC))
    assert stat.S_IMODE(files[0].stat().st_mode) == 0o400


def test_a_crash_before_the_link_leaves_no_document(directory, root):
    """What a killed process was writing stays in `incoming`, and is nobody's document."""
    (root / "incoming" / "left-behind").write_bytes(b"half")
    assert list(DirectoryStore(root).keys()) == []


def test_what_is_named_like_no_document_is_none(directory, root):
    """NFS leaves `.nfs…` where a file was removed that somebody still reads; a copying program its own halves."""
    key = uuid7()
    directory.put(key, iter([b"x"]))
    beside = next(root.glob(f"??/??/{key}")).parent
    for name in (".nfs000000000123", f"{key}.part", key.hex, "lost+found"):
        (beside / name).write_bytes(b"y")
    assert list(directory.keys()) == [key]


def test_files_spread_over_many_directories(directory, root):
    """UUIDv7s made in one second differ in their last bytes: fanned out by the first, all would be in one place."""
    for _ in range(60):
        directory.put(uuid7(), iter([b"x"]))
    assert len(list(root.glob("*/*"))) > 40


def test_a_full_disk_is_said_so_and_leaves_nothing(directory, root):
    """A device that is always full stands for it: what was asked of the disk is refused with a name."""
    with pytest.raises(StoreUnavailable, match="full"), on_disk(), Path("/dev/full").open("wb", buffering=0) as full:
        full.write(b"x")
    directory.prove()
    assert [path for path in root.rglob("*") if path.is_file()] == []
