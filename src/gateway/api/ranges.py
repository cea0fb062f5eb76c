"""One range of a document's bytes (RFC 9110, section 14)."""

from __future__ import annotations

import re
from typing import Final

from gateway.api.problems import problem

NO_RANGE: Final = None
_RANGE: Final = re.compile(r"bytes=(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})")


def asked_range(header: str | None, size: int, *, if_range: str | None, current: str) -> tuple[int, int] | None:
    """The bytes asked for, as `start` and the `end` after them; None for the whole.

    A header that is not one range of bytes is ignored, as the RFC allows; one that lies beyond the document is the
    problem `range-not-satisfiable`. A range of another version (`If-Range`) is answered with the whole.
    """
    match = _RANGE.fullmatch(header) if header else None
    if match is None or (if_range is not None and if_range != current):
        return NO_RANGE
    first, last = match["first"], match["last"]
    if not first and not last:
        return NO_RANGE
    if first and last and int(last) < int(first):
        return NO_RANGE
    start = int(first) if first else max(size - int(last), 0)
    end = min(int(last) + 1, size) if first and last else size
    if start >= end:
        raise problem("range-not-satisfiable", headers={"Content-Range": f"bytes */{size}"})
    return start, end
