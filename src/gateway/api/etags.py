"""Strong ETags (RFC 9110): `"<version>.<hash>"`, the version of the resource's stream and a hash of what was shown.

`If-None-Match` compares the whole; `If-Match` on an order compares the version alone, since an order depends on the
resource, not on the name of an establishment shown beside it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Final

from gateway.api.problems import Problem, invalid, of_refusal
from ledger.kit.errors import VersionMismatch

_ETAG: Final = re.compile(r'"(?P<version>[0-9]{1,9})\.[A-Za-z0-9_-]{16}"')
_ANY: Final = "*"


def etag(version: int | None, body: bytes) -> str:
    """The ETag of `body`, made from a stream at `version`; None where its version is not the reader's to know."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(body).digest()[:12]).decode()
    return f'"{digest}"' if version is None else f'"{version}.{digest}"'


def unchanged(if_none_match: str | None, current: str) -> bool:
    """Whether the caller has it already."""
    if if_none_match is None:
        return False
    given = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return _ANY in given or current in given


def expected_version(if_match: str | None) -> int | None:
    """The version that an order insists on; None without `If-Match`, or with `*`, which any existing one fulfils."""
    if if_match is None or if_match.strip() == _ANY:
        return None
    tags = [_ETAG.fullmatch(tag.strip()) for tag in if_match.split(",")]
    known = [tag for tag in tags if tag is not None]
    if len(tags) > 1:
        raise _one_only()
    if not known:
        # Not an ETag of ours, so not the current one: a weak one never matches either (RFC 9110, 13.1.1).
        raise of_refusal(VersionMismatch())
    return int(known[0]["version"])


def _one_only() -> Problem:
    return invalid("header", "/If-Match", "one-only", "Une seule version peut être exigée.")
