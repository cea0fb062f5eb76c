"""What pages are made of beside their text: one style, a few scripts, under addresses that name their very bytes.

An address holds the beginning of the SHA-256, so that a browser may keep what it has for ever and a new version is
fetched at once. The compressed form is made once: it is the same for everybody and holds nobody's text.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import PurePath
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from gateway.api.problems import not_found

router: Final = APIRouter(include_in_schema=False)

STYLES: Final = ("tokens.css", "base.css", "shell.css", "parts.css", "print.css")
"""One file to the browser, in this order: later ones say what is special."""

STYLE: Final = "portal.css"
SCRIPTS: Final = ("deposit.js", "live.js", "passkey.js", "password.js", "rows.js", "session.js", "upload.js")
OTHERS: Final = ("htmx.min.js", "icon.svg", *SCRIPTS)
_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOR_EVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    """`path` is its address; `packed` its bytes in gzip."""

    path: str
    media_type: str
    raw: bytes
    packed: bytes


def asset(name: str) -> str:
    """The address of an asset. KeyError where there is none: a page that names it is wrong."""
    return ASSETS[name].path


@router.api_route("/assets/{digest}/{name}", methods=["GET", "HEAD"], name="show_asset")
async def show_asset(request: Request, digest: str, name: str) -> Response:
    """The bytes that the address names, and no others: an old page's style is gone, never another one's."""
    found = ASSETS.get(name)
    if found is None or found.path != f"/assets/{digest}/{name}":
        raise not_found()
    headers = {"Cache-Control": _FOR_EVER, "Vary": "Accept-Encoding", "Cross-Origin-Resource-Policy": "same-origin"}
    if _takes_gzip(request):
        return Response(found.packed, media_type=found.media_type, headers={**headers, "Content-Encoding": "gzip"})
    return Response(found.raw, media_type=found.media_type, headers=headers)


def _takes_gzip(request: Request) -> bool:
    """`gzip;q=0` is a refusal (RFC 9110, 12.5.3)."""
    offered = (part.strip() for part in request.headers.get("accept-encoding", "").lower().split(","))
    return any(
        part.partition(";")[0] == "gzip" and not part.replace(" ", "").endswith((";q=0", ";q=0.0")) for part in offered
    )


def _made(name: str, raw: bytes) -> Asset:
    digest = hashlib.sha256(raw).hexdigest()[:12]
    return Asset(f"/assets/{digest}/{name}", _TYPES[PurePath(name).suffix], raw, gzip.compress(raw, 9, mtime=0))


def _read() -> Mapping[str, Asset]:
    place = resources.files("gateway.portal").joinpath("assets")
    style = b"".join(place.joinpath(name).read_bytes() for name in STYLES)
    others = {name: place.joinpath(name).read_bytes() for name in OTHERS}
    return {name: _made(name, raw) for name, raw in {STYLE: style, **others}.items()}


ASSETS: Final = _read()
