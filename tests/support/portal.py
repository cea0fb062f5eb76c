"""A portal frontend's own half of the authorization code with PKCE (RFC 7636)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from httpx import Response

from gateway.oauth.pkce import challenge_of
from support import plain
from support.browser import Browser
from support.cross_origin import Frontend, Page
from support.gateway import Gateway

CLIENT = "portail"
OTHER_CLIENT = "autre-portail"


@dataclass
class Portal:
    """A frontend's own half of the dance: what it asks for, and what it keeps meanwhile."""

    gateway: Gateway
    site: Frontend
    client_id: str = CLIENT
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    state: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    @property
    def page(self) -> Page:
        return Page(self.gateway.client, self.site.origin)

    def asked(self, **changed: str | None) -> dict[str, str]:
        """The parameters of the authorization request; None takes one out."""
        parameters: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.site.callback,
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",
            "state": self.state,
            **changed,
        }
        return {name: value for name, value in parameters.items() if value is not None}

    def authorize(self, browser: Browser, **changed: str | None) -> Response:
        return browser.get("/v1/oauth/authorize", **self.asked(**changed))

    def code(self, browser: Browser) -> str:
        """A code that really came back to the frontend's own server."""
        answer = self.authorize(browser)
        assert answer.status_code == 303, answer.text
        assert plain.get(answer.headers["location"]).status_code == 200
        return self.site.arrived[-1]["code"]

    def redeem(self, code: str, **changed: str | None) -> Response:
        """Ask for the token, as the page's script does."""
        form: dict[str, Any] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.site.callback,
            "client_id": self.client_id,
            "code_verifier": self.verifier,
            **changed,
        }
        sent = {name: value for name, value in form.items() if value is not None}
        return self.page.fetch("POST", "/v1/oauth/token", data=sent)

    def token(self, browser: Browser) -> str:
        answer = self.redeem(self.code(browser))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def read(self, token: str, path: str = "/v1/dossiers") -> Response:
        """Something of the API, read by the page with its token alone."""
        return self.page.fetch("GET", path, headers={"Authorization": f"Bearer {token}"})


def told(answer: Response) -> dict[str, str]:
    """What the browser is sent back with."""
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))
