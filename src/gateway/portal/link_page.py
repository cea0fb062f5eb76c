"""The page of a link: looking changes nothing, the posted form alone uses it."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

router: Final = APIRouter()
