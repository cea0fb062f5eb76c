"""What an uploaded file is, whatever its name and its sender say.

A short list of types is allowed. Two sniffers must agree on one: our own reading of the format's fixed marks, and
puremagic's table. (python-magic, the usual second one, needs a library of the system; `make demo` must need nothing but
Python.) CSV and plain text have no mark that two sniffers could agree on: they are not documents, and come in through
the import alone. A file that a reader of another format would take as well is refused.

What is inside is looked at by the format's own parser, in a process of its own (`isolated`): nothing here parses it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import BinaryIO, Final

import puremagic
import structlog

from ledger.kit.errors import Invalid
from ledger.vault.archives import DOCX, ODT, START, TAIL_BYTES, XLSX, ends_as_archive, office_type
from ledger.vault.extensions import check_ending
from ledger.vault.isolated.running import Unexamined, ask
from ledger.vault.refusals import refused

PDF: Final = "application/pdf"
PNG: Final = "image/png"
JPEG: Final = "image/jpeg"
ALLOWED: Final = (PDF, PNG, JPEG, DOCX, XLSX, ODT)

_log: Final = structlog.get_logger(__name__)
_HEAD_BYTES: Final = 8 * 1024
_MARKS: Final = {b"%PDF-": PDF, b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR": PNG, b"\xff\xd8\xff": JPEG}
_PDF_BYTES: Final = 1024
"""How far into a file readers look for the mark of a PDF, and how far from its end for the start of its table."""

_INVOICE: Final = "invoice"  # ledger.document.events.Category, which is built on this module
_PARSERS: Final = {PDF: "pdf", PNG: "image", JPEG: "image", DOCX: "office", XLSX: "office", ODT: "office"}


class DocumentInfected(Invalid):
    """A scanner found something in what is handed in: nothing is kept of it."""

    code = "infected"
    template = "Ce fichier contient un logiciel malveillant ({threat}) : il n'a pas été enregistré."


def media_type(file: BinaryIO, *, field: str = "file") -> str:
    """The media type of a seekable file, left at its start; Invalid, naming `field`, where it is not allowed."""
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    if not head:
        raise refused("empty", field=field)
    found = _by_marks(head, file, field)
    if found is None or found not in _by_puremagic(head):
        raise refused("type", field=field)
    if _is_of_two_types(found, head, _tail(file)):
        raise refused("two-types", field=field)
    file.seek(0)
    return found


def examined(file: BinaryIO, *, name: str, category: str, active_allowed: Collection[str]) -> str:
    """The media type of what is handed in as `name`, all looked at; Invalid, at `file`, where it may not be taken.

    `active_allowed` are the categories whose PDFs may have active content; an invoice may have the data of a Factur-X.
    The file is seekable, and left at its start. What the file itself raises (Damaged, StoreUnavailable) passes.
    """
    kind = media_type(file)
    check_ending(name, kind)
    try:
        answer = ask(
            _PARSERS[kind], file, media_type=kind, active=category in active_allowed, invoice=category == _INVOICE
        )
    except Unexamined as silence:
        _log.warning("a document is not examined", reason=silence.reason)
        raise refused("unexamined") from None
    file.seek(0)
    if answer.refused:
        raise refused(answer.refused)
    return kind


def _by_marks(head: bytes, file: BinaryIO, field: str) -> str | None:
    # Marks stand at byte 0: a reader that looks for them further on is how one file passes for two types.
    for mark, kind in _MARKS.items():
        if head.startswith(mark):
            return kind
    return office_type(file, field=field) if head.startswith(START) else None


def _tail(file: BinaryIO) -> bytes:
    file.seek(max(file.seek(0, 2) - TAIL_BYTES, 0))
    return file.read(TAIL_BYTES)


def _is_of_two_types(found: str, head: bytes, tail: bytes) -> bool:
    if found != PDF and (b"%PDF-" in head[:_PDF_BYTES] or b"startxref" in tail[-_PDF_BYTES:]):
        return True
    return _PARSERS[found] != "office" and ends_as_archive(tail)


def _by_puremagic(head: bytes) -> set[str]:
    try:
        matches = puremagic.magic_string(head)
    except puremagic.PureError:
        return set()
    # Only the surest matches: a PDF that is surer to be something else is no PDF. But it cannot tell one ZIP archive
    # from another (what Excel saves is surely Word's to it), so there it only says that an office type is possible.
    archive = head.startswith(START)
    return {match.mime_type for match in matches if archive or match.confidence == matches[0].confidence}
