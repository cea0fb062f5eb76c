"""« Règlements par mois »: figure, table and sum are of the same numbers, which are the API's."""

from __future__ import annotations

import pytest

from support.browser import Browser
from support.gateway import Gateway, World
from support.html import Node, read, rows

PAGE = "/of/reglements/par-mois"
API = "/v1/transfer-months"


@pytest.fixture(scope="module")
def world(gateway: Gateway) -> World:
    """The first provider was paid twice on 19/03/2026, the second once."""
    found = gateway.world()
    for provider, dossier, cents in (
        (found.first, found.dossier, 110_000),
        (found.first, found.dossier, 7_550),
        (found.second, found.other_dossier, 4_200),
    ):
        invoice = gateway.approved_invoice(dossier, provider, cents)
        gateway.paid_transfer(invoice, provider=provider, total_cents=cents)
    return found


@pytest.fixture(scope="module")
def provider(gateway: Gateway, world: World) -> Browser:
    return gateway.session("provider")


def cents(text: str) -> int:
    return int(text.replace("\u202f", "").replace("\xa0", "").replace(" ", "").replace(",", ""))


def shown(page: Node) -> dict[str, tuple[int, int]]:
    return {month: (int(number), cents(paid)) for month, number, paid in rows(page)}


def test_the_api_adds_up_what_was_paid(gateway: Gateway, world: World):
    """Each month, oldest first, as many as are asked for; in the others zeros."""
    answer = gateway.get("provider", API, until="2026-04-02", months=6)
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    assert [each["month"] for each in items] == [
        "2025-11-01", "2025-12-01", "2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01",
    ]  # fmt: skip
    assert [(each["paid_cents"], each["count"]) for each in items] == [(0, 0)] * 4 + [(117_550, 2), (0, 0)]
    listed = gateway.get("provider", "/v1/transfers").json()["items"]
    assert sum(each["paid_cents"] for each in items) == sum(each["total_cents"] for each in listed)


@pytest.mark.parametrize(
    "asked",
    [{"months": 0}, {"months": 61}, {"until": "1999-12-31"}, {"until": "2200-01-01"}, {"until": "hier"}, {"x": 1}],
)
def test_what_cannot_be_asked_is_said(gateway: Gateway, world: World, asked: dict[str, object]):
    answer = gateway.get("provider", API, **asked)
    assert answer.status_code == 422
    assert answer.json()["errors"]


def test_another_s_establishment_adds_nothing(gateway: Gateway, world: World):
    """An outsider's sums are their own, whatever they ask for."""
    told = gateway.get("other-provider", API, until="2026-03-31", months=1).json()["items"]
    assert told[0]["paid_cents"] == 4_200
    told = gateway.get("other-provider", API, until="2026-03-31", months=1, establishment_id=world.first).json()[
        "items"
    ]
    assert told[0]["paid_cents"] == 0


def test_figure_table_and_sum_are_the_same_numbers(gateway: Gateway, world: World, provider: Browser):
    """A bar for each row, in the same order the other way round; the foot and the sentence say their sum."""
    page = read(provider.get(f"{PAGE}?until=2026-03-31"))
    found = shown(page)
    assert len(found) == 24
    assert found["mars 2026"] == (2, 117_550)
    assert sum(paid for _, paid in found.values()) == cents(page.one("tfoot").one("td", **{"class": "num"}).text)
    told = gateway.get("provider", API, until="2026-03-31").json()["items"]
    assert [paid for _, paid in found.values()] == [each["paid_cents"] for each in reversed(told)]
    bars = page.one("svg", role="img").all("rect")
    assert len(bars) == 24
    assert [int(bar.attributes["height"]) > 0 for bar in bars] == [each["paid_cents"] > 0 for each in told]
    assert "1 175,50 €" in page.one("p", **{"class": "found"}).text.replace("\u202f", " ").replace("\xa0", " ")


def test_one_goes_back_and_forth(world: World, provider: Browser):
    """The months before end where these begin; there are none after this month."""
    page = read(provider.get(f"{PAGE}?until=2026-03-31&establishment_id={world.first}"))
    earlier = page.one("a", rel="prev").attributes["href"]
    assert earlier == f"{PAGE}?establishment_id={world.first}&until=2024-03-31"
    before = read(provider.get(earlier))
    assert next(iter(shown(before))) == "mars 2024"
    assert not read(provider.get(PAGE)).all("a", rel="next")
    assert read(provider.get(f"{PAGE}?until=2000-02-01")).all("a", rel="next")
    assert not read(provider.get(f"{PAGE}?until=2000-02-01")).all("a", rel="prev")


def test_by_establishment(world: World, provider: Browser):
    mine = shown(read(provider.get(f"{PAGE}?until=2026-03-31&establishment_id={world.first}")))
    assert mine["mars 2026"] == (2, 117_550)
    other = shown(read(provider.get(f"{PAGE}?until=2026-03-31&establishment_id={world.second}")))
    assert set(other.values()) == {(0, 0)}


@pytest.mark.parametrize("asked", ["until=abc", "until=2026-02-30", "establishment_id=%27", "x=1", "until=1900-01-01"])
def test_an_address_that_says_nothing_is_shown_plainly(world: World, provider: Browser, asked: str):
    """Bad input: the form with its fault, and no figure."""
    answer = provider.get(f"{PAGE}?{asked}")
    page = read(answer)
    assert answer.status_code == 422
    assert page.one("h2", id="problemes")
    assert not page.all("table")
