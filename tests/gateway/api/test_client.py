"""The client's address counts for limits: whoever could choose it would have none."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from gateway.api.client import client_of, counted, label

MOZILLA = "Mozilla/5.0"
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
PROXIES = (ip_network("10.0.0.0/8"), ip_network("2001:db8:ffff::/48"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        # Nobody stands between us and the client: what it says of itself is nothing.
        ("198.51.100.7", [], "198.51.100.7"),
        ("198.51.100.7", ["203.0.113.1"], "198.51.100.7"),
        ("127.0.0.1", ["203.0.113.1"], "127.0.0.1"),
        # Behind our proxy, the nearest entry was written by the proxy, all before it by the client.
        ("10.0.0.2", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.2", ["1.1.1.1, 8.8.8.8, 203.0.113.9"], "203.0.113.9"),
        ("10.0.0.2", ["1.1.1.1", "203.0.113.9"], "203.0.113.9"),
        ("10.0.0.2", ["1.1.1.1, 203.0.113.9, 10.0.0.7"], "203.0.113.9"),
        ("10.0.0.2", ["10.0.0.8, 10.0.0.7"], "10.0.0.8"),
        # Forms that proxies write.
        ("10.0.0.2", ["203.0.113.9:51234"], "203.0.113.9"),
        ("10.0.0.2", ["[2001:db8::5]:443"], "2001:db8::5"),
        ("10.0.0.2", ["::ffff:203.0.113.9"], "203.0.113.9"),
        ("::ffff:10.0.0.2", ["203.0.113.9"], "203.0.113.9"),
        ("2001:db8:ffff::1", ["2001:db8::5"], "2001:db8::5"),
        # What cannot be read counts for whoever passed it on.
        ("10.0.0.2", ["203.0.113.9, inconnu"], "10.0.0.2"),
        ("10.0.0.2", ["203.0.113.9, "], "10.0.0.2"),
        ("10.0.0.2", ["' or 1=1", "203.0.113.9"], "203.0.113.9"),
        ("10.0.0.2", [], "10.0.0.2"),
    ],
)
def test_only_our_own_proxies_are_believed(peer: str, forwarded: list[str], client: str):
    assert client_of(peer, forwarded, PROXIES) == ip_address(client)


def test_an_ipv6_client_is_its_network_of_64():
    """One subscriber has 2^64 addresses: each would be a new client."""
    first, second = (counted(client_of(peer, [], ())) for peer in ("2001:db8:1:2:a::1", "2001:db8:1:2:b:c:d:2%eth0"))
    assert first == second == ip_network("2001:db8:1:2::/64")
    assert counted(client_of("2001:db8:1:3::1", [], ())) != first
    assert str(counted(client_of("203.0.113.9", [], ()))) == "203.0.113.9"
    assert str(counted(client_of("", [], ()))) == "0.0.0.0"  # a Unix socket has no address: all of its are one


@pytest.mark.parametrize(
    ("user_agent", "shown"),
    [
        (f"{MOZILLA} (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        (
            f"{MOZILLA} (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
            "Edge, Windows",
        ),
        (f"{MOZILLA} (iPhone; CPU iPhone OS 18_0 like Mac OS X) {WEBKIT} Version/18.0 Safari/604.1", "Safari, iOS"),
        (f"{MOZILLA} (Macintosh; Intel Mac OS X 15_0) {WEBKIT} Chrome/140.0.0.0 Safari/537.36", "Chrome, macOS"),
        ("python-httpx/0.28", "Autre programme"),
        ("<script>Firefox/</script>", "Firefox"),
        ("", "Autre programme"),
    ],
)
def test_a_browser_is_known_by_its_family(user_agent: str, shown: str):
    assert label(user_agent) == shown
