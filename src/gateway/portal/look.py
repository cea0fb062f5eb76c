"""Light or dark, as the reader chose it for this browser: a cookie that says nothing else, and no script."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

from gateway.auth.cookies import cookie_header, cookies_named

COOKIE: Final = "__Host-look"
SYSTEM: Final = "system"
LOOKS: Final = (
    (SYSTEM, "Comme mon appareil"),
    ("light", "Claire"),
    ("dark", "Sombre"),
)
_YEAR_SECONDS: Final = 365 * 86_400
_CHOSEN: Final = frozenset(code for code, _ in LOOKS if code != SYSTEM)


def look_of(request: Request) -> str | None:
    """`light` or `dark`; None where the device decides, and for whatever else a cookie may hold."""
    found = cookies_named(request, COOKIE)
    return found[0] if len(found) == 1 and found[0] in _CHOSEN else None


def look_cookie(look: str) -> str:
    """The whole `Set-Cookie` of a choice; the device's own look is no choice to keep."""
    if look not in _CHOSEN:
        return cookie_header(COOKIE, "", max_age=0)
    return cookie_header(COOKIE, look, max_age=_YEAR_SECONDS)
