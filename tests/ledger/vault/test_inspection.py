"""Uploads are what they are allowed to be, or refused, whatever their name says."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.kit.errors import Invalid
from ledger.vault.inspection import ALLOWED, DOCX, JPEG, ODT, PDF, PNG, XLSX, media_type

PDF_BYTES = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\ntrailer\n%%EOF\n"
PNG_BYTES = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 40
JPEG_BYTES = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01" + b"\x00" * 40 + b"\xff\xd9"


def archive(*names: str, mimetype: str | None = None, flags: bytes = b"") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        if mimetype is not None:
            file.writestr(zipfile.ZipInfo("mimetype"), mimetype)
        for name in names:
            # Without the hour of the run, which would make the tests' names differ between xdist's workers.
            file.writestr(zipfile.ZipInfo(name), "<x/>" * 20, compress_type=zipfile.ZIP_DEFLATED)
    whole = bytearray(made.getvalue())
    whole[4 : 4 + len(flags)] = flags
    return bytes(whole)


WORD = archive("[Content_Types].xml", "_rels/.rels", "word/document.xml")
EXCEL = archive("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml")
WRITER = archive("content.xml", "styles.xml", mimetype=ODT)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PDF_BYTES, PDF),
        (PNG_BYTES, PNG),
        (JPEG_BYTES, JPEG),
        (b"\xff\xd8\xff\xe1\x00\x10Exif\x00\x00" + b"\x00" * 40, JPEG),
        (WORD, DOCX),
        (EXCEL, XLSX),
        (WRITER, ODT),
        # What Microsoft's own programs write in the first header; puremagic then says Word of all of them.
        (archive("[Content_Types].xml", "xl/workbook.xml", flags=b"\x14\x00\x06\x00"), XLSX),
        # What LibreOffice writes there; puremagic then says Java.
        (archive("[Content_Types].xml", "word/document.xml", flags=b"\x14\x00\x08\x00"), DOCX),
    ],
)
def test_an_allowed_file_has_its_type_and_is_left_at_its_start(content, kind):
    file = io.BytesIO(content)
    file.seek(3)
    assert media_type(file) == kind
    assert file.tell() == 0
    assert kind in ALLOWED


def test_an_empty_file_is_refused_as_such():
    with pytest.raises(Invalid, match="vide") as caught:
        media_type(io.BytesIO())
    assert caught.value.field == "file"


@pytest.mark.parametrize(
    "content",
    [
        b" " + PDF_BYTES,
        b"\n%PDF-1.7",
        b"%PDF",
        b"MZ" + b"\x00" * 100,
        b"<html><script>alert(1)</script>" + PDF_BYTES,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a" + b"\x00" * 20,
        b"a;b;c\n1;2;3\n",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xf7" + b"\x00" * 40,
        # A tar archive whose first member's name starts as a PDF does: two types in one file.
        (b"%PDF-1.7\n".ljust(257, b"\x00") + b"ustar\x0000").ljust(1024, b"\x00"),
        archive("a.txt"),
        archive("word/document.xml"),
        archive("content.xml", mimetype="application/vnd.oasis.opendocument.chart"),
        archive("content.xml", mimetype="x" * len(ODT)),
        archive("styles.xml", mimetype=ODT),
        archive("[Content_Types].xml", "ppt/presentation.xml"),
        WORD[:-1],
        WORD[:100],
        WORD + b"\x00",
        b"PK\x03\x04",
    ],
)
def test_anything_else_is_refused(content):
    with pytest.raises(Invalid, match="acceptés"):
        media_type(io.BytesIO(content))


@pytest.mark.parametrize(
    "content",
    [
        archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
        archive("[Content_Types].xml", "xl/workbook.xml", "xl/VBAPROJECT.BIN"),
        archive("content.xml", "Basic/Standard/script-lb.xml", mimetype=ODT),
    ],
)
def test_an_office_document_with_macros_is_refused_as_such(content):
    with pytest.raises(Invalid, match="macros : enregistrez"):
        media_type(io.BytesIO(content))


def test_an_archive_made_to_exhaust_memory_is_refused_before_its_names_are_read():
    """Its end announces a directory of four gigabytes."""
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 2**32 - 1, 0, 0)
    with pytest.raises(Invalid, match="acceptés"):
        media_type(io.BytesIO(WORD[: -len(end)] + end))
    many = archive("[Content_Types].xml", "word/document.xml", *(f"word/{n}" for n in range(2_000)))
    with pytest.raises(Invalid, match="acceptés"):
        media_type(io.BytesIO(many))


@given(st.binary(max_size=300), st.sampled_from([b"", b"%PDF-", b"PK\x03\x04", b"\xff\xd8\xff", WORD, EXCEL, WRITER]))
def test_any_bytes_have_an_allowed_type_or_are_refused(tail, head):
    try:
        kind = media_type(io.BytesIO(head + tail))
    except Invalid:
        return
    assert kind in ALLOWED


@given(st.data())
def test_a_damaged_archive_never_breaks_the_inspection(data):
    content = bytearray(data.draw(st.sampled_from([WORD, EXCEL, WRITER])))
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        media_type(io.BytesIO(bytes(content)))
    except Invalid as refusal:
        assert refusal.field == "file"  # noqa: PT017 - either outcome is right
