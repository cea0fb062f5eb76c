"""A real OpenID provider for tests: the certified `oidc-provider` of npm, as its own process (`oidc/provider.mjs`).

8.8.1 is the last of its line, and the newest that Debian 12's Node 18 runs.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gateway.settings_values import OidcProvider
from support import plain
from support.node import installed
from support.programs import free_port

PACKAGE = "oidc-provider@8.8.1"
CLIENT_ID = "dossier-ledger"
CLIENT_SECRET = "secret-of-the-tests-and-of-nothing-else"
SCRIPT = Path(__file__).parent / "oidc" / "provider.mjs"


@dataclass
class OpenIdProvider:
    """The provider as the gateway's settings have it, and as somebody at a browser uses it."""

    port: int
    process: subprocess.Popen[str]

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> OidcProvider:
        return OidcProvider(self.issuer, CLIENT_ID, CLIENT_SECRET)

    def lies(self, **how: Any) -> None:
        """Make its next ID tokens lie (see the script); without a word, honest again."""
        plain.post(f"{self.issuer}/lies", json=how).raise_for_status()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.communicate(timeout=60)

    def sign_in(self, address: str, login: str, *, amr: str = "") -> str:
        """Fill in the form behind `address` in a new browser: where the provider sends it back to."""
        with plain.client(follow_redirects=True) as browser:
            form = browser.get(address)
            assert form.status_code == 200, form.text
            answer = browser.post(form.url, data={"login": login, "amr": amr}, follow_redirects=False)
            while answer.is_redirect and answer.headers["location"].startswith((self.issuer, "/")):
                answer = browser.get(answer.headers["location"], follow_redirects=False)
        assert answer.is_redirect, answer.text
        return str(answer.headers["location"])


def path_of(address: str) -> str:
    """What a browser asks the gateway for, wherever the address says that it stands."""
    url = urlsplit(address)
    return f"{url.path}?{url.query}"


@contextmanager
def openid_provider(redirect_uri: str, *, port: int | None = None) -> Iterator[OpenIdProvider]:
    """The provider, ready, on a port of the loopback, with keys of its own."""
    modules = installed(PACKAGE)
    port = port or free_port()
    process = subprocess.Popen(
        ["node", str(SCRIPT), str(port), redirect_uri], cwd=modules, stdout=subprocess.PIPE, text=True
    )
    running = OpenIdProvider(port, process)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready", "the provider did not start"
        yield running
    finally:
        running.stop()
