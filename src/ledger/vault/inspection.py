"""What an uploaded file is, whatever its name and its sender say.

A short list of types is allowed. Two sniffers must agree on one: our own reading of the format's fixed marks, and
puremagic's table. (python-magic, the usual second one, needs a library of the system; `make demo` must need nothing but
Python.) CSV and plain text have no mark that two sniffers could agree on: they are not documents, and come in through
the import alone.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Collection
from typing import BinaryIO, Final

import puremagic

from ledger.kit.errors import Invalid
from ledger.vault.extensions import check_ending

PDF: Final = "application/pdf"
PNG: Final = "image/png"
JPEG: Final = "image/jpeg"
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ODT: Final = "application/vnd.oasis.opendocument.text"
ALLOWED: Final = (PDF, PNG, JPEG, DOCX, XLSX, ODT)

_HEAD_BYTES: Final = 8 * 1024
_MARKS: Final = {b"%PDF-": PDF, b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR": PNG, b"\xff\xd8\xff": JPEG}
_ZIP: Final = b"PK\x03\x04"
_ZIP_END: Final = struct.Struct("<4s4H2LH")
_MAX_MEMBERS: Final = 2_000
_MAX_DIRECTORY_BYTES: Final = 1_000_000


class DocumentInfected(Invalid):
    """A scanner found something in what is handed in: nothing is kept of it."""

    code = "infected"
    template = "Ce fichier contient un logiciel malveillant ({threat}) : il n'a pas été enregistré."


def media_type(file: BinaryIO, *, field: str = "file") -> str:
    """The media type of a seekable file, left at its start; Invalid, naming `field`, where it is not allowed."""
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    if not head:
        raise Invalid(field=field, rule="Le fichier est vide.")
    found = _by_marks(head, file)
    file.seek(0)
    if found is None or found not in _by_puremagic(head):
        raise Invalid(field=field, rule="Types de fichier acceptés : PDF, PNG, JPEG, DOCX, XLSX, ODT (sans macros).")
    return found


def examined(file: BinaryIO, *, name: str, category: str, active_allowed: Collection[str]) -> str:
    """The media type of what is handed in as `name`, all looked at; Invalid, at `file`, where it may not be taken.

    `active_allowed` are the categories whose PDFs may have active content. The file is seekable, and left at its start.
    """
    kind = media_type(file)
    check_ending(name, kind)
    _ = category in active_allowed
    return kind


def _by_marks(head: bytes, file: BinaryIO) -> str | None:
    # Marks stand at byte 0: a reader that looks for them further on is how one file passes for two types.
    for mark, kind in _MARKS.items():
        if head.startswith(mark):
            return kind
    return _office_type(file) if head.startswith(_ZIP) else None


def _by_puremagic(head: bytes) -> set[str]:
    try:
        matches = puremagic.magic_string(head)
    except puremagic.PureError:
        return set()
    # Only the surest matches: a PDF that is surer to be something else is no PDF. But it cannot tell one ZIP archive
    # from another (what Excel saves is surely Word's to it), so there it only says that an office type is possible.
    archive = head.startswith(_ZIP)
    return {match.mime_type for match in matches if archive or match.confidence == matches[0].confidence}


def _office_type(file: BinaryIO) -> str | None:
    """The office format of a ZIP archive, by the members that make it one. Nothing is decompressed but a short name."""
    if not _is_small_archive(file):
        return None
    try:
        with zipfile.ZipFile(file) as archive:
            return _type_of_members(archive)
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, RuntimeError, EOFError, ValueError):
        return None


def _type_of_members(archive: zipfile.ZipFile) -> str | None:
    members = archive.infolist()
    names = {member.filename for member in members}
    if any(name.casefold().endswith("vbaproject.bin") or name.startswith("Basic/") for name in names):
        return None
    first = members[0] if members else None
    if first and first.filename == "mimetype" and first.file_size == len(ODT) == first.compress_size:
        return ODT if archive.read(first) == ODT.encode() and "content.xml" in names else None
    if "[Content_Types].xml" not in names:
        return None
    return DOCX if "word/document.xml" in names else XLSX if "xl/workbook.xml" in names else None


def _is_small_archive(file: BinaryIO) -> bool:
    """Whether the directory at the archive's end may be read safely: it can be made of millions of names.

    An archive with a comment, or of the 64-bit form, is no office document.
    """
    file.seek(max(file.seek(0, 2) - _ZIP_END.size, 0))
    end = file.read(_ZIP_END.size)
    if len(end) < _ZIP_END.size:
        return False
    mark, _, _, _, members, directory_bytes, _, comment = _ZIP_END.unpack(end)
    return mark == b"PK\x05\x06" and not comment and members <= _MAX_MEMBERS and directory_bytes <= _MAX_DIRECTORY_BYTES
