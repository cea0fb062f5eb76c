"""Second factors: a code of the telephone, a passkey, recovery codes."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

router: Final = APIRouter(prefix="/v1", tags=["sign-in"])
