"""The mails of a demonstration, shown on a page: they go nowhere else."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

router: Final = APIRouter()
