"""Opaque secrets: 32 random bytes behind a prefix that says what they are, kept as a digest only."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from typing import Final

SESSION: Final = "dls_"
MACHINE: Final = "dlt_"
FRONTEND: Final = "dlf_"
DEVICE: Final = "dld_"
TOKENS: Final = frozenset({MACHINE, FRONTEND})
"""Prefixes, by which scanners of secrets know ours. Links have none: they stand in addresses."""

_FORM: Final = re.compile(r"(dl[stfd]_)[A-Za-z0-9_-]{43}")


def new_secret(prefix: str = "") -> str:
    """The prefix and 43 characters of base64url: 256 random bits."""
    return prefix + base64url(secrets.token_bytes(32))


def digest(secret: str) -> bytes:
    """SHA-256, unsalted: the secret has 256 random bits, so that there is nothing to guess or precompute."""
    return hashlib.sha256(secret.encode()).digest()


def prefix_of(secret: str) -> str | None:
    """The prefix of a text that has a secret's form; None for any other."""
    match = _FORM.fullmatch(secret)
    return match[1] if match else None


def base64url(raw: bytes) -> str:
    """Without padding (RFC 7515, appendix C)."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def from_base64url(text: str) -> bytes:
    """The bytes of base64url with or without padding; ValueError for any other text."""
    if not re.fullmatch(r"[A-Za-z0-9_-]*={0,2}", text):
        raise ValueError("not base64url")
    bare = text.rstrip("=")
    return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
