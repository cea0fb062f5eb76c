"""A dossier's documents: what each side is shown, and the staff's list of all of them."""

from __future__ import annotations

from uuid import UUID

import pytest

from gateway.portal import dossier_document
from support.case import Case, listed
from support.html import Node, read


def test_each_party_is_shown_what_the_fund_transmitted(shared: Case):
    """O33, E9: the fund's, once analysed or where nothing is; its own pieces have a tab of their own."""
    for who, space in (("member", "adherent"), ("provider", "of")):
        assert set(listed(shared, who, space)) == {"Accord.pdf", "Courrier.pdf"}
        # Filters are the staff's: an address with one shows nothing else.
        assert set(listed(shared, who, space, "?side=member")) == {"Accord.pdf", "Courrier.pdf"}
    found = listed(shared, "member", "adherent")["Courrier.pdf"]
    assert found[0] == "Document du fonds"
    assert found[1].startswith("Déposé le ")
    assert found[2].startswith("Transmis (analysé le ")


def test_the_staff_see_all_sides_and_states(shared: Case):
    """B1: who handed in what, and what became of it; an auditor reads the same."""
    for who in ("case-manager", "accountant", "auditor"):
        found = listed(shared, who, "gestion")
        assert {
            name: (row[1].partition(", le ")[0], row[2].partition(" (analysé")[0]) for name, row in found.items()
        } == {
            "Accord.pdf": ("Fonds", "Transmis (non analysé)"),
            "Courrier.pdf": ("Fonds", "Transmis"),
            "Attendu.pdf": ("Fonds", "Reçu, analyse en cours"),
            "Devis.pdf": ("Adhérent", "Transmis (non analysé)"),
            "Convention.pdf": ("Adhérent", "Transmis (non analysé)"),
            "Émargement.pdf": ("Organisme de formation", "Reçu, analyse en cours"),
            "Facture.pdf": ("Organisme de formation", "En quarantaine"),
        }


def test_the_staff_s_list_is_narrowed(shared: Case):
    """By category, side and state, together too; what no filter knows is no page."""

    def names(query: str) -> set[str]:
        return set(listed(shared, "case-manager", "gestion", query))

    assert names("?category=quote") == {"Devis.pdf"}
    assert names("?side=provider") == {"Émargement.pdf", "Facture.pdf"}
    assert names("?state=infected") == {"Facture.pdf"}
    assert names("?side=fund&state=awaited&category=") == {"Attendu.pdf"}
    assert names("?side=fund&category=quote") == set()
    browser = shared.browser("case-manager")
    for query in ("?side=nobody", "?state=lost", "?category=x", "?name=Devis"):
        assert browser.get(f"/gestion{shared.path}{query}").status_code == 404


def test_a_long_list_comes_by_pages_and_stays_narrowed(shared: Case, monkeypatch: pytest.MonkeyPatch):
    """Each document once; a party's list of the fund's alike."""
    monkeypatch.setattr(dossier_document, "PAGE_ROWS", 1)
    for who, space, query, expected in (
        ("case-manager", "gestion", "?side=member", {"Devis.pdf", "Convention.pdf"}),
        ("member", "adherent", "", {"Accord.pdf", "Courrier.pdf"}),
    ):
        path = f"/{space}{shared.path}"
        page = read(shared.browser(who).get(f"{path}{query}"))
        [following] = [each.attributes["href"] for each in page.all("a", rel="next")]
        assert following.startswith(f"{path}{query or '?cursor='}")
        last = read(shared.browser(who).get(following))
        assert last.all("a", rel="next") == []
        assert f"{path}{query}" in [each.attributes["href"] for each in last.all("a")]
        first, second = listed(shared, who, space, query), listed(shared, who, space, following.removeprefix(path))
        assert (len(first), len(second), {*first, *second}) == (1, 1, expected)


def test_categories_are_counted_without_what_is_quarantined(shared: Case):
    page = read(shared.browser("case-manager").get(f"/gestion{shared.path}"))
    [told] = [each for each in page.all("dl") if "Devis" in [name.text for name in each.all("dt")]]
    assert {name.text: number.text for name, number in zip(told.all("dt"), told.all("dd"), strict=True)} == {
        "Accord de prise en charge": "1",
        "Document du fonds": "2",
        "Convention de formation": "1",
        "Devis": "1",
        "Feuilles d'émargement": "1",
    }
    assert "Factures (0)" not in page.text
    assert "Devis (1)" in page.one("select", id="category").text


def test_nothing_is_linked_that_would_be_refused(shared: Case):
    """What waits for its analysis, or is quarantined, is a name and no link: to the staff either."""
    page = read(shared.browser("case-manager").get(f"/gestion{shared.path}"))
    linked = {link.text for link in page.all("a", **{"class": "download"})}
    assert linked == {"Accord.pdf", "Courrier.pdf", "Devis.pdf", "Convention.pdf", "Télécharger l'accord"}
    assert opened_by_double_click(page) == {shared.documents[name] for name in linked if name in shared.documents}


def opened_by_double_click(page: Node) -> set[UUID]:
    found = [row.attributes["data-href"] for row in page.one("tbody").all("tr") if "data-href" in row.attributes]
    return {UUID(each.rpartition("/")[2]) for each in found}
