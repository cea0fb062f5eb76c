"""Who a page lets in: the action's own right, the session alone, and a detour for what must come first."""

from __future__ import annotations

from itertools import pairwise

import pytest

from gateway.page_rights import PAGES
from gateway.portal import spaces
from gateway.portal.menu import menu_of
from gateway.portal.spaces import OF, address, exists, home_of, spaces_of
from gateway.rights import RIGHTS, actions_of
from ledger.account.events import Role
from support.gateway import Gateway
from support.reader import HTML, Reader
from support.signing_in import accept_terms

READS = {
    "show_home": ("list_establishments", "list_dossiers", "list_transfers", "list_transfer_months"),
    "show_dossiers": ("list_dossiers", "list_establishments"),
    "look_for_dossiers": ("search_dossiers", "list_dossiers", "list_establishments"),
    "show_dossier": ("get_dossier", "list_dossier_trainees"),
    "show_dossier_transfers": ("get_dossier", "list_dossier_transfers"),
    "show_dossier_documents": ("get_dossier", "list_dossier_documents"),
    "show_dossier_history": ("get_dossier", "get_dossier_history"),
    "show_transfers": ("list_transfers", "list_establishments"),
    "show_transfer": ("get_transfer",),
    "show_months": ("list_transfer_months", "list_establishments"),
    "show_establishments": ("list_establishments",),
    "look_for_establishments": ("search_establishments", "list_establishments"),
    "show_establishment": ("get_establishment",),
    "show_establishment_documents": ("get_establishment", "list_establishment_documents"),
    "show_users": ("list_team_users",),
    "show_team": ("list_team_users",),
    "look_for_users": ("search_team_users", "list_team_users"),
    "save_users_page": ("suspend_membership", "resume_membership"),
    "show_user": ("get_team_user", "list_team_establishments"),
    "see_all_establishments": ("get_team_user", "list_team_establishments"),
    "show_new_user": ("list_team_employees", "list_team_establishments"),
    "change_user_page": ("change_membership", "set_menu_rights"),
    "download_document": ("get_document_content",),
}
"""What each page reads: all of it is open to the same."""


@pytest.fixture
def name(gateway: Gateway) -> str:
    return gateway.account(f"visite-{gateway.number()}", Role.PORTAL, gateway.organisation())


def test_a_page_borrows_an_actions_right():
    """No page has a row of its own, and none is among what `/v1/me` says."""
    for page, action in PAGES.items():
        assert RIGHTS[page] is RIGHTS[action]
        assert action not in PAGES


@pytest.mark.parametrize("page", READS)
def test_what_a_page_reads_is_open_to_the_same(page: str):
    """A head and its tab have one scope: none is read by whoever could not ask the API for it."""
    rights = [RIGHTS[page], *(RIGHTS[action] for action in READS[page])]
    assert all(dict(one.audiences) == dict(next_.audiences) for one, next_ in pairwise(rights))


def test_pages_are_no_actions(gateway: Gateway, name: str):
    """`/v1/me` lists what a program may do: a page's name is nothing to it."""
    actions = gateway.session(name).get("/v1/me").json()["actions"]
    assert not set(actions) & set(PAGES)
    assert "list_dossiers" in actions
    assert actions_of


def test_a_programs_token_opens_no_page(gateway: Gateway, name: str):
    """Pages look at the cookie alone: a bearer is passed over, also one beside a good session."""
    answer = gateway.client.get("/of/dossiers", headers={**gateway.headers(name), "Accept": HTML})
    assert (answer.status_code, answer.headers["location"]) == (303, "/connexion?suite=%2Fof%2Fdossiers")
    reader = Reader(gateway.session(name))
    assert reader.open("/of/dossiers", headers={"Authorization": "Bearer dlt_faux"}).status == 200


def test_the_terms_come_before_any_page(gateway: Gateway, name: str):
    """O4: nothing of the space is shown before they were answered, and what was asked for is not forgotten."""
    password = gateway.password(name)
    reader = Reader(gateway.browser())
    assert reader.sign_in(gateway.emails[name], password).location == "/conditions"
    for path in ("/of", "/of/dossiers", "/of/reglements", "/profil"):
        assert reader.open(path, follow=False).location.startswith("/conditions")
    accept_terms(gateway, name)
    assert reader.open("/of/dossiers").status == 200


def test_what_one_may_not_see_is_not_there(gateway: Gateway, name: str):
    """An operator has no right to dossiers: the page looks absent, as for an address that never was."""
    gateway.password("operator")
    reader = Reader(gateway.session("operator"))
    refused, absent = reader.open("/of/dossiers"), reader.open("/of/nulle-part")
    assert (refused.status, refused.heading) == (absent.status, absent.heading) == (404, "Cette page n'existe pas")


def test_the_head_says_who_and_until_when(gateway: Gateway, name: str):
    """O10: the person's name and the way out on every page; the foot says when the session ends."""
    page = Reader(gateway.session(name)).open("/of/dossiers")
    assert "ESSAI" in page.text.upper()
    assert {"/deconnexion", "/session/prolongation"} <= {form.action for form in page.forms}
    assert "data-session-end" in page.text
    assert "Espace Organisme de formation" in page.title


def test_an_htmx_request_is_led_away_by_its_own_header(gateway: Gateway):
    """A 303 would be followed by the script and swapped into the page: the browser goes as a whole."""
    answer = gateway.client.get("/of/dossiers", headers={"HX-Request": "true", "Accept": "*/*"})
    assert answer.status_code == 200
    assert answer.headers["hx-redirect"].startswith("/connexion")
    assert "location" not in answer.headers
    assert not answer.content


def test_the_menu_shows_what_is_open_and_built(gateway: Gateway):
    """O10: its order, no entry without a right, no dead entry, one current at most."""
    everything = menu_of(OF, lambda _: True, "/of/dossiers/1/reglements")
    labels = [entry.label for entry in everything]
    assert labels[0] == "Accueil"
    assert labels.index("Suivre mes dossiers de formation") < labels.index("Consulter mes règlements")
    assert [entry.label for entry in everything if entry.current] == ["Suivre mes dossiers de formation"]
    assert all(not entry.path.endswith("/") for entry in everything)
    assert not menu_of(OF, lambda _: False)
    assert all(entry.label != "Gérer mes utilisateurs" for entry in everything) is not exists("show_users", OF)


def test_each_account_has_its_space():
    """A provider's goes to /of, also while it waits for its first establishment; who has two chooses (row E12)."""
    assert home_of(spaces_of(["provider"], portal=True)) == "/of"
    assert home_of(spaces_of([], portal=True)) == "/of"
    assert home_of(spaces_of(["member"], portal=True)) == "/adherent"
    assert home_of(spaces_of(["member", "provider"], portal=True)) == "/espaces"
    assert home_of(spaces_of([], portal=False)) == home_of(spaces_of(["member"], portal=False)) == "/gestion"
    assert home_of([]) == "/profil"
    assert spaces.space_of("/of/dossiers") is OF
    assert spaces.space_of("/offre") is None
    assert address("show_dossier", OF, dossier_id="a/../b") == "/of/dossiers/a%2F..%2Fb"


def test_a_repeated_parameter_is_refused(gateway: Gateway, name: str):
    """Which of two filters counts is not for us to choose: said on a page."""
    page = Reader(gateway.session(name)).open("/of/dossiers?scheme=PLAN&scheme=ALTE")
    assert page.status == 422
