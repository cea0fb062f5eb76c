"""Who is at the other end: the client's address, behind our own proxies as well, and its browser's family."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from uuid import UUID

from starlette.requests import Request

from gateway.journal.journal import RequestFacts
from gateway.service import Service
from gateway.settings_values import Network

__all__ = ["RequestFacts", "address", "client_of", "counted", "facts", "label"]

Address = IPv4Address | IPv6Network
_NOBODY: Final = IPv4Address(0)  # a peer without an address: a Unix socket
# The first that is found: each of these names stands in the User-Agents of those after it.
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def facts(request: Request) -> RequestFacts:
    """What the journal and the sessions' list say of a request."""
    correlation_id: UUID = request.state.correlation_id
    return RequestFacts(address(request), label(request.headers.get("user-agent", "")), correlation_id)


def address(request: Request) -> Address:
    """The client's IPv4 address, or its IPv6 network of /64: one home or office has all of those.

    `X-Forwarded-For` counts only behind our own proxies (TRUSTED_PROXIES): what stands left of the last address that is
    none of theirs was written by the client itself.
    """
    service: Service = request.app.state.service
    peer = request.client.host if request.client else ""
    return counted(client_of(peer, request.headers.getlist("x-forwarded-for"), service.settings.trusted_proxies))


def client_of(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> IPv4Address | IPv6Address | None:
    """The address nearest to us that is no trusted proxy's; the peer's where a proxy passed on what cannot be read."""
    nearest = _read(peer)
    if nearest is None or not _among(nearest, trusted):
        return nearest
    client = nearest
    for text in reversed(",".join(forwarded).split(",") if forwarded else []):
        found = _read(text)
        if found is None:
            return nearest
        client = found
        if not _among(found, trusted):
            break
    return client


def label(user_agent: str) -> str:
    """The family of browser and system, to recognise one's own sessions by; no version, nothing that is quoted."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "Autre programme")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), None)
    return f"{browser}, {system}" if system else browser


def _read(text: str) -> IPv4Address | IPv6Address | None:
    """An address, as proxies write it: with a port and in brackets too. IPv4 inside of IPv6 is IPv4."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text)
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        return found.ipv4_mapped or IPv6Address(int(found))  # without its zone: %eth0 is the client's own word
    return found


def _among(found: IPv4Address | IPv6Address, networks: Sequence[Network]) -> bool:
    return any(found.version == network.version and found in network for network in networks)


def counted(found: IPv4Address | IPv6Address | None) -> Address:
    """What limits count by: one subscriber has all the 2^64 addresses of an IPv6 network."""
    if isinstance(found, IPv6Address):
        return IPv6Network((found, 64), strict=False)
    return found or _NOBODY
