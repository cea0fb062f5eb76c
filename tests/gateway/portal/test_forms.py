"""Forms: what comes in is small and once; a double submit is one order; a forged or stale one is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

import gateway.api.app as application
from gateway.api.dossier_reading import DossierSearch
from gateway.portal.forms import Form, checked
from ledger.account.events import Role
from ledger.kit.fictitious import fictitious_siren
from support.databases import Cluster
from support.gateway import Gateway, running_gateway
from support.orderly import ORDER, order_pages
from support.reader import FORM, HTML, PageForm, Reader


@pytest.fixture(scope="module")
def gateway(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    place: Path = tmp_path_factory.mktemp("forms")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(application, "ROUTERS", (*application.ROUTERS, order_pages()))
        with running_gateway(cluster, place) as running:
            yield running


@pytest.fixture
def manager(gateway: Gateway) -> Reader:
    return Reader(gateway.session("case-manager"))


def _form(reader: Reader, **fields: str) -> PageForm:
    token = reader.open("/profil").form("/deconnexion").fields["csrf_token"]
    return PageForm(ORDER, {"csrf_token": token, "demande": "d-1", **fields})


def _head(gateway: Gateway) -> int:
    return gateway.service.ledger.log_recorder.max_notification_id() or 0


def _organisation(gateway: Gateway) -> dict[str, str]:
    number = gateway.number()
    return {"siren": fictitious_siren(number), "name": f"Organisme d'essai {number}"}


def test_a_double_submit_is_one_order(gateway: Gateway, manager: Reader):
    """Bad input of the issue: the same form sent three times records once and answers alike."""
    form = _form(manager, **_organisation(gateway))
    before = _head(gateway)
    pages = [manager.send(form) for _ in range(3)]
    assert [page.location for page in pages] == ["/of"] * 3
    assert _head(gateway) == before + 1


def test_the_same_form_with_something_else_in_it_is_refused(gateway: Gateway, manager: Reader):
    """A page sent again after its fields were changed is another order: it says so and records nothing."""
    form = _form(manager, **_organisation(gateway), demande="d-2")
    assert manager.send(form).status == 303
    before = _head(gateway)
    page = manager.send(form, name="Autre nom")
    assert page.status == 422
    assert page.alerts
    assert _head(gateway) == before


def test_a_form_without_its_demand_has_expired(gateway: Gateway, manager: Reader):
    before = _head(gateway)
    for demand in (None, "", "x" * 300, "é", "a b"[1:2] + "\x07"):
        page = manager.send(_form(manager, **_organisation(gateway)), demande=demand)
        assert (page.status, page.heading) == (403, "La page a expiré")
    assert _head(gateway) == before


@pytest.mark.parametrize("what", ["missing", "another session's", "foreign origin", "cross-site"])
def test_a_forged_form_does_nothing(gateway: Gateway, manager: Reader, what: str):
    """CSRF: without the token, with another session's, from another origin: 403 as a page, nothing recorded."""
    form, headers = _form(manager, **_organisation(gateway)), {}
    if what == "missing":
        form.fields.pop("csrf_token")
    elif what == "another session's":
        form.fields["csrf_token"] = _form(Reader(gateway.session("accountant"))).fields["csrf_token"]
    else:
        headers = {"Origin": "https://evil.example"} if what == "foreign origin" else {"Sec-Fetch-Site": "cross-site"}
    before = _head(gateway)
    page = manager.send(form, headers=headers)
    assert (page.status, page.heading) == (403, "La page a expiré")
    assert "rien n'a été enregistré" in page.text.replace("&#39;", "'")
    assert _head(gateway) == before


def test_a_stale_page_after_deactivation_leads_to_the_sign_in(gateway: Gateway):
    """Bad input of the issue: the account is disabled while its form is open: sign in again, nothing recorded."""
    name = gateway.account(f"partie-{gateway.number()}", Role.CASE_MANAGER)
    reader = Reader(gateway.session(name))
    form = _form(reader, **_organisation(gateway), demande="d-3")
    gateway.done("operator", f"/v1/accounts/{gateway.accounts[name]}/disablement", {"on": "2026-03-01"})
    before = _head(gateway)
    page = reader.send(form)
    assert page.location == "/connexion?fait=session-finie"
    assert _head(gateway) == before
    assert "rien n'a été enregistré" in reader.open(page.location).text.replace("&#39;", "'")


def test_a_page_whose_right_one_has_not_is_not_there(gateway: Gateway):
    """A user of a provider sends the case manager's form: 404 as for an address that does not exist."""
    name = gateway.account(f"curieuse-{gateway.number()}", Role.PORTAL, gateway.organisation())
    reader = Reader(gateway.session(name))
    before = _head(gateway)
    page = reader.send(_form(reader, **_organisation(gateway)))
    assert (page.status, page.heading) == (404, "Cette page n'existe pas")
    assert _head(gateway) == before


def test_what_the_order_refuses_is_told_at_its_field(gateway: Gateway, manager: Reader):
    """The API's own French sentences; an unknown field, a wrong number and a text too long record nothing."""
    before = _head(gateway)
    for changed in ({"siren": "123"}, {"name": "x" * 10_000}, {"surprise": "1"}, {"name": ""}):
        page = manager.send(_form(manager, **{**_organisation(gateway), **changed}))
        assert page.status == 422
        assert page.title.startswith("Erreur : ")
        assert page.alerts
    assert _head(gateway) == before


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"a=1&a=2", 400),
        (b"a=%00", 400),
        (b"a=%ff", 400),
        ("a=é".encode(), 400),
        (b"&".join(b"f%d=1" % n for n in range(60)), 400),
        (b"a=" + b"x" * 70_000, 413),
        (b"a", 400),
    ],
)
def test_what_is_no_form_of_ours_is_refused_as_a_page(gateway: Gateway, raw: bytes, status: int):
    """Twice the same field, NUL, broken text, too many fields, too much: told on a page."""
    reader = Reader(gateway.browser())
    answer = reader.browser.send("POST", "/connexion", content=raw, headers={"Accept": HTML, "Content-Type": FORM})
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")


def test_json_is_no_form(gateway: Gateway):
    reader = Reader(gateway.browser())
    answer = reader.browser.send("POST", "/connexion", json={"email": "x"}, headers={"Accept": HTML})
    assert (answer.status_code, answer.headers["content-type"][:9]) == (415, "text/html")


def test_days_are_read_as_they_are_typed():
    """JJ/MM/AAAA where the browser has no calendar; an impossible day and a number are told at their field."""
    found = checked(DossierSearch, Form.of({"starts_from": "01/03/2026", "ends_until": "2026-03-31"}))
    assert isinstance(found, DossierSearch)
    assert (str(found.starts_from), str(found.ends_until)) == ("2026-03-01", "2026-03-31")
    for text in ("31/02/2026", "demain", "1664582400"):
        wrong = checked(DossierSearch, Form.of({"starts_from": text}))
        assert isinstance(wrong, Form)
        assert list(wrong.faults) == ["starts_from"]
        assert wrong.text("starts_from") == text


def test_empty_fields_are_absent_and_unknown_ones_refused():
    assert checked(DossierSearch, Form.of({"number": "", "csrf_token": "x"})) == DossierSearch()
    wrong = checked(DossierSearch, Form.of({"surprise": "1"}))
    assert isinstance(wrong, Form)
    assert list(wrong.faults) == ["surprise"]
    assert urlencode(wrong.fields) == "surprise=1"
