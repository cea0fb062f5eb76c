"""A Host header of another site gets nothing, whatever it asks."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from httpx import Client, Response

from gateway.api.app import create_app
from gateway.settings import Settings
from support.gateway import Gateway, served


def asked(client: Client, path: str, host: str | None) -> Response:
    return client.get(path, headers={"Host": host} if host is not None else {})


def raw(client: Client, head: str) -> str:
    """What the server says to a request that no library would send."""
    with socket.create_connection(("127.0.0.1", client.base_url.port or 80), timeout=10) as connection:
        connection.sendall(head.encode("latin-1"))
        received = b""
        while piece := connection.recv(65536):
            received += piece
    return received.decode("latin-1")


@pytest.fixture(scope="module")
def public(gateway: Gateway) -> Iterator[Client]:
    """The same deployment, as one that people reach at https://espace.example."""
    settings = replace(gateway.settings, public_url="https://espace.example", allowed_hosts=("interne.example",))
    with served(create_app(settings)) as (client, _):
        yield client


@pytest.mark.parametrize(
    "host",
    [
        "autre.example",
        "espace.example.autre.example",
        "espace.example@autre.example",
        "espace.example:pas-un-port",
        "127.0.0.1",
        "localhost",
        "[::1]",
    ],
)
def test_a_host_of_another_site_is_told_nothing(public: Client, gateway: Gateway, host: str):
    """421 in French, even to a caller with a good token and to one who signs in; nothing of the host is repeated."""
    for path in ("/v1/me", "/v1/openapi.json", "/liens/aucun", "/"):
        answer = public.get(path, headers={"Host": host, **gateway.headers("operator")})
        assert answer.status_code == 421, path
        assert answer.json()["type"] == "/problems/unknown-host"
        assert answer.json()["detail"] == "Ce service ne répond pas à cette adresse."
        assert "autre.example" not in answer.text
    refused = public.post("/v1/session", headers={"Host": host}, json={"email": "a@example.org", "password": "x"})
    assert refused.status_code == 421


def rows(gateway: Gateway) -> tuple[int, ...]:
    """How much there is that a request could have added to."""
    tables = ("log.events", "auth.wish", "auth.session", "auth.throttle", "auth.allowance", "auth.journal", "auth.mail")
    with psycopg.connect(gateway.settings.database_url) as connection:
        counted = ", ".join(f"(select count(*) from {table})" for table in tables)
        row = connection.execute(f"select {counted}".encode()).fetchone()
    assert row is not None
    return row


def test_a_host_of_another_site_changes_nothing(public: Client, gateway: Gateway):
    """An order with a good token, a sign-in, the request of a link that would be built from it: nothing is noted."""
    before = rows(gateway)
    organisation = {"siren": "999000011", "name": "Organisme", "kinds": ["provider"]}
    for who, path, body in (
        ("case-manager", "/v1/organisations", organisation),
        (None, "/v1/password-reset", {"email": gateway.emails["operator"]}),
        (None, "/v1/session", {"email": gateway.emails["operator"], "password": "Exemple-de-phrase-2026"}),
    ):
        headers = {"Host": "autre.example", "Idempotency-Key": "un-hote", **gateway.headers(who)}
        answer = public.post(path, json=body, headers=headers)
        assert answer.status_code == 421, path
        assert "set-cookie" not in answer.headers
        assert gateway.emails["operator"] not in answer.text
    assert rows(gateway) == before


@pytest.mark.parametrize("host", ["espace.example", "ESPACE.example.", "espace.example:8443", "interne.example"])
def test_our_own_hosts_are_answered(public: Client, gateway: Gateway, host: str):
    answer = public.get("/v1/projections", headers={"Host": host, **gateway.headers("operator")})
    assert answer.status_code == 200


def test_a_forwarded_host_is_not_read(public: Client, gateway: Gateway):
    """X-Forwarded-Host and Forwarded open nothing, and break nothing."""
    said = {"X-Forwarded-Host": "espace.example", "Forwarded": "host=espace.example"}
    assert public.get("/v1/projections", headers={"Host": "autre.example", **said}).status_code == 421
    foreign = {"X-Forwarded-Host": "autre.example", "Forwarded": "host=autre.example"}
    ours = {"Host": "espace.example", **foreign, **gateway.headers("operator")}
    assert public.get("/v1/projections", headers=ours).status_code == 200


def test_two_hosts_or_none_are_none_of_ours(public: Client):
    twice = "GET /v1/me HTTP/1.1\r\nHost: espace.example\r\nHost: autre.example\r\nConnection: close\r\n\r\n"
    assert raw(public, twice).split(" ")[1] in {"400", "421"}
    assert raw(public, "GET /v1/me HTTP/1.0\r\n\r\n").split(" ")[1] == "421"


def test_probes_ask_by_address(public: Client):
    """Whoever looks after the process does not know its public name; these answers say nothing of anybody."""
    assert asked(public, "/healthz", "10.1.2.3:8000").status_code == 200
    assert asked(public, "/readyz", "10.1.2.3:8000").status_code in {200, 503}


def test_without_a_public_url_the_loopback_alone_is_answered(gateway: Gateway):
    """A ledger that was started for a look is not reached by another site's name that points to 127.0.0.1."""
    for host in ("127.0.0.1", "localhost:8000", "[::1]:8000", "demo.localhost"):
        assert gateway.get("operator", "/v1/projections", headers={"Host": host}).status_code == 200, host
    for host in ("autre.example", "192.168.1.10", "localhost.autre.example"):
        assert gateway.client.get("/v1/projections", headers={"Host": host}).status_code == 421, host


def test_the_refusal_is_logged_without_the_host(public: Client, capfd: pytest.CaptureFixture[str], tmp_path: Path):
    asked(public, "/v1/me", "marque.autre.example")
    assert "marque" not in capfd.readouterr().err


def test_settings_compare_names_alone():
    settings = Settings("postgresql://x/y", "postgresql://x/z", public_url="http://localhost:8123")
    assert settings.answers_to("127.0.0.1")
    assert settings.public_host == "localhost"
    assert not settings.answers_to("localhost.autre.example")
