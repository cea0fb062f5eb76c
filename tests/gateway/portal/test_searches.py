"""A name that is looked for stands in no address, log line or Referer; its id is its own session's, and no other's."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from uuid import UUID, uuid4

import pytest

from gateway import logging
from gateway.auth import searches
from gateway.sweeping import sweep
from ledger.account.events import Role
from ledger.log.database import Role as DatabaseRole
from support.gateway import Gateway
from support.reader import Page, Reader

LOOK = "/of/dossiers/recherche"
GONE = "Cette recherche n'existe plus"
NAMES = ["Stagiaire", "Ben-Zéruel d'Ôlimar", "%", "'; drop table read.dossier --", "\u202eelgoog", "x" * 100]


@pytest.fixture
def place(gateway: Gateway) -> tuple[UUID, UUID]:
    """A provider's organisation and establishment, with one dossier."""
    organisation, establishment = gateway.organisation()
    _, company = gateway.organisation("member")
    gateway.dossier(establishment, company)
    return organisation, establishment


@pytest.fixture
def reader(gateway: Gateway, place: tuple[UUID, UUID]) -> Reader:
    return _somebody(gateway, place)


def _somebody(gateway: Gateway, place: tuple[UUID, UUID]) -> Reader:
    name = gateway.account(f"cherche-{gateway.number()}", Role.PORTAL, place)
    return Reader(gateway.session(name))


def _look(reader: Reader, **filters: str) -> Page:
    return reader.send(reader.open("/of/dossiers").form(LOOK), **filters)


@pytest.fixture
def log(gateway: Gateway) -> Iterator[StringIO]:
    """What the gateway writes meanwhile."""
    written = StringIO()
    logging.configure(stream=written)
    yield written
    logging.configure()


@pytest.mark.parametrize("name", NAMES)
def test_a_name_stands_in_no_address_and_no_log_line(gateway: Gateway, reader: Reader, log: StringIO, name: str):
    """O30, Nom du stagiaire: posted, kept sealed, shown again in the form; the address has an id alone."""
    page = _look(reader, trainee_name=name)
    assert page.location.startswith("/of/dossiers?recherche=")
    assert UUID(page.location.partition("=")[2]).version == 4
    found = reader.open(page.location)
    assert found.status in {200, 422}  # a name of two letters at least is looked for
    assert found.form(LOOK).fields["trainee_name"] == name
    assert "/of/dossiers" in log.getvalue()
    if len(name) > 1:
        assert name not in log.getvalue()
        assert not [link for link in found.links if name in link]
    with gateway.service.database.transaction(DatabaseRole.AUTH) as connection:
        rows = connection.execute("select t::text as row from auth.search t").fetchall()
    assert len(name) == 1 or not [row for row in rows if name in row["row"]]


def test_other_filters_stand_in_the_address(reader: Reader):
    """What is nobody's name can be bookmarked."""
    assert _look(reader, scheme="PLAN", starts_from="2026-01-01").location == (
        "/of/dossiers?scheme=PLAN&starts_from=2026-01-01"
    )


def test_a_name_in_an_address_is_refused(reader: Reader):
    """Bad input: who writes the name there by hand is shown the form, and no rows."""
    page = reader.open("/of/dossiers?trainee_name=Stagiaire")
    assert page.status == 422


def test_a_search_is_found_again_in_its_own_session_alone(gateway: Gateway, place: tuple[UUID, UUID], reader: Reader):
    """A colleague with the same rights, another provider, the same account in another session, and an id that never
    was: one and the same page.
    """
    address = _look(reader, trainee_name="Stagiaire").location
    assert reader.open(address).status == 200
    assert reader.open(address).status == 200  # the back button
    others = [_somebody(gateway, place), _somebody(gateway, gateway.organisation())]
    pages = [other.open(address) for other in others]
    pages += [reader.open(f"/of/dossiers?recherche={each}") for each in (uuid4(), "1", "x" * 300, "%27")]
    assert {(page.status, page.heading) for page in pages} == {(404, GONE)}
    assert all("/of/dossiers" in page.links for page in pages)


def test_a_search_ends_with_its_session(gateway: Gateway, place: tuple[UUID, UUID]):
    """Signing out and in again is another session: what was looked for is forgotten, then swept away."""
    name = gateway.account(f"revient-{gateway.number()}", Role.PORTAL, place)
    reader = Reader(gateway.session(name))
    address = _look(reader, trainee_name="Stagiaire").location
    reader.send(reader.open("/of/dossiers").form("/deconnexion"))
    again = Reader(gateway.session(name))
    assert (again.open(address).status, again.open(address).heading) == (404, GONE)
    assert _rows(gateway, address) == 1
    sweep(gateway.service)
    assert _rows(gateway, address) == 0


def test_an_old_search_is_gone_and_each_look_keeps_it(gateway: Gateway, reader: Reader):
    """Twelve hours after it was last looked at."""
    address = _look(reader, trainee_name="Stagiaire").location
    _used(gateway, address, "11 hours 59 minutes")
    assert reader.open(address).status == 200
    _used(gateway, address, "12 hours 1 minute")
    assert (reader.open(address).status, reader.open(address).heading) == (404, GONE)
    sweep(gateway.service)
    assert _rows(gateway, address) == 0


def test_a_session_keeps_fifty_and_the_oldest_goes(gateway: Gateway, reader: Reader):
    first, *others = [_look(reader, trainee_name=f"Nom {n}").location for n in range(searches.MOST // 10 + 2)]
    session_id = _session_of(gateway, first)
    with gateway.service.database.transaction(DatabaseRole.AUTH) as connection:
        row = connection.execute("select * from auth.search where session_id = %s limit 1", (session_id,)).fetchone()
        assert row is not None
        for _ in range(searches.MOST):
            connection.execute(
                "insert into auth.search (account_id, session_id, kind, filters_sealed) values (%s, %s, %s, %s)",
                (row["account_id"], session_id, row["kind"], row["filters_sealed"]),
            )
    last = _look(reader, trainee_name="Le dernier").location
    assert reader.open(first).status == 404
    assert reader.open(last).status == 200
    assert others


def test_a_key_that_was_destroyed_ends_the_search(gateway: Gateway, place: tuple[UUID, UUID]):
    """Erasure of the person who asked: what she had looked for opens to nothing, and reads as gone."""
    name = gateway.account(f"oubliee-{gateway.number()}", Role.PORTAL, place)
    reader = Reader(gateway.session(name))
    address = _look(reader, trainee_name="Stagiaire").location
    with gateway.service.database.transaction(DatabaseRole.AUTH) as connection:
        row = connection.execute(
            "select a.person_id from read.account a where a.account_id = %s", (gateway.accounts[name],)
        ).fetchone()
    assert row is not None
    gateway.service.keyring.destroy(row["person_id"])
    page = reader.open(address)
    assert (page.status, page.heading) == (404, GONE)


def _rows(gateway: Gateway, address: str) -> int:
    with gateway.service.database.transaction(DatabaseRole.AUTH) as connection:
        row = connection.execute(
            "select count(*) as n from auth.search where search_id = %s", (address.partition("=")[2],)
        ).fetchone()
    return 0 if row is None else int(row["n"])


def _session_of(gateway: Gateway, address: str) -> UUID:
    with gateway.service.database.transaction(DatabaseRole.AUTH) as connection:
        row = connection.execute(
            "select session_id from auth.search where search_id = %s", (address.partition("=")[2],)
        ).fetchone()
    assert row is not None
    found: UUID = row["session_id"]
    return found


def _used(gateway: Gateway, address: str, ago: str) -> None:
    with gateway.service.database.transaction(DatabaseRole.AUTH) as connection:
        connection.execute(
            "update auth.search set used_at = now() - %s::interval where search_id = %s",
            (ago, address.partition("=")[2]),
        )
