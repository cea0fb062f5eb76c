"""PDFs of any size, as valid as small ones: one page, and a stream of bytes that it does not show."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import accumulate

_PIECE = 64 * 1024


def large_pdf(size: int, seed: int = 0) -> Iterator[bytes]:
    """At least `size` bytes, in pieces of 64 KiB and less; the same for the same seed, another for another."""
    stream = max(size, _PIECE) // _PIECE * _PIECE
    objects = [
        b"1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n",
        b"2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n",
        b"3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> >>\nendobj\n",
        b"4 0 obj\n<< /Length %d >>\nstream\n" % stream,
    ]
    header = b"%PDF-1.4\n"
    *offsets, _ = accumulate(map(len, objects), initial=len(header))
    yield header + b"".join(objects)
    for number in range(stream // _PIECE):
        yield hashlib.sha256(b"%d %d" % (seed, number)).digest() * (_PIECE // 32)
    end = b"\nendstream\nendobj\n"
    xref = len(header) + sum(map(len, objects)) + stream + len(end)
    entries = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % xref
    yield end + b"xref\n0 5\n0000000000 65535 f \n" + entries + trailer
