"""Deposits and readings, erasure and verification, on a real keyring and a real directory."""

from __future__ import annotations

import hashlib
import io
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.kit.errors import Invalid
from ledger.kit.ids import uuid7
from ledger.kit.keyring import Damaged, Keyring, MasterKey, SubjectErased
from ledger.vault.directory import DirectoryStore
from ledger.vault.sealing import CHUNK_BYTES
from ledger.vault.store import AlreadyStored, NotStored
from ledger.vault.vault import DocumentErased, Vault
from ledger.vault.verification import Finding, strangers, verify

LIMIT = 25_000_000


@pytest.fixture
def keyring(keys_url):
    with Keyring(keys_url, MasterKey.generate()) as ring:
        yield ring


@pytest.fixture
def store(tmp_path):
    return DirectoryStore(tmp_path / "documents")


@pytest.fixture
def vault(store, keyring):
    return Vault(store, keyring)


def content(size: int) -> bytes:
    return b"".join(hashlib.sha256(n.to_bytes(8)).digest() for n in range(size // 32 + 1))[:size]


def file_of(store, document):
    return store._path(document)


@pytest.mark.parametrize("size", [1, 1000, CHUNK_BYTES, 3 * CHUNK_BYTES + 17])
def test_a_document_is_deposited_and_read_back(vault, store, size):
    document, clear = uuid7(), content(size)
    deposited = vault.deposit(document, io.BytesIO(clear), limit_bytes=LIMIT)
    stored = b"".join(store.get(document))
    assert deposited.size_bytes == size
    assert deposited.plain_sha256 == hashlib.sha256(clear).hexdigest()
    assert deposited.stored_sha256 == hashlib.sha256(stored).hexdigest()
    assert deposited.stored_bytes == len(stored)
    assert clear[:16] not in stored or size == 1
    assert b"".join(vault.read(document)) == clear


def test_a_stream_of_odd_pieces_is_the_same_document(vault):
    document, clear = uuid7(), content(2 * CHUNK_BYTES + 9)
    pieces = (clear[start : start + 7_919] for start in range(0, len(clear), 7_919))
    deposited = vault.deposit(document, pieces, limit_bytes=LIMIT)
    assert deposited.plain_sha256 == hashlib.sha256(clear).hexdigest()
    assert b"".join(vault.read(document)) == clear


def test_lines_of_a_file_are_not_taken_for_its_pieces(vault, tmp_path):
    path = tmp_path / "lines"
    path.write_bytes(b"a\nb\n" * 1000)
    document = uuid7()
    with path.open("rb") as file:
        assert vault.deposit(document, file, limit_bytes=LIMIT).size_bytes == 4000


WHOLE = content(3 * CHUNK_BYTES + 100)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.integers(0, len(WHOLE) + 10), st.none() | st.integers(0, len(WHOLE) + 10))
def test_any_range_is_the_slice(vault, store, start, end):
    [document] = list(store.keys()) or [uuid7()]
    if not store.exists(document):
        vault.deposit(document, io.BytesIO(WHOLE), limit_bytes=LIMIT)
    assert b"".join(vault.read(document, start, end)) == WHOLE[start:end]


@pytest.mark.parametrize("edge", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, len(WHOLE) - 1])
def test_ranges_at_the_edges_of_chunks_are_the_slices(vault, edge):
    document = uuid7()
    vault.deposit(document, io.BytesIO(WHOLE), limit_bytes=LIMIT)
    for start, end in ((0, edge), (edge, None), (edge, edge), (edge, edge + 1), (edge, edge + CHUNK_BYTES)):
        assert b"".join(vault.read(document, start, end)) == WHOLE[start:end]


def test_a_negative_range_is_a_programming_error(vault):
    for span in ((-1, None), (0, -1)):
        with pytest.raises(ValueError, match="range"):
            vault.read(uuid7(), *span)


def test_an_empty_document_is_still_proved_empty(vault, store):
    """The inspection refuses it first; the format holds all the same."""
    document = uuid7()
    assert vault.deposit(document, io.BytesIO(), limit_bytes=LIMIT).size_bytes == 0
    assert b"".join(vault.read(document)) == b""
    path = file_of(store, document)
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")
    with pytest.raises(Damaged):
        vault.read(document)


def test_a_document_over_the_limit_is_refused_and_nothing_is_kept(vault, store):
    with pytest.raises(Invalid, match="dépasse 100000 octets") as caught:
        vault.deposit(uuid7(), iter([b"x" * 60_000] * 2), limit_bytes=100_000)
    assert caught.value.field == "file"
    assert list(store.keys()) == []
    vault.deposit(uuid7(), iter([b"x" * 50_000] * 2), limit_bytes=100_000)


def test_a_sender_who_hangs_up_leaves_nothing(vault, store):
    def half():
        yield b"x" * 100_000
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        vault.deposit(uuid7(), half(), limit_bytes=LIMIT)
    assert list(store.keys()) == []


def test_a_document_is_never_written_over(vault):
    document = uuid7()
    vault.deposit(document, io.BytesIO(b"first"), limit_bytes=LIMIT)
    with pytest.raises(AlreadyStored):
        vault.deposit(document, io.BytesIO(b"second"), limit_bytes=LIMIT)
    assert b"".join(vault.read(document)) == b"first"


def test_damage_in_the_first_chunk_is_known_before_an_answer_is_begun(vault, store):
    document = uuid7()
    vault.deposit(document, io.BytesIO(WHOLE), limit_bytes=LIMIT)
    path = file_of(store, document)
    stored = bytearray(path.read_bytes())
    stored[100] ^= 1
    path.write_bytes(stored)
    with pytest.raises(Damaged):
        vault.read(document)


def test_nothing_of_a_damaged_chunk_is_ever_given(vault, store):
    """The third chunk is damaged: the two before it come, and not a byte more. Ranges elsewhere still work."""
    document = uuid7()
    vault.deposit(document, io.BytesIO(WHOLE), limit_bytes=LIMIT)
    path = file_of(store, document)
    stored = bytearray(path.read_bytes())
    stored[24 + 2 * (CHUNK_BYTES + 16) + 5] ^= 1
    path.write_bytes(stored)
    given_out: list[bytes] = []
    with pytest.raises(Damaged):
        given_out.extend(vault.read(document))
    assert b"".join(given_out) == WHOLE[: 2 * CHUNK_BYTES]
    assert b"".join(vault.read(document, 3 * CHUNK_BYTES)) == WHOLE[3 * CHUNK_BYTES :]


def test_a_document_cut_short_is_damage_however_it_is_cut(vault, store):
    """At any length, the ends of chunks among them, where all that is left is intact."""
    document = uuid7()
    sha256 = vault.deposit(document, io.BytesIO(WHOLE), limit_bytes=LIMIT).stored_sha256
    path = file_of(store, document)
    stored = path.read_bytes()
    chunk_ends = [24 + n * (CHUNK_BYTES + 16) for n in range(4)]
    for length in (0, 1, 23, *chunk_ends, *(end + 1 for end in chunk_ends), 100_000, len(stored) - 17, len(stored) - 1):
        path.write_bytes(stored[:length])
        with pytest.raises(Damaged):
            list(vault.read(document))
        assert vault.verify(document, sha256) is Finding.DAMAGED


def test_an_erased_document_opens_no_more_yet_still_verifies(vault, store, keyring):
    """A locked object cannot be removed: destroying its key erases it all the same."""
    document = uuid7()
    deposited = vault.deposit(document, io.BytesIO(b"clear"), limit_bytes=LIMIT)
    keyring.destroy(document)
    with pytest.raises(DocumentErased):
        vault.read(document)
    with pytest.raises(SubjectErased):
        vault.deposit(document, io.BytesIO(b"again"), limit_bytes=LIMIT)
    assert vault.verify(document, deposited.stored_sha256) is Finding.ERASED
    store.remove(document)
    assert vault.verify(document, deposited.stored_sha256) is Finding.ERASED


def test_verification_tells_whole_damaged_and_absent_apart_without_keys(vault, store):
    one, two, three = (uuid7() for _ in range(3))
    hashes = {
        document: vault.deposit(document, io.BytesIO(content(1000)), limit_bytes=LIMIT).stored_sha256
        for document in (one, two, three)
    }
    path = file_of(store, two)
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")
    store.remove(three)
    findings = [verify(store, document, sha256) for document, sha256 in hashes.items()]
    assert findings == [Finding.WHOLE, Finding.DAMAGED, Finding.ABSENT]
    assert [vault.verify(document, sha256) for document, sha256 in hashes.items()] == findings
    with pytest.raises(NotStored):
        vault.read(three)


def test_a_damaged_document_stays_damaged_once_erased(vault, store, keyring):
    document = uuid7()
    deposited = vault.deposit(document, io.BytesIO(b"clear"), limit_bytes=LIMIT)
    file_of(store, document).write_bytes(b"other")
    keyring.destroy(document)
    assert vault.verify(document, deposited.stored_sha256) is Finding.DAMAGED


def test_a_lost_key_is_not_reported_as_an_erasure(vault, store, make_database):
    """Without its keys' database the bytes verify as whole: only a marked destruction is an erasure."""
    document = uuid7()
    deposited = vault.deposit(document, io.BytesIO(b"clear"), limit_bytes=LIMIT)
    with Keyring(make_database("keys"), MasterKey.generate()) as empty:
        assert Vault(store, empty).verify(document, deposited.stored_sha256) is Finding.WHOLE


def test_what_no_event_names_is_a_stranger(vault, store):
    known, stranger = uuid7(), uuid7()
    for document in (known, stranger):
        vault.deposit(document, io.BytesIO(b"x"), limit_bytes=LIMIT)
    assert list(strangers(store, {known})) == [stranger]


def test_a_large_document_goes_through_a_small_memory(vault):
    """Deposit and reading of 20 MiB hold less than 4 MiB: two slabs of one, and what passes."""
    document, piece = uuid7(), b"x" * CHUNK_BYTES
    vault.deposit(uuid7(), iter([piece]), limit_bytes=LIMIT)  # what is imported and opened once is not counted
    tracemalloc.start()
    try:
        vault.deposit(document, (piece for _ in range(320)), limit_bytes=LIMIT)
        assert sum(len(part) for part in vault.read(document)) == 320 * CHUNK_BYTES
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()
