"""Cookies, read and written by one rule: `__Host-`, so that no other host and no plain address can set or see them."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

SESSION: Final = "__Host-session"
DEVICE: Final = "__Host-device"
DEVICE_DAYS: Final = 400  # the longest that browsers keep one (RFC 6265bis)


def cookie_header(name: str, value: str, *, same_site: str = "Lax", max_age: int | None = None) -> str:
    """A whole `Set-Cookie`. Without `max_age` the browser forgets it when it is closed."""
    age = "" if max_age is None else f"; Max-Age={max_age}"
    return f"{name}={value}; Path=/{age}; Secure; HttpOnly; SameSite={same_site}"


NO_COOKIE: Final = cookie_header(SESSION, "", max_age=0)
"""Makes the browser forget its session."""


def cookies_named(request: Request, name: str) -> list[str]:
    """Every value sent under a name: of two, whoever chose one would choose wrongly one day."""
    pairs = (part.partition("=") for header in request.headers.getlist("cookie") for part in header.split(";"))
    return [value.strip() for found, _, value in pairs if found.strip() == name]
