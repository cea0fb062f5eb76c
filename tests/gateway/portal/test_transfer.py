"""The pages of règlements, as any browser is answered (rows O40 to O42)."""

from __future__ import annotations

from uuid import UUID

import pytest

from support.browser import Browser
from support.gateway import Gateway, World
from support.html import Node, read, rows

LIST = "/of/reglements"


@pytest.fixture(scope="module")
def provider(gateway: Gateway, world: World) -> Browser:
    return gateway.session("provider")


@pytest.fixture(scope="module")
def paid(gateway: Gateway, world: World) -> UUID:
    """A règlement of two invoices, with an avis of two pages."""
    other = gateway.dossier(world.first, world.company)
    invoices = [
        gateway.approved_invoice(world.dossier, world.first, 110_000),
        gateway.approved_invoice(other, world.first, 7_550),
    ]
    _, transfer = gateway.paid_transfer(*invoices, provider=world.first, total_cents=117_550)
    for page in (1, 2):
        name = f"Avis de virement - Lot 550 - Page {page}.pdf"
        held = {"transfer_id": str(transfer), "establishment_id": str(world.first)}
        answer = gateway.deposited(who="accountant", category="remittance-advice", name=name, on="2026-03-20", **held)
        assert answer.status_code == 201, answer.text
    return transfer


def french(node: Node) -> str:
    return node.text.replace("\u202f", " ").replace("\xa0", " ")


def test_the_list_has_its_columns_and_its_avis(gateway: Gateway, paid: UUID, provider: Browser):
    """Rows O40 and O42: date, reference, each page of the avis to download, establishment, SIRET, amount."""
    page = read(provider.get(LIST))
    heads = [each.text for each in page.all("th", scope="col")]
    assert heads == ["Date", "Référence", "Avis de virement", "Établissement", "Siret", "Montant TTC (€)"]
    [[day, reference, _, establishment, siret, _]] = rows(page)
    told = gateway.get("provider", f"/v1/transfers/{paid}").json()
    assert (day, reference) == ("19/03/2026", told["lot_reference"])
    assert (establishment, siret.replace("\xa0", "").replace(" ", "")) == (
        told["beneficiary"]["name"],
        told["beneficiary"]["siret"],
    )
    assert "1 175,50" in french(page.one("tbody"))
    links = [each for each in page.one("tbody").all("a") if each.text.startswith("Avis")]
    assert [each.text for each in links] == [
        f"Avis du règlement {reference}",
        f"Avis – page 2 du règlement {reference}",
    ]
    saved = [provider.get(each.attributes["href"]) for each in links]
    assert [each.status_code for each in saved] == [200, 200]
    assert "Page%201.pdf" in saved[0].headers["content-disposition"]


def test_the_sum_of_the_lines_is_the_total(gateway: Gateway, world: World, paid: UUID, provider: Browser):
    """Row O41: the sentence, the lines with a link to each dossier's tab RÈGLEMENTS, and the total below them."""
    page = read(provider.get(f"{LIST}/{paid}"))
    told = gateway.get("provider", f"/v1/transfers/{paid}").json()
    assert page.one("h1").text == f"Règlement n° {told['lot_reference']}"
    lead = french(page.one("p", **{"class": "lead"}))
    assert lead.startswith("Virement le 19/03/2026 d'un montant total TTC de 1 175,50 € pour Organisme")
    assert lead.endswith("- 75001 / Modèleville")
    amounts = [french(row.all("td")[-1]) for row in page.one("tbody").all("tr")]
    assert sorted(amounts) == ["1 100,00", "75,50"]
    cents = sum(int(each.replace(" ", "").replace(",", "")) for each in amounts)
    assert cents == told["total_cents"]
    assert french(page.one("tfoot").one("td", **{"class": "num"})) == "1 175,50"
    links = {each.attributes["href"] for each in page.one("tbody").all("a")}
    assert f"/of/dossiers/{world.dossier}/reglements" in links
    for each in links:
        assert provider.get(each).status_code == 200


def test_a_rejected_transfer_says_so_and_pays_nothing(gateway: Gateway, world: World, provider: Browser):
    """Rows O34, O41: marked in the list and on its own page, and in no total of the dossier."""
    dossier = gateway.dossier(world.first, world.company)
    invoice = gateway.approved_invoice(dossier, world.first, 45_600)
    lot_id = gateway.done("accountant", "/v1/lots", {"reference": "VIR9001", "scheduled_on": "2026-03-19"})
    lines = {"beneficiary_establishment_id": str(world.first), "invoice_ids": [str(invoice)]}
    transfer = gateway.done("accountant", f"/v1/lots/{lot_id}/transfers", lines)
    control = {"transfer_count": 1, "total_cents": 45_600, "on": "2026-03-18"}
    gateway.done("second-accountant", f"/v1/lots/{lot_id}/release", control)
    assert provider.get(f"{LIST}/{transfer}").status_code == 404  # the bank has not answered yet
    reject = {"reason": "AC04", "on": "2026-03-20"}
    gateway.done("accountant", f"/v1/transfers/{transfer}/rejection", reject)
    page = read(provider.get(f"{LIST}/{transfer}"))
    assert "Rejeté par la banque" in page.text
    [row] = [each for each in read(provider.get(LIST)).one("tbody").all("tr") if "VIR9001" in each.text]
    assert "Rejeté" in row.text
    tab = read(provider.get(f"/of/dossiers/{dossier}/reglements"))
    assert "Rejeté" in tab.one("tbody").text
    assert french(tab.one("tfoot").one("td", **{"class": "num"})) == "0,00"


def test_the_filter_by_establishment(gateway: Gateway, world: World, paid: UUID, provider: Browser):
    """Row O40: one's own establishments are the choices; another's shows nothing, and says nothing."""
    choices = [each.attributes["value"] for each in read(provider.get(LIST)).one("select").all("option")]
    assert choices == ["", str(world.first)]
    mine = read(provider.get(f"{LIST}?establishment_id={world.first}"))
    assert rows(mine)
    other = read(provider.get(f"{LIST}?establishment_id={world.second}"))
    assert "Aucun règlement pour cet établissement" in other.text
    assert provider.get(f"{LIST}?establishment_id=%27").status_code == 422


def test_another_s_transfer_is_not_there(gateway: Gateway, paid: UUID, world: World):
    """Absent, another's and no id at all: 404, and the avis as well."""
    stranger = gateway.session("other-provider")
    advice = gateway.get("provider", f"/v1/transfers/{paid}").json()["advice_document_ids"]
    asked = [f"{LIST}/{paid}", f"{LIST}/{UUID(int=7)}", f"{LIST}/abc", *(f"/documents/{each}" for each in advice)]
    assert {stranger.get(each).status_code for each in asked} == {404}
