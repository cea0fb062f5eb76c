"""A dossier of a member with a provider, its documents of all sides and states, and how its lists are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ledger.document.commands import RecordAnalysis
from ledger.document.events import Category, Side
from ledger.kit.ids import uuid7
from support.browser import Browser
from support.company import Company, company
from support.gateway import PDF, Gateway
from support.html import read
from support.papers import ENGINE, paper


@dataclass
class Case:
    """A dossier of a member with a provider, and who reads it; `documents` by name."""

    gateway: Gateway
    dossier: UUID
    member: Company
    provider: Company
    readers: dict[str, str]
    documents: dict[str, UUID]

    @property
    def path(self) -> str:
        return f"/dossiers/{self.dossier}/documents"

    def browser(self, who: str) -> Browser:
        return self.gateway.session(self.readers.get(who, who))


def case_of(gateway: Gateway) -> Case:
    """Seven documents of three sides, in each state but « retiré »."""
    member, provider = company(gateway, "member"), company(gateway)
    readers = {"member": f"member-{gateway.number()}", "provider": f"provider-{gateway.number()}"}
    member.member(readers["member"])
    provider.member(readers["provider"])
    dossier = gateway.dossier(provider.places[0], member.places[0])
    documents = filed(gateway, dossier, member.places[0], provider.places[0])
    return Case(gateway, dossier, member, provider, readers, documents)


def filed(gateway: Gateway, dossier: UUID, member: UUID, provider: UUID) -> dict[str, UUID]:
    """Documents of each side and state on a dossier, by name, for the establishments of its two sides."""
    places = {Side.FUND: None, Side.MEMBER: member, Side.PROVIDER: provider}

    def one(category: Category, side: Side = Side.FUND, **more: Any) -> UUID:
        document_id = uuid7()
        stored = gateway.service.vault.deposit(document_id, iter([PDF]), limit_bytes=len(PDF))
        given = {"dossier_ids": (dossier,), "establishment_id": places[side], **more}
        command = paper(category, side=side, document_id=document_id, **stored._asdict(), **given)
        return gateway.service.ledger.execute(command, actor=None).resource_id

    found = {
        "Accord.pdf": one(Category.AGREEMENT, name="Accord.pdf"),
        "Courrier.pdf": one(Category.FUND_DOCUMENT, name="Courrier.pdf", analysis="clean", engine=ENGINE),
        "Attendu.pdf": one(Category.FUND_DOCUMENT, name="Attendu.pdf", analysis="awaited"),
        "Devis.pdf": one(Category.QUOTE, Side.MEMBER, name="Devis.pdf"),
        "Convention.pdf": one(Category.TRAINING_AGREEMENT, Side.MEMBER, name="Convention.pdf"),
        "Émargement.pdf": one(Category.ATTENDANCE, Side.PROVIDER, name="Émargement.pdf", analysis="awaited"),
        "Facture.pdf": one(Category.INVOICE, Side.PROVIDER, name="Facture.pdf"),
    }
    told = {"document_id": found["Facture.pdf"], "verdict": "infected", "engine": ENGINE, "threat": "Eicar"}
    gateway.service.ledger.execute(RecordAnalysis.model_validate(told), actor=None)
    gateway.settle()
    return found


def listed(case: Case, who: str, space: str, query: str = "") -> dict[str, list[str]]:
    """By name, its category and the cells that follow: « Dépôt », « État », « Taille »."""
    answer = case.browser(who).get(f"/{space}{case.path}{query}")
    assert answer.status_code == 200, answer.text[:500]
    page = read(answer)
    found = dict[str, list[str]]()
    for row in page.one("tbody").all("tr") if page.all("table") else ():
        head = row.one("th")
        cells = [each.text for each in row.all("td") if each.attributes.get("class") != "tool"]
        found[head.all("bdi")[0].text] = [head.one("span", **{"class": "note"}).text, *cells]
    return found
