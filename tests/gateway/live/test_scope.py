"""What one hears of a dossier is what one may read in its history, event for event: no more, and no less."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest

from gateway.live.live import Live
from ledger.account.events import Role
from ledger.log.database import AsyncDatabase
from projections.audience import Concern
from support.gateway import PDF, Gateway, World, in_a_thread

WHO = ("provider", "second-provider", "buyer", "other-provider")


@pytest.fixture(scope="module")
def places(gateway: Gateway, world: World) -> dict[str, UUID]:
    """A dossier's first provider, its second one, its company, and a stranger."""
    organisation, second = gateway.organisation()
    buyer_organisation, buyer = gateway.organisation("member")
    gateway.account("second-provider", Role.PORTAL, (organisation, second))
    gateway.account("buyer", Role.PORTAL)
    team = {"organisation_id": str(buyer_organisation), "kind": "member", "profile": "user"}
    told = {**team, "establishment_ids": [str(buyer)]}
    gateway.done("case-manager", f"/v1/accounts/{gateway.accounts['buyer']}/memberships", told)
    return {"provider": world.first, "second-provider": second, "buyer": buyer, "other-provider": world.second}


@pytest.fixture(scope="module")
def dossier(gateway: Gateway, places: dict[str, UUID]) -> UUID:
    """Everything that may happen to one: pieces of the fund and of each party, invoices, a transfer that the bank
    rejects and one that it pays, a withdrawal, an end.
    """
    both = [str(places["provider"]), str(places["second-provider"])]
    made = gateway.dossier(places["provider"], places["buyer"], provider_establishment_ids=both)
    shared = gateway.deposited(dossier_ids=str(made)).json()["id"]
    for who in ("provider", "second-provider", "buyer"):
        own = {"establishment_id": str(places[who]), "dossier_ids": str(made)}
        answer = gateway.deposited(category=_private(gateway), content=PDF, **own)
        assert answer.status_code == 201, answer.text
    gateway.done("case-manager", f"/v1/documents/{shared}/withdrawal", {"reason": "Erreur", "on": "2026-02-11"})
    amended = {"amount_cents": 130000, "title": "Lire un plan", "starts_on": "2026-03-02", "ends_on": "2026-03-06"}
    gateway.done("case-manager", f"/v1/dossiers/{made}/amendments", {**amended, "on": "2026-02-12"})
    invoice = gateway.approved_invoice(made, places["provider"], 30000)
    _rejected(gateway, gateway.approved_invoice(made, places["second-provider"], 20000), places["second-provider"])
    _, transfer = gateway.paid_transfer(invoice, provider=places["provider"], total_cents=30000)
    held = {"transfer_id": str(transfer), "establishment_id": str(places["provider"])}
    gateway.deposited(who="accountant", category="remittance-advice", on="2026-03-20", **held)
    return made


def _rejected(gateway: Gateway, invoice: UUID, provider: UUID) -> None:
    lot = gateway.done("accountant", "/v1/lots", {"reference": f"VIR{gateway.number()}", "scheduled_on": "2026-03-19"})
    lines = {"beneficiary_establishment_id": str(provider), "invoice_ids": [str(invoice)]}
    transfer = gateway.done("accountant", f"/v1/lots/{lot}/transfers", lines)
    control = {"transfer_count": 1, "total_cents": 20000, "on": "2026-03-18"}
    gateway.done("second-accountant", f"/v1/lots/{lot}/release", control)
    gateway.done("accountant", f"/v1/transfers/{transfer}/rejection", {"reason": "AC04", "on": "2026-03-20"})


def _private(gateway: Gateway) -> str:
    lists = gateway.get("case-manager", "/v1/document-categories").json()["items"]
    return next(
        each["code"] for each in lists if each["code"] not in {"agreement", "fund-document", "remittance-advice"}
    )


@pytest.fixture(scope="module")
def told(gateway: Gateway, dossier: UUID) -> list[Concern]:
    """Of the whole log, as those who listen are told."""
    found: list[Concern] = []

    async def read() -> None:
        async with AsyncDatabase(gateway.settings.database_url, max_size=2) as queries:
            live = Live(replace(gateway.service, queries=queries))
            found.extend(await live.follower.between(0, await live.follower.reached()))

    in_a_thread(lambda: asyncio.run(read()))
    return found


def read_by(gateway: Gateway, who: str, dossier: UUID) -> set[int]:
    """The positions of the history as `who` reads it."""
    answer = gateway.get(who, f"/v1/dossiers/{dossier}/history", limit=200)
    return {each["position"] for each in answer.json()["items"]} if answer.status_code == 200 else set()


@pytest.mark.parametrize("who", WHO)
def test_what_is_heard_of_a_dossier_is_what_its_history_says(
    gateway: Gateway, places: dict[str, UUID], dossier: UUID, told: list[Concern], who: str
):
    """O25: event for event. Another party's piece or invoice is not heard of, nor what the fund prepares."""
    heard = {each.position for each in told if each.id == dossier and places[who] in each.audience}
    assert heard == read_by(gateway, who, dossier)
    assert bool(heard) is (who != "other-provider")


def test_the_fund_hears_of_everything(gateway: Gateway, dossier: UUID, told: list[Concern]):
    assert {each.position for each in told if each.id == dossier} == read_by(gateway, "case-manager", dossier)


@pytest.mark.parametrize("who", WHO)
def test_a_transfer_is_heard_of_by_its_beneficiary_alone(
    gateway: Gateway, places: dict[str, UUID], told: list[Concern], who: str
):
    """O40: once paid, and again with its avis."""
    heard = {str(each.id) for each in told if each.kind == "transfers" and places[who] in each.audience}
    assert heard == {each["transfer_id"] for each in gateway.get(who, "/v1/transfers").json()["items"]}
    assert bool(heard) is (who in {"provider", "second-provider"})


def test_nothing_is_said_of_one_stranger_to_another(places: dict[str, UUID], dossier: UUID, told: list[Concern]):
    """Whatever the kind of the event: nobody but a party of the dossier is in its audience."""
    parties = {place for who, place in places.items() if who != "other-provider"}
    audiences = [each.audience for each in told if each.id == dossier]
    assert len(audiences) > 15
    assert frozenset().union(*audiences) <= parties
