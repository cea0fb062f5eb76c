"""Proof key for code exchange (RFC 7636), as the server checks it: S256 alone, `plain` proves nothing."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Final

from gateway.auth import opaque

METHOD: Final = "S256"
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def is_challenge(text: str) -> bool:
    """Whether it has the form of a SHA-256 in base64url without padding."""
    return _CHALLENGE.fullmatch(text) is not None


def challenge_of(verifier: str) -> str:
    """`BASE64URL(SHA256(verifier))` (RFC 7636, 4.2)."""
    return opaque.base64url(hashlib.sha256(verifier.encode()).digest())


def proves(verifier: str, challenge: str) -> bool:
    """Whether the verifier is the one that the challenge was made of."""
    if _VERIFIER.fullmatch(verifier) is None:
        return False
    return hmac.compare_digest(challenge_of(verifier), challenge)
