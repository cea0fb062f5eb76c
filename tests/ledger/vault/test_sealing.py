"""The format of stored documents: every range is readable, and nothing changed goes unseen."""

from __future__ import annotations

import hashlib
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.kit.keyring import Damaged
from ledger.vault.sealing import (
    CHUNK_BYTES,
    HEADER_BYTES,
    SEALED_CHUNK_BYTES,
    TAG_BYTES,
    ChunkCipher,
    clear_size,
    regroup,
    seal,
)

KEY = bytes(range(32))
DOCUMENT = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
SIZES = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 2 * CHUNK_BYTES + 5]


def content(size: int) -> bytes:
    return (hashlib.sha256(b"x").digest() * (size // 32 + 1))[:size]


def opened(stored: bytes, key: bytes = KEY, document: UUID = DOCUMENT) -> bytes:
    cipher = ChunkCipher(key, document, stored[:HEADER_BYTES])
    clear_size(len(stored))
    body = stored[HEADER_BYTES:]
    chunks = [body[start : start + SEALED_CHUNK_BYTES] for start in range(0, len(body), SEALED_CHUNK_BYTES)]
    return b"".join(cipher.open(n, chunk, last=n == len(chunks) - 1) for n, chunk in enumerate(chunks))


@pytest.mark.parametrize("size", SIZES)
def test_a_document_of_any_size_comes_back(size):
    stored = b"".join(seal(KEY, DOCUMENT, [content(size)]))
    assert opened(stored) == content(size)
    assert clear_size(len(stored)) == size


def test_the_format_is_frozen():
    """A vector made on the day of release: what is stored then is read for ever."""
    cipher = ChunkCipher(KEY, DOCUMENT, b"\x01" + bytes(range(23)))
    assert cipher.seal(0, b"abc", last=False).hex() == "1ffa461c6f5e89cdd46842df7c2ceb808d7dd3"
    assert cipher.seal(1, b"abc", last=True).hex() == "884f2bc3840c9c28dcdb60b28cf08794db43d7"


@pytest.mark.parametrize("size", [0, 5, CHUNK_BYTES + 5])
def test_two_seals_of_one_document_share_nothing(size):
    one, two = (b"".join(seal(KEY, DOCUMENT, [content(size)])) for _ in range(2))
    assert one[:HEADER_BYTES] != two[:HEADER_BYTES]
    assert one[HEADER_BYTES:] != two[HEADER_BYTES:]


SMALL = b"".join(seal(KEY, DOCUMENT, [content(100)]))
LARGE = b"".join(seal(KEY, DOCUMENT, [content(2 * CHUNK_BYTES + 50)]))


@pytest.mark.parametrize("place", range(len(SMALL)))
def test_any_flipped_byte_is_found(place):
    damaged = bytearray(SMALL)
    damaged[place] ^= 0x40
    with pytest.raises(Damaged):
        opened(bytes(damaged))


@given(st.integers(0, len(LARGE) - 1), st.integers(1, 255))
def test_any_change_to_any_byte_is_found_in_every_chunk(place, change):
    damaged = bytearray(LARGE)
    damaged[place] ^= change
    with pytest.raises(Damaged):
        opened(bytes(damaged))


@given(st.integers(0, len(LARGE) - 1))
def test_any_truncation_is_found(length):
    with pytest.raises(Damaged):
        opened(LARGE[:length])


@pytest.mark.parametrize("chunks", [1, 2])
def test_a_truncation_at_a_chunks_end_is_found(chunks):
    """Each chunk that is left is intact; only the missing last one tells."""
    with pytest.raises(Damaged):
        opened(LARGE[: HEADER_BYTES + chunks * SEALED_CHUNK_BYTES])


def test_chunks_exchanged_repeated_or_added_are_found():
    header, first = LARGE[:HEADER_BYTES], LARGE[HEADER_BYTES : HEADER_BYTES + SEALED_CHUNK_BYTES]
    second = LARGE[HEADER_BYTES + SEALED_CHUNK_BYTES : HEADER_BYTES + 2 * SEALED_CHUNK_BYTES]
    last = LARGE[HEADER_BYTES + 2 * SEALED_CHUNK_BYTES :]
    assert opened(header + first + second + last) == content(2 * CHUNK_BYTES + 50)
    for wrong in (second + first + last, first + first + last, first + second + last + last, first + second + first):
        with pytest.raises(Damaged):
            opened(header + wrong)


def test_a_document_stored_in_anothers_place_is_found():
    with pytest.raises(Damaged):
        opened(SMALL, document=UUID(int=DOCUMENT.int + 1))
    with pytest.raises(Damaged):
        opened(SMALL, key=bytes(32))


@pytest.mark.parametrize(
    "stored", [0, HEADER_BYTES, HEADER_BYTES + TAG_BYTES - 1, HEADER_BYTES + SEALED_CHUNK_BYTES + TAG_BYTES]
)
def test_a_size_that_no_document_has_is_damage(stored):
    with pytest.raises(Damaged):
        clear_size(stored)


@given(st.lists(st.binary(max_size=50), max_size=20), st.integers(1, 40))
def test_regrouping_keeps_every_byte_in_order(pieces, size):
    groups = list(regroup(pieces, size))
    assert b"".join(groups) == b"".join(pieces)
    assert all(len(group) == size for group in groups[:-1])
    assert all(0 < len(group) <= size for group in groups[-1:])
