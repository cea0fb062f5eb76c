"""Too much at once, on pages: 429 in French with `Retry-After`, nothing done, and the same form does it later."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from support.company import Company, company, head, mails
from support.forms import send
from support.gateway import Gateway
from support.reader import Page, Reader
from support.team_pages import new_user

SPENT = "update auth.allowance set level = 1e6, at = now()"
FORGIVEN = "delete from auth.allowance"
SEARCH = "/of/dossiers/recherche"


@pytest.fixture
def firm(gateway: Gateway) -> Company:
    return company(gateway)


@pytest.fixture
def reader(gateway: Gateway, firm: Company) -> Reader:
    return Reader(gateway.session(firm.referent(f"pressee-{gateway.number()}")))


def counted(gateway: Gateway, query: str) -> None:
    with psycopg.connect(gateway.settings.database_url) as connection:
        connection.execute(query)


def search(firm: Company, reader: Reader, turn: int) -> Page:
    """O30: by a name."""
    return reader.send(reader.open("/of/dossiers").form(SEARCH), trainee_name="stagiaire")


def ask_for_a_link(firm: Company, reader: Reader, turn: int) -> Page:
    """O2, from one address."""
    guest = Reader(firm.gateway.browser())
    return guest.send(guest.open("/mot-de-passe-oublie").form("/mot-de-passe-oublie"), email="personne@example.org")


def invite(firm: Company, reader: Reader, turn: int) -> Page:
    """O24: a mail to somebody new."""
    form = new_user(reader.browser, firm, email=f"nouvelle-{firm.organisation}-{turn}@example.org")
    return Page.of(send(reader.browser, form))


@pytest.mark.parametrize("step", [search, ask_for_a_link, invite])
def test_too_many_is_said_with_when_to_come_back(
    gateway: Gateway, firm: Company, reader: Reader, step: Callable[[Company, Reader, int], Page]
):
    """Refused for now, and nothing is done; once there is room again it is."""
    assert step(firm, reader, 1).status in {200, 303}
    counted(gateway, SPENT)
    before, sent = head(gateway), len(mails(gateway))
    page = step(firm, reader, 2)
    assert (page.status, head(gateway), len(mails(gateway))) == (429, before, sent)
    assert int(page.answer.headers["retry-after"]) > 0
    assert "Réessayez dans" in page.text
    counted(gateway, FORGIVEN)
    assert step(firm, reader, 2).status in {200, 303}
