"""The contract of every store, and what the directory promises besides."""

from __future__ import annotations

import hashlib
import stat
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ledger.kit.ids import uuid7
from ledger.vault.directory import DirectoryStore
from ledger.vault.store import AlreadyStored, NotStored


@pytest.fixture
def root(tmp_path):
    return tmp_path / "documents"


@pytest.fixture
def store(root):
    return DirectoryStore(root)


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
    store.remove(orphan)
    store.remove(orphan)
    store.remove(uuid7())
    assert set(store.keys()) == keys


def test_the_directorys_files_are_private_and_it_keeps_no_drafts(store, root):
    """Also after refusals; and a name tells nothing but the document's id."""
    key = uuid7()
    store.put(key, iter([b"x"]))
    with pytest.raises(AlreadyStored):
        store.put(key, iter([b"y"]))
    files = [path for path in root.rglob("*") if path.is_file()]
    assert [path.name for path in files] == [str(key)]
    for path in (root, *root.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    assert stat.S_IMODE(files[0].stat().st_mode) == 0o600


def test_a_crash_before_the_link_leaves_no_document(store, root):
    """What a killed process was writing stays in `incoming`, and is nobody's document."""
    (root / "incoming" / "left-behind").write_bytes(b"half")
    assert list(DirectoryStore(root).keys()) == []


def test_files_spread_over_many_directories(store, root):
    """UUIDv7s made in one second differ in their last bytes: fanned out by the first, all would be in one place."""
    for _ in range(60):
        store.put(uuid7(), iter([b"x"]))
    assert len(list(root.glob("*/*"))) > 40
