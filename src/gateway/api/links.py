"""Links of mails over the API: looking at one, and using it."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

router: Final = APIRouter()
