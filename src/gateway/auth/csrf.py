"""Requests forged by another site. A cookie goes with every request of a browser, whoever wrote the page: so an order
that comes with one also bears a token that no other site can read, and says from where it comes.

Forms before there is a session have a nonce in a cookie of their own, and its digest, keyed by the deployment, in a
hidden field.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from starlette.requests import Request

from gateway.api.problems import problem
from gateway.auth import opaque
from gateway.auth.cookies import cookie_header, cookies_named
from ledger.kit.keyring import Keyring

HEADER: Final = "X-CSRF-Token"
FIELD: Final = "csrf_token"
FORM_COOKIE: Final = "__Host-form"
FORM_FIELD: Final = "form_token"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_NONCE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_OURS: Final = frozenset({"same-origin", "none"})


class Form(NamedTuple):
    """What a page with a form is sent with: the whole `Set-Cookie` (None where the browser has it already), and the
    text of the hidden field FORM_FIELD.
    """

    cookie: str | None
    token: str


def csrf_of(secret: str) -> str:
    """The token that goes with a session: it changes with the cookie, and says nothing about it."""
    return opaque.base64url(hmac.digest(secret.encode(), b"csrf", hashlib.sha256))


def check(request: Request, secret: str, given: str) -> None:
    """The request bears the token of the session whose secret this is, and comes from us; else the problem `csrf`.

    `given` is HEADER's text, or the field FIELD of a form.
    """
    check_origin(request)
    if not hmac.compare_digest(given.encode(), csrf_of(secret).encode()):
        raise problem("csrf")


def check_origin(request: Request) -> None:
    """Where the browser says whence the request comes, it comes from our own origin; else the problem `csrf`."""
    origin = request.headers.get("origin")
    if origin is not None:
        if origin != request.app.state.service.settings.public_origin:
            raise problem("csrf")
        return
    if request.headers.get("sec-fetch-site", "none") not in _OURS:
        raise problem("csrf")


def form_for(request: Request, purpose: str) -> Form:
    """The token for the form of one purpose (a route's name), with the nonce that the browser has: a second window's
    form does not put an end to the first one's.
    """
    keyring: Keyring = request.app.state.service.keyring
    nonces = cookies_named(request, FORM_COOKIE)
    if len(nonces) == 1 and _NONCE.fullmatch(nonces[0]):
        return Form(None, form_token(keyring, nonces[0], purpose))
    # A page may have two forms: its answer sets one nonce, that both are made with.
    made: str | None = getattr(request.state, "form_nonce", None)
    if made is not None:
        return Form(None, form_token(keyring, made, purpose))
    nonce = request.state.form_nonce = opaque.new_secret()
    return Form(cookie_header(FORM_COOKIE, nonce, same_site="Strict"), form_token(keyring, nonce, purpose))


def form_token(keyring: Keyring, nonce: str, purpose: str) -> str:
    """Keyed by the deployment: a nonce of one's own making, or another deployment's, is of no use."""
    return opaque.base64url(keyring.digest("form-token", f"{purpose}:{nonce}"))


def check_form(request: Request, form: Mapping[str, object], purpose: str) -> None:
    """The posted form is one that we gave to this browser for this purpose; else the problem `csrf`."""
    check_origin(request)
    nonces = cookies_named(request, FORM_COOKIE)
    given = form.get(FORM_FIELD)
    if len(nonces) != 1 or not isinstance(given, str):
        raise problem("csrf")
    expected = form_token(request.app.state.service.keyring, nonces[0], purpose)
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise problem("csrf")
