"""The office formats, which are ZIP archives: their directory read with distrust, before anything is unpacked.

A ZIP archive may be read from its end (by its directory) or from its start (by each member's own header); what two
readers may read differently is refused: bytes before the members or after the directory, members that overlap, names
given twice.
"""

from __future__ import annotations

import struct
import zipfile
from itertools import pairwise
from typing import BinaryIO, Final

from ledger.vault.refusals import refused

DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ODT: Final = "application/vnd.oasis.opendocument.text"

START: Final = b"PK\x03\x04"
_END_MARK: Final = b"PK\x05\x06"
_END: Final = struct.Struct("<4s4H2LH")
_HEADER_BYTES: Final = 30
_LONGEST_COMMENT: Final = 65_535
_MAX_MEMBERS: Final = 2_000
_MAX_DIRECTORY_BYTES: Final = 1_000_000

TAIL_BYTES: Final = _END.size + _LONGEST_COMMENT
"""How much of a file's end may hold that record."""

MOST_BYTES: Final = 500 * 1024 * 1024
"""Of all members together, unpacked."""

MOST_TIMES: Final = 200
"""How many times its packed size a member may have; below a mebibyte it may have any, since repetitive XML does."""

_SMALL: Final = 1024 * 1024
_ENCRYPTED: Final = 0x1
_IN_UTF_8: Final = 0x800
_MACROS: Final = ("vbaproject.bin", "vbadata.xml")
_MACRO_DIRECTORIES: Final = ("basic/", "scripts/", "xl/macrosheets/", "xl/activex/", "word/activex/")
_ARCHIVES: Final = (".zip", ".rar", ".7z", ".jar", ".gz", ".tar", ".tgz", ".bz2", ".xz", ".cab", ".iso")
_UNREADABLE: Final = (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, RuntimeError, EOFError, ValueError)


def office_type(file: BinaryIO, *, field: str) -> str | None:
    """The office format by the members that make it one, None for another archive; Invalid where it is one of harm.

    Nothing is unpacked.
    """
    if not _has_small_directory(file):
        return None
    try:
        with zipfile.ZipFile(file) as archive:
            kind = _type_of_members(archive)
            code = fault_of(archive) if kind else None
    except (*_UNREADABLE, OverflowError, struct.error):
        return None
    if code:
        raise refused(code, field=field)
    return kind


def ends_as_archive(tail: bytes) -> bool:
    """Whether the end of a file holds the record by which a ZIP archive is found, whatever follows it."""
    at = tail.rfind(_END_MARK)
    while at >= 0:
        record = tail[at : at + _END.size]
        if len(record) == _END.size:
            _, disk, of_directory, here, members, *_ = _END.unpack(record)
            # Four bytes alone are in one of 65,000 compressed files by chance.
            if disk == of_directory and here == members:
                return True
        at = tail.rfind(_END_MARK, 0, at)
    return False


def _type_of_members(archive: zipfile.ZipFile) -> str | None:
    members = archive.infolist()
    names = {member.filename for member in members}
    first = members[0] if members else None
    if first and first.filename == "mimetype" and first.file_size == len(ODT) == first.compress_size:
        return ODT if archive.read(first) == ODT.encode() and "content.xml" in names else None
    if "[Content_Types].xml" not in names:
        return None
    return DOCX if "word/document.xml" in names else XLSX if "xl/workbook.xml" in names else None


def fault_of(archive: zipfile.ZipFile) -> str | None:
    """The code of what is wrong by the directory alone."""
    members = archive.infolist()
    names = [member.filename.casefold() for member in members]
    if any(member.flag_bits & _ENCRYPTED for member in members):
        return "encrypted"
    if any(name.endswith(_MACROS) or name.startswith(_MACRO_DIRECTORIES) for name in names):
        return "macros"
    if any(name.endswith(_ARCHIVES) for name in names):
        return "nested"
    if sum(member.file_size for member in members) > MOST_BYTES or any(map(_is_swollen, members)):
        return "bomb"
    if len(set(names)) < len(names) or _overlaps(archive):
        return "damaged"
    return None


def _is_swollen(member: zipfile.ZipInfo) -> bool:
    return member.file_size > max(_SMALL, member.compress_size * MOST_TIMES)


def _overlaps(archive: zipfile.ZipFile) -> bool:
    """Whether two members share bytes, the directory's among them, or the first does not stand at the file's start."""
    members = sorted(archive.infolist(), key=lambda member: member.header_offset)
    ends = [*(member.header_offset for member in members), archive.start_dir]
    if members[0].header_offset:
        return True
    return any(
        start + _HEADER_BYTES + len(written_name(member)) + member.compress_size > end
        for member, (start, end) in zip(members, pairwise(ends), strict=True)
    )


def written_name(member: zipfile.ZipInfo) -> bytes:
    """Its name as it stands in the archive; ValueError where it could not stand there."""
    return member.orig_filename.encode("utf-8" if member.flag_bits & _IN_UTF_8 else "cp437")


def _has_small_directory(file: BinaryIO) -> bool:
    """Whether the directory at the archive's end may be read safely: it can be made of millions of names.

    An archive with a comment, of the 64-bit form, or with anything after its directory is no office document.
    """
    size = file.seek(0, 2)
    file.seek(max(size - _END.size, 0))
    end = file.read(_END.size)
    if len(end) < _END.size:
        return False
    mark, _, _, _, members, directory_bytes, offset, comment = _END.unpack(end)
    whole = mark == _END_MARK and not comment and directory_bytes + offset + _END.size == size
    return whole and 0 < members <= _MAX_MEMBERS and directory_bytes <= _MAX_DIRECTORY_BYTES
