"""What single settings are made of: each read from its text, or refused with the name of its variable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Final, Literal, Self, cast
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

Network = IPv4Network | IPv6Network
Tls = Literal["required", "implicit", "none"]
_TLS: Final = ("required", "implicit", "none")
_SMTP_PORTS: Final[Mapping[str, int]] = {"required": 587, "implicit": 465, "none": 25}


class SettingsError(Exception):
    """A setting is missing or cannot be used. Its text names the variable and never quotes a secret."""


@dataclass(frozen=True)
class SmtpServer:
    """Where mail is handed over. `tls`: `required` (STARTTLS, never without), `implicit` (from the start), `none`."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: Tls = "required"

    @classmethod
    def parse(cls, text: str, *, name: str = "SMTP_URL") -> Self:
        """`smtp://user:password@host:587?tls=required|implicit|none`."""
        url = split_address(text, name)
        query = parse_qs(url.query)
        tls = query.pop("tls", ["required"])[0]
        if url.scheme != "smtp" or not url.hostname or query or tls not in _TLS or url.path not in {"", "/"}:
            raise SettingsError(f"{name} is not smtp://user:password@host:port?tls=required|implicit|none")
        username = unquote(url.username) if url.username else None
        password = unquote(url.password) if url.password else None
        if tls == "none" and password and not is_loopback(url.hostname):
            raise SettingsError(f"{name} would send its password in clear: tls is required or implicit")
        return cls(url.hostname, url.port or _SMTP_PORTS[tls], username, password, cast("Tls", tls))


@dataclass(frozen=True)
class OidcProvider:
    """The fund's OpenID provider for its staff. Without a secret the client is a public one (PKCE holds either way)."""

    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self | None:
        """The provider that `OIDC_ISSUER`, `OIDC_CLIENT_ID`, `OIDC_CLIENT_SECRET_FILE` name; None without an issuer."""
        issuer = environment.get("OIDC_ISSUER", "")
        if not issuer:
            return None
        _secure(split_address(issuer, "OIDC_ISSUER"), "OIDC_ISSUER")
        client_id = environment.get("OIDC_CLIENT_ID", "")
        if not client_id:
            raise SettingsError("OIDC_CLIENT_ID is not set, and OIDC_ISSUER is")
        file = environment.get("OIDC_CLIENT_SECRET_FILE", "")
        return cls(issuer, client_id, secret(file, "OIDC_CLIENT_SECRET_FILE") if file else None)


@dataclass(frozen=True)
class Frontend:
    """A portal frontend on another origin: the exact address to which an authorization code may be sent back."""

    client_id: str
    redirect_uri: str

    @property
    def origin(self) -> str:
        """`scheme://host[:port]`, as a browser sends it in `Origin`."""
        return origin_of(urlsplit(self.redirect_uri))


def frontends(environment: Mapping[str, str]) -> tuple[Frontend, ...]:
    """`FRONTENDS`: `client_id=https://origin/callback,…`; one client may have several addresses."""
    found = []
    for each in listed(environment, "FRONTENDS"):
        client_id, found_equals, redirect_uri = each.partition("=")
        if not found_equals or not client_id:
            raise SettingsError("FRONTENDS is not a list of client_id=https://origin/callback")
        url = split_address(redirect_uri, "FRONTENDS")
        _secure(url, "FRONTENDS")
        if url.fragment:
            raise SettingsError("FRONTENDS: an address has no fragment")
        found.append(Frontend(client_id, redirect_uri))
    return tuple(found)


def public_url(environment: Mapping[str, str]) -> str | None:
    """`PUBLIC_URL`, an origin alone: https, but on the loopback."""
    text = environment.get("PUBLIC_URL", "")
    if not text:
        return None
    url = split_address(text, "PUBLIC_URL")
    _secure(url, "PUBLIC_URL")
    if url.path not in {"", "/"} or url.query or url.fragment or url.username:
        raise SettingsError("PUBLIC_URL is an origin alone: https://host, without a path")
    return origin_of(url)


def networks(environment: Mapping[str, str], name: str) -> tuple[Network, ...]:
    """Addresses and networks (CIDR), separated by commas."""
    try:
        return tuple(ip_network(each) for each in listed(environment, name))
    except ValueError:
        raise SettingsError(f"{name} is not a list of addresses or networks (10.0.0.0/8,::1)") from None


def listed(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    """The items of a list separated by commas."""
    return tuple(each.strip() for each in environment.get(name, "").split(",") if each.strip())


def number(environment: Mapping[str, str], name: str, default: int, *, least: int, most: int) -> int:
    """A whole number between its bounds, both included."""
    text = environment.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise SettingsError(f"{name} is a whole number from {least} to {most}")
    return int(text)


def directory(environment: Mapping[str, str], name: str) -> Path | None:
    """A path, or None where it isn't set."""
    text = environment.get(name, "")
    return Path(text) if text else None


def origin_of(url: SplitResult) -> str:
    """`scheme://host[:port]`, the port left out where it is the scheme's own, as browsers write an origin."""
    host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname
    port = "" if url.port in {None, {"https": 443, "http": 80}[url.scheme]} else f":{url.port}"
    return f"{url.scheme}://{host}{port}"


def is_loopback(host: str) -> bool:
    """Whether a host's name or address (no brackets) is this machine alone."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _secure(url: SplitResult, name: str) -> None:
    if not url.hostname or not (url.scheme == "https" or (url.scheme == "http" and is_loopback(url.hostname))):
        raise SettingsError(f"{name} is not an https:// address (http:// is for the loopback alone)")


def split_address(text: str, name: str) -> SplitResult:
    """The parts of an address, its port among them; SettingsError names the variable."""
    try:
        url = urlsplit(text)
        _ = url.port  # read when asked for, and refused then
    except ValueError:
        raise SettingsError(f"{name} is not an address") from None
    return url


def secret(file: str, name: str) -> str:
    """What a file holds, without the spaces around it; SettingsError names the variable that names the file."""
    try:
        found = Path(file).read_text().strip()
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"{name} cannot be read") from None
    if not found:
        raise SettingsError(f"{name} is empty")
    return found
