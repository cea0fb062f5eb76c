"""A browser for tests: it keeps the cookies of one host, also those that ask for https, and sends its session's token.

The loopback is a secure context for browsers, which send `Secure` cookies there; httpx' own jar does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import pyotp
from httpx import Client, Response

SESSION: Final = "__Host-session"
DEVICE: Final = "__Host-device"


@dataclass
class Browser:
    """`client` knows where the gateway is; `forwarded` is the address that a proxy would say the requests come from."""

    client: Client
    cookies: dict[str, str] = field(default_factory=dict)
    csrf: str | None = None
    forwarded: str | None = None

    @property
    def session(self) -> str | None:
        """The session's secret, as only the browser has it."""
        return self.cookies.get(SESSION)

    def get(self, path: str, *, headers: dict[str, str] | None = None, **params: Any) -> Response:
        return self.send("GET", path, params=params or None, headers=headers)

    def post(self, path: str, body: Any = None, *, headers: dict[str, str] | None = None, **options: Any) -> Response:
        """With JSON where there is a body, and an idempotency key of its own where the caller gives one."""
        return self.send("POST", path, headers=headers, **({} if body is None else {"json": body}), **options)

    def delete(self, path: str) -> Response:
        return self.send("DELETE", path)

    def send(self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> Response:
        """Any request; what the answer says of cookies is kept."""
        answer = self.client.request(method, path, headers={**self._own(), **(headers or {})}, **options)
        self._keep(answer)
        return answer

    def sign_in(self, email: str, password: str, totp: str | None = None) -> Response:
        """By password, then by the code of the secret `totp` where a second factor is asked for: the last answer."""
        answer = self.post("/v1/session", {"email": email, "password": password})
        if totp is not None and answer.status_code == 200 and answer.json()["stage"] == "second-factor":
            answer = self.post("/v1/session/second-factor", {"totp": pyotp.TOTP(totp).now()})
        return answer

    def copy(self) -> Browser:
        """Somebody who has stolen the cookies."""
        return Browser(self.client, dict(self.cookies), self.csrf, self.forwarded)

    def _own(self) -> dict[str, str]:
        headers = {}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self.csrf is not None:
            headers["X-CSRF-Token"] = self.csrf
        if self.forwarded is not None:
            headers["X-Forwarded-For"] = self.forwarded
        return headers

    def _keep(self, answer: Response) -> None:
        for header in answer.headers.get_list("set-cookie"):
            pair, *attributes = [part.strip() for part in header.split(";")]
            name, _, value = pair.partition("=")
            told = {attribute.lower() for attribute in attributes}
            # What a browser asks of a name that begins so (RFC 6265bis, 4.1.3.2).
            assert {"secure", "path=/"} <= told, header
            assert not any(each.startswith("domain") for each in told), header
            if "max-age=0" in told:
                self.cookies.pop(name, None)
                self.csrf = None if name == SESSION else self.csrf
            else:
                self.cookies[name] = value
        if "json" in answer.headers.get("content-type", "") and isinstance(body := answer.json(), dict):
            self.csrf = body.get("csrf_token", self.csrf)
