"""Drafts: sealed as they come, however they are cut into pieces, and read back through their key."""

from __future__ import annotations

import hashlib
import io
import os
import random
import stat
import subprocess
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.kit.errors import Invalid
from ledger.kit.ids import uuid7
from ledger.kit.keyring import Damaged
from ledger.vault.directory import DirectoryStore
from ledger.vault.draft import DRAFT_SECONDS, SLAB_BYTES, Draft, sweep_drafts
from ledger.vault.reading import ClearFile, Sealed
from ledger.vault.sealing import CHUNK_BYTES, seal
from ledger.vault.store import StoreUnavailable

KEY = bytes(range(32))
LIMIT = 1 << 30
EDGES = [1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, SLAB_BYTES - 1, SLAB_BYTES, SLAB_BYTES + 1, 2 * SLAB_BYTES]
WHOLE = random.Random(5).randbytes(2 * SLAB_BYTES + 100)


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> DirectoryStore:
    return DirectoryStore(tmp_path_factory.mktemp("vault"))


def drafted(store: DirectoryStore, *pieces: bytes, limit_bytes: int = LIMIT) -> Draft:
    draft = Draft(uuid7(), KEY, store.incoming, limit_bytes=limit_bytes)
    fill(draft, *pieces)
    draft.finish()
    return draft


def fill(draft: Draft, *pieces: bytes) -> None:
    for piece in pieces:
        draft.write(piece)


def kept(store: DirectoryStore, draft: Draft) -> ClearFile:
    store.adopt(draft.document_id, draft.path, draft.stored)
    return ClearFile(Sealed(KEY, draft.document_id, store.open(draft.document_id)))


@pytest.mark.parametrize("size", [0, *EDGES])
def test_a_draft_is_a_document_of_the_one_stored_form(store, size):
    """What a draft writes opens as what `seal` writes does: each was frozen by the vectors of format 1."""
    with drafted(store, WHOLE[:size]) as draft:
        written = draft.path.read_bytes()
        assert len(written) == sum(map(len, seal(KEY, draft.document_id, [WHOLE[:size]])))
        assert draft.finish() == (
            size,
            len(written),
            hashlib.sha256(written).hexdigest(),
            hashlib.sha256(WHOLE[:size]).hexdigest(),
        )
        assert kept(store, draft).readall() == draft.clear().readall() == WHOLE[:size]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_it_may_be_cut_anywhere(store, data):
    """A network cuts a file where it likes: the document is the same."""
    size = data.draw(st.one_of(st.sampled_from(EDGES), st.integers(0, len(WHOLE))))
    cuts = sorted(data.draw(st.lists(st.one_of(st.sampled_from(EDGES), st.integers(0, size)), max_size=6)))
    places = [0, *(min(cut, size) for cut in cuts), size]
    with drafted(store, *(WHOLE[a:b] for a, b in pairwise(places))) as draft:
        assert draft.finish().plain_sha256 == hashlib.sha256(WHOLE[:size]).hexdigest()
        assert draft.clear().readall() == WHOLE[:size]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_it_is_a_file_that_can_be_sought_in(store, data):
    """Any walk through it reads what a walk through the clear bytes reads: parsers look where they want."""
    size = data.draw(st.sampled_from([0, 1, CHUNK_BYTES, 3 * CHUNK_BYTES + 17, SLAB_BYTES + 5]))
    with drafted(store, WHOLE[:size]) as draft, io.BufferedReader(draft.clear()) as buffered:
        raw, clear = draft.clear(), io.BytesIO(WHOLE[:size])
        for _ in range(8):
            whence = data.draw(st.sampled_from([os.SEEK_SET, os.SEEK_CUR, os.SEEK_END]))
            base = {os.SEEK_SET: 0, os.SEEK_CUR: clear.tell(), os.SEEK_END: size}[whence]
            offset = data.draw(st.integers(-base, size + 10 - base))
            length = data.draw(st.one_of(st.integers(0, 100), st.integers(0, 4 * CHUNK_BYTES)))
            places = {file.seek(offset, whence) for file in (raw, clear, buffered)}
            assert len(places) == 1
            expected = clear.read(length)
            assert raw.read(length) == buffered.read(length) == expected
            assert raw.tell() == buffered.tell() == clear.tell()
    with pytest.raises(ValueError, match="from the start"):
        raw.seek(-1)


def test_no_clear_byte_is_on_the_disk_while_it_comes(store):
    """Seen after each piece: neither in the draft nor in anything else of the store."""
    text = b"NIR 1 84 12 76 451 089 46 de la salariee. " * 200
    with Draft(uuid7(), KEY, store.incoming, limit_bytes=LIMIT) as draft:
        for _ in range(3 * SLAB_BYTES // len(text)):
            draft.write(text)
            assert b"salariee" not in draft.path.read_bytes()
        draft.finish()
        assert draft.path.stat().st_size > 2 * SLAB_BYTES
        assert b"salariee" not in draft.path.read_bytes()
        assert stat.S_IMODE(draft.path.stat().st_mode) == 0o600


def test_the_limit_is_where_it_is_said(store):
    with drafted(store, b"x" * 60_000, b"x" * 40_000, limit_bytes=100_000) as draft:
        assert draft.size_bytes == 100_000
    with (
        Draft(uuid7(), KEY, store.incoming, limit_bytes=100_000) as draft,
        pytest.raises(Invalid, match="dépasse 100000 octets") as refused,
    ):
        fill(draft, b"x" * 60_000, b"x" * 40_001)
    assert refused.value.field == "file"
    assert not draft.path.exists()


def test_what_is_dropped_is_gone_and_what_was_kept_stays(store):
    draft = drafted(store, WHOLE)
    document = kept(store, draft)
    draft.drop()
    draft.drop()
    assert draft.is_dropped
    assert not draft.path.exists()
    assert document.readall() == WHOLE
    with pytest.raises(ValueError, match="finished"):
        draft.write(b"more")


def test_damage_is_found_before_a_byte_of_it_is_given(store):
    """A parser may seek past damage; it never reads it."""
    with drafted(store, WHOLE[: 3 * CHUNK_BYTES]) as draft:
        with draft.path.open("r+b") as file:
            file.seek(24 + CHUNK_BYTES + 16 + 5)
            byte = file.read(1)
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte[0] ^ 1]))
        clear = draft.clear()
        assert clear.read(CHUNK_BYTES) == WHOLE[:CHUNK_BYTES]
        for length in (1, 2 * CHUNK_BYTES):
            with pytest.raises(Damaged):
                clear.read(length)
        clear.seek(2 * CHUNK_BYTES)
        assert clear.read() == WHOLE[2 * CHUNK_BYTES : 3 * CHUNK_BYTES]


def test_a_name_is_never_written_over(store):
    with drafted(store, b"first") as draft, pytest.raises(FileExistsError):
        Draft(draft.document_id, KEY, store.incoming, limit_bytes=LIMIT)


def test_drafts_of_the_dead_are_swept(store):
    """Six hours after the last byte, and no sooner; what is no file is nobody's draft."""
    old, young = (drafted(store, b"x") for _ in range(2))
    then = time.time() - DRAFT_SECONDS - 60
    os.utime(old.path, (then, then))
    (store.incoming / "directory").mkdir()
    os.utime(store.incoming / "directory", (then, then))
    assert sweep_drafts(store.incoming) == 1
    assert (old.path.exists(), young.path.exists()) == (False, True)
    assert sweep_drafts(store.incoming / "nowhere") == 0
    for draft in (old, young):
        draft.drop()


@pytest.fixture
def small_disk(tmp_path) -> Path:
    disk = tmp_path / "disque"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs", str(disk)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        assert not os.environ.get("CI"), mounted.stderr
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_is_a_fault_that_passes(small_disk):
    """The disk fills while a document comes: nothing of it stays, and the room is there again for the next one."""
    store = DirectoryStore(small_disk / "vault")
    for _ in range(3):
        with Draft(uuid7(), KEY, store.incoming, limit_bytes=LIMIT) as draft, pytest.raises(StoreUnavailable) as fault:
            fill(draft, *[WHOLE[:SLAB_BYTES]] * 8)
        assert fault.value.reason == "full"
        assert not list(store.incoming.iterdir())
    draft = drafted(store, WHOLE)
    assert kept(store, draft).readall() == WHOLE
    draft.drop()
    assert len(list(store.keys())) == 1
