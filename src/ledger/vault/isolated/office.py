"""An office document unpacked to its last byte, kept nowhere: what its members are, whatever their names say."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from ledger.vault import archives

"".encode("cp437")  # Python looks an encoding up when it is first used: a child may open no file

_HEADER: Final = struct.Struct("<4s5HLLLHH")
_PIECE: Final = 256 * 1024
_LOOKED_AT: Final = 4096
_MOST_TYPES_BYTES: Final = 1024 * 1024
_MOST_NESTED_BYTES: Final = 32 * 1024 * 1024
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PROGRAMS: Final = (b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
_ARCHIVES: Final = (b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"MSCF")
_PACKED_PICTURES: Final = (".emz", ".wmz", ".svgz")  # drawings of Word and Excel, packed by gzip
_TYPES: Final = "[content_types].xml"
_ENTITIES: Final = re.compile(rb"<!ENTITY", re.IGNORECASE)
_MACRO_TYPES: Final = re.compile(rb"macroEnabled|vbaProject", re.IGNORECASE)


class _Refused(Exception):
    pass


def examine(file: BinaryIO, told: dict[str, Any]) -> tuple[dict[str, Any], bytes]:  # noqa: ARG001 - each task is told
    """`{"refused": code}`, or nothing to say of it."""
    try:
        _check(file, nested=False)
    except _Refused as refusal:
        return {"refused": str(refusal)}, b""
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, ValueError):
        return {"refused": "damaged"}, b""
    return {}, b""


def _check(file: BinaryIO, *, nested: bool) -> None:
    with zipfile.ZipFile(file) as archive:
        code = archives.fault_of(archive)
        if code:
            raise _Refused(code)
        for member in archive.infolist():
            if not member.is_dir():
                _check_member(file, member, nested=nested)


def _check_member(file: BinaryIO, member: zipfile.ZipInfo, *, nested: bool) -> None:
    name = member.filename.casefold()
    pieces = _unpacked(file, member)
    head = _first(pieces, _MOST_TYPES_BYTES if name == _TYPES else _LOOKED_AT)
    if head.startswith(archives.START):
        return _check_nested(name, head, pieces, nested=nested)
    code = _fault_by_content(name, head)
    if code:
        raise _Refused(code)
    for _ in pieces:
        pass
    return None


def _first(pieces: Iterator[bytes], length: int) -> bytes:
    """At least so many bytes where there are: a stream may begin with pieces of nothing."""
    head = bytearray()
    while len(head) < length and (piece := next(pieces, None)) is not None:
        head += piece
    return bytes(head)


def _fault_by_content(name: str, head: bytes) -> str | None:
    if head.startswith((_OLE, *_PROGRAMS)):
        return "embedded"
    if head.startswith(_ARCHIVES) and not name.endswith(_PACKED_PICTURES):
        return "nested"
    if name == _TYPES and _MACRO_TYPES.search(head):
        return "macros"
    # Entities are the bomb that is one of letters; no office program writes them.
    return "bomb" if name.endswith((".xml", ".rels")) and _ENTITIES.search(head) else None


def _check_nested(name: str, head: bytes, pieces: Iterator[bytes], *, nested: bool) -> None:
    """A chart's own table is an office document within the document: it is looked at as well, and there it ends."""
    if nested or not name.endswith((".xlsx", ".docx")):
        raise _Refused("nested")
    whole = io.BytesIO()
    whole.write(head)
    for piece in pieces:
        if whole.tell() > _MOST_NESTED_BYTES:
            raise _Refused("nested")
        whole.write(piece)
    _check(whole, nested=True)


def _unpacked(file: BinaryIO, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """Its bytes as its own header leads to them, and as the directory says: zipfile believes the latter alone."""
    file.seek(member.header_offset)
    mark, _, _, method, _, _, _, _, _, name_bytes, extra_bytes = _HEADER.unpack(file.read(_HEADER.size))
    name = file.read(name_bytes)
    if mark != archives.START or method != member.compress_type or name != archives.written_name(member):
        raise _Refused("damaged")
    file.seek(extra_bytes, io.SEEK_CUR)
    unpack = {zipfile.ZIP_STORED: _stored, zipfile.ZIP_DEFLATED: _inflated}.get(method)
    if unpack is None:
        raise _Refused("damaged")
    size = 0
    checksum = 0
    for piece in unpack(file, member.compress_size):
        size += len(piece)
        checksum = zlib.crc32(piece, checksum)
        if size > member.file_size:
            raise _Refused("bomb")
        yield piece
    if size != member.file_size or checksum != member.CRC:
        raise _Refused("damaged")


def _stored(file: BinaryIO, length: int) -> Iterator[bytes]:
    while length:
        piece = file.read(min(_PIECE, length))
        if not piece:
            raise EOFError
        length -= len(piece)
        yield piece


def _inflated(file: BinaryIO, length: int) -> Iterator[bytes]:
    """Never more than a piece at once in memory, whatever a few bytes unfold to."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    for packed in _stored(file, length):
        left = packed
        while left and not stream.eof:
            yield stream.decompress(left, _PIECE)
            left = stream.unconsumed_tail
    yield stream.flush()
    if not stream.eof or stream.unused_data:
        raise _Refused("damaged")
