"""Signing in and out, and one's own sessions (rows O1, O7)."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

router: Final = APIRouter(prefix="/v1", tags=["sign-in"])
