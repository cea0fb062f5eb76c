"""Posted forms: small, of one encoding, each field once."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from gateway.api.problems import problem

LIMIT_BYTES: Final = 4096
_TYPE: Final = "application/x-www-form-urlencoded"
_MOST_FIELDS: Final = 20


async def posted(request: Request, *, limit_bytes: int = LIMIT_BYTES) -> dict[str, str]:
    """The fields of a form. The problems `too-large`, `unsupported-media-type`, `malformed-form`."""
    request.state.limited.limit_bytes = limit_bytes
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _TYPE:
        raise problem("unsupported-media-type")
    raw = await request.body()
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, strict_parsing=bool(raw), errors="strict",
            max_num_fields=_MOST_FIELDS,
        )  # fmt: skip
    except ValueError:
        raise problem("malformed-form") from None
    fields = dict(pairs)
    if len(fields) < len(pairs) or any("\x00" in text for text in fields.values()):
        raise problem("malformed-form")
    return fields
