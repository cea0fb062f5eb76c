"""A forgotten password: the request, whose answer never tells whether there is an account."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

router: Final = APIRouter()
