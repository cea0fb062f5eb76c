"""The answer to a neutral request: one text, whatever is true and whatever follows."""

from __future__ import annotations

from pydantic import BaseModel
from starlette.responses import JSONResponse, Response


class Noted(BaseModel):
    """`detail` is for a person to read; it does not tell whether anything was found."""

    detail: str


def noted(detail: str) -> Response:
    """202: what follows, follows by mail."""
    return JSONResponse({"detail": detail}, 202, {"Cache-Control": "no-store"})
