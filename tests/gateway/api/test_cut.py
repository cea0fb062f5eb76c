"""Row O25: a right that ends, ends at once: a download that is under way is cut within two seconds."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

import psycopg
import pytest

from gateway.api import still
from ledger.account.commands import ChangeMembership, DisableAccount, EndMembership, SuspendMembership
from ledger.account.events import Role
from ledger.document.commands import RecordAnalysis
from ledger.kit.fictitious import fictitious_siren, fictitious_siret
from support.eventually import LOADED, PATIENCE_SECONDS, eventually
from support.gateway import PDF, Gateway

SIZE = 24 << 20  # more than the sockets of both sides hold, at their largest
CUT_SECONDS = 2.0
CHUNK = 16 * 1024
PACE_SECONDS = 0.1


@dataclass
class Download:
    """A client that reads at its leisure, so that the document takes two minutes and a half."""

    connection: socket.socket
    pace_seconds: float
    received: int = 0
    status: str = ""
    begun: threading.Event = field(default_factory=threading.Event)
    hurried: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    def read(self) -> None:
        while True:
            try:
                piece = self.connection.recv(CHUNK)
            except OSError:
                break
            if not piece:
                break
            self.status = self.status or piece[9:12].decode()
            self.received += len(piece)
            self.begun.set()
            self.hurried.wait(self.pace_seconds)
        self.ended.set()


@contextmanager
def downloading(
    gateway: Gateway,
    document: str,
    headers: dict[str, str],
    *,
    pace_seconds: float = PACE_SECONDS,
    archived: bool = False,
) -> Iterator[Download]:
    """A download of the document, alone or as an archive of it, that has begun."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
    # Closed by a reset: a server that has bytes left for it would else ask after it for two minutes.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.connect(("127.0.0.1", gateway.client.base_url.port or 80))
    request, body = f"GET /v1/documents/{document}/content", b""
    if archived:
        request, body = "POST /v1/documents/archive", json.dumps({"document_ids": [document]}).encode()
        headers = {**headers, "Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in {"Host": "127.0.0.1", **headers}.items())
    connection.sendall(f"{request} HTTP/1.1\r\n{lines}\r\n".encode() + body)
    download = Download(connection, pace_seconds)
    thread = threading.Thread(target=download.read)
    thread.start()
    try:
        assert download.begun.wait(PATIENCE_SECONDS), "the download does not begin"
        assert download.status == "200"
        yield download
    finally:
        download.hurried.set()
        if not download.ended.is_set():
            connection.shutdown(socket.SHUT_RDWR)
        thread.join(PATIENCE_SECONDS)
        connection.close()


@dataclass(frozen=True)
class Places:
    """An organisation with three establishments, and a large document that the first two see."""

    organisation: UUID
    first: UUID
    second: UUID
    third: UUID
    document: str


@pytest.fixture(scope="module")
def places(gateway: Gateway) -> Places:
    n = gateway.number()
    named = {"siren": fictitious_siren(n), "name": f"Organisme {n}", "kinds": ["provider"]}
    organisation = gateway.done("case-manager", "/v1/organisations", named)
    first, second, third = (establishment(gateway, organisation, n, nth) for nth in range(3))
    _, company = gateway.organisation("member")
    dossier = gateway.dossier(first, company, provider_establishment_ids=[str(first), str(second)])
    large = PDF + b"%" * (SIZE - len(PDF))
    answer = gateway.deposited(content=large, category="fund-document", dossier_ids=[str(dossier)])
    assert answer.status_code == 201, answer.text
    return Places(organisation, first, second, third, str(answer.json()["id"]))


def establishment(gateway: Gateway, organisation: UUID, n: int, nth: int) -> UUID:
    named = {"number": f"{n:04d}{nth:03d}", "siret": fictitious_siret(n, nth), "name": "Lieu", "trade_name": "Lieu"}
    address = {"street": "2 rue de l'Exemple", "postcode": "75001", "town": "Modèleville"}
    body = {"organisation_id": str(organisation), "nda": f"{n:011d}", **named, **address}
    return gateway.done("case-manager", "/v1/establishments", body)


def user(gateway: Gateway, places: Places) -> str:
    """A user of both establishments."""
    name = f"lecteur-{gateway.number()}"
    both = [(places.organisation, places.first)]
    gateway.account(name, Role.PORTAL, *both)
    change(gateway, name, places, [places.first, places.second])
    gateway.engine.catch_up()
    return name


def change(gateway: Gateway, name: str, places: Places, establishments: list[UUID]) -> None:
    team = {"organisation_id": places.organisation, "kind": "provider", "profile": "user"}
    order = {"account_id": gateway.accounts[name], "establishment_ids": establishments, **team}
    gateway.service.ledger.execute(ChangeMembership.model_validate(order), actor=None)


def disable(gateway: Gateway, name: str, _: Places) -> None:
    order = DisableAccount(account_id=gateway.accounts[name], on=date(2026, 3, 2))
    gateway.service.ledger.execute(order, actor=None)


def suspend(gateway: Gateway, name: str, places: Places) -> None:
    team = {"account_id": gateway.accounts[name], "organisation_id": places.organisation, "kind": "provider"}
    gateway.service.ledger.execute(SuspendMembership.model_validate(team), actor=None)


def end(gateway: Gateway, name: str, places: Places) -> None:
    team = {"account_id": gateway.accounts[name], "organisation_id": places.organisation, "kind": "provider"}
    gateway.service.ledger.execute(EndMembership.model_validate(team), actor=None)


def revoke(gateway: Gateway, name: str, _: Places) -> None:
    for token in gateway.service.tokens.all(account_id=gateway.accounts[name]):
        gateway.service.tokens.revoke(token.token_id)


def cut_at(gateway: Gateway, name: str) -> datetime | None:
    """When the journal says that a download of the account was cut; None where it has not been."""
    question = "select at from auth.journal where account_id = %s and kind = 'refusal' and outcome = 'cut'"
    with psycopg.connect(gateway.settings.database_url) as connection:
        row = connection.execute(question, (gateway.accounts[name],)).fetchone()
    return None if row is None else row[0]


def is_cut(gateway: Gateway, name: str, download: Download) -> datetime:
    """Wait until it is, as the journal says, and until nothing more of it arrives: it is not whole."""
    at = eventually(lambda: cut_at(gateway, name), "the download goes on")
    assert at is not None
    download.hurried.set()  # what is under way on the network arrives; the rest never does
    assert download.ended.wait(PATIENCE_SECONDS)
    assert download.received < SIZE
    return at


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the right is still there is asked ten times a second."""
    monkeypatch.setattr(still, "EVERY_SECONDS", 0.1)


def now(gateway: Gateway) -> datetime:
    with psycopg.connect(gateway.settings.database_url) as connection:
        row = connection.execute("select clock_timestamp()").fetchone()
    assert row is not None
    at: datetime = row[0]
    return at


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize(
    ("ending", "late"), [(disable, True), (suspend, False), (suspend, True), (end, False), (revoke, False)]
)
def test_a_download_ends_with_the_right_to_it(
    gateway: Gateway, places: Places, ending: Callable[[Gateway, str, Places], None], late: bool
):
    """Disabled, deactivated in the organisation, taken out of it, token revoked: also where the read model lags."""
    name = user(gateway, places)
    with downloading(gateway, places.document, gateway.headers(name)) as download:
        ending(gateway, name, places)
        if not late:
            gateway.engine.catch_up()
        is_cut(gateway, name, download)
    gateway.engine.catch_up()


@pytest.mark.usefixtures("often")
def test_a_client_that_reads_nothing_is_cut_as_well(gateway: Gateway, places: Places):
    """The question is asked beside the stream: a download is not kept open by its own slowness."""
    name = user(gateway, places)
    with downloading(gateway, places.document, gateway.headers(name), pace_seconds=PATIENCE_SECONDS) as download:
        disable(gateway, name, places)
        gateway.engine.catch_up()
        eventually(lambda: cut_at(gateway, name), "the download goes on")
        assert download.received <= 2 * CHUNK


def test_a_download_ends_with_its_session(gateway: Gateway, places: Places):
    """Signed out elsewhere, or the session ended from the list: what it was reading ends, within two seconds."""
    name = user(gateway, places)
    browser = gateway.session(name)
    cookie = {"Cookie": f"__Host-session={browser.session}"}
    with downloading(gateway, places.document, cookie) as download:
        assert browser.delete("/v1/session").status_code == 204
        ended = now(gateway)
        assert (is_cut(gateway, name, download) - ended).total_seconds() < CUT_SECONDS + LOADED


@pytest.mark.usefixtures("often")
def test_a_document_that_leaves_ones_sight_is_cut(gateway: Gateway, places: Places):
    """One of two establishments is taken away: the other still shows the document. Both: it is gone."""
    name = user(gateway, places)
    with downloading(gateway, places.document, gateway.headers(name)) as download:
        change(gateway, name, places, [places.second])
        gateway.engine.catch_up()
        time.sleep(1)  # it would have been by now
        assert cut_at(gateway, name) is None
        change(gateway, name, places, [places.third])
        gateway.engine.catch_up()
        is_cut(gateway, name, download)


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize(("staff", "archived"), [(False, False), (True, True)])
def test_a_document_that_is_put_in_quarantine_is_cut(gateway: Gateway, places: Places, staff: bool, archived: bool):
    """Something is found in it while it is sent: whoever asked, the fund included, gets no more of it, or of a ZIP."""
    role = Role.CASE_MANAGER
    name = gateway.account(f"gestionnaire-{gateway.number()}", role) if staff else user(gateway, places)
    with downloading(gateway, places.document, gateway.headers(name), archived=archived) as download:
        judge(gateway, places, "infected")
        is_cut(gateway, name, download)
    judge(gateway, places, "clean")


def judge(gateway: Gateway, places: Places, verdict: str) -> None:
    told = {"document_id": places.document, "verdict": verdict, "engine": "essai"}
    gateway.service.ledger.execute(RecordAnalysis.model_validate(told), actor=None)
    gateway.engine.catch_up()


@pytest.mark.usefixtures("often")
def test_nobody_else_is_cut(gateway: Gateway, places: Places):
    """Another user is disabled meanwhile: this download arrives whole."""
    name, other = user(gateway, places), user(gateway, places)
    with downloading(gateway, places.document, gateway.headers(name)) as download:
        disable(gateway, other, places)
        gateway.engine.catch_up()
        time.sleep(1)  # it would have been by now
        assert cut_at(gateway, name) is None
        download.hurried.set()
        eventually(lambda: download.received >= SIZE, lambda: download.received)
