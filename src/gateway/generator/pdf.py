"""A PDF of one page of text, in a few lines of our own, for the papers of a generated fund."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_MOST_LINES: Final = 50
_HEADER: Final = b"%PDF-1.4\n"
_FONT: Final = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
_PAGE: Final = (
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
)


def one_page(lines: Iterable[str]) -> bytes:
    """The bytes of a PDF (ISO 32000-1) that shows the lines, fifty at most; the same lines give the same bytes."""
    content = b"BT /F1 10 Tf 14 TL 50 790 Td " + b" ".join(map(_shown, list(lines)[:_MOST_LINES])) + b" ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        _PAGE,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        _FONT,
    ]
    body = bytearray(_HEADER)
    offsets = []
    for number, written in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, written)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    body += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, start)
    return bytes(body)


def _shown(line: str) -> bytes:
    text = line.encode("cp1252", errors="replace")
    for special in (b"\\", b"(", b")"):
        text = text.replace(special, b"\\" + special)
    return b"(" + text + b") Tj T*"
