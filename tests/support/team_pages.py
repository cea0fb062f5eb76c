"""The pages of « Gérer les utilisateurs », as a référent without a script opens them and sends their forms."""

from __future__ import annotations

from uuid import UUID

import psycopg
from httpx import Response

from ledger.kit.fictitious import fictitious_siret
from support.browser import Browser
from support.company import Company
from support.forms import Sheet, sheet
from support.gateway import Gateway
from support.html import Node, read, rows


def at(firm: Company, *parts: object) -> str:
    space = "/of" if firm.kind == "provider" else "/adherent"
    return "/".join([f"{space}/utilisateurs/{firm.organisation}", *map(str, parts)])


def shown(answer: Response, status: int = 200) -> Node:
    assert answer.status_code == status, answer.text[:600]
    return read(answer)


def opened(browser: Browser, path: str) -> Node:
    return shown(browser.get(path, headers={"Accept": "text/html"}))


def done(answer: Response) -> str:
    """Where it leads."""
    assert answer.status_code == 303, (answer.status_code, faults(read(answer)))
    return str(answer.headers["location"])


def faults(page: Node) -> list[str]:
    """What the error summary says."""
    return [each.text for box in page.all("div", role="alert") for each in box.all("li")]


def user_of(gateway: Gateway, firm: Company, *places: UUID, profile: str = "user") -> str:
    """A user's account, by the name that tests know it by."""
    return firm.member(f"user-{gateway.number()}", *places, profile=profile)


def listed(browser: Browser, firm: Company, query: str = "") -> dict[str, list[str]]:
    """By login, the cells of the row; nobody is there twice."""
    found = rows(opened(browser, at(firm) + query))
    assert len({row[2] for row in found}) == len(found)
    return {row[2]: row for row in found}


def held(gateway: Gateway, firm: Company, name: str) -> set[UUID]:
    """The establishments of the user in this company, whoever may see them."""
    with psycopg.connect(gateway.settings.database_url) as connection:
        row = connection.execute(
            "select establishment_ids from read.membership where account_id = %s and organisation_id = %s",
            (gateway.accounts[name], firm.organisation),
        ).fetchone()
    return set(row[0]) if row else set()


def more_places(gateway: Gateway, firm: Company, number: int) -> list[UUID]:
    """Establishments that come to the company's two."""
    told = {"organisation_id": str(firm.organisation), "name": "Compagnie", "street": "3 rue de l'Exemple"}
    told |= {"postcode": "75003", "town": "Modèleville"}
    siren = int(firm.sirets[0][3:8])
    numbers = [(f"8{gateway.number():06d}", fictitious_siret(siren, place)) for place in range(2, 2 + number)]
    return [
        gateway.done("case-manager", "/v1/establishments", {**told, "number": each, "siret": siret})
        for each, siret in numbers
    ]


def proved_long_ago(gateway: Gateway, name: str) -> None:
    with psycopg.connect(gateway.settings.database_url) as connection:
        connection.execute(
            "update auth.session set proved_at = now() - interval '11 minutes' where account_id = %s",
            (gateway.accounts[name],),
        )


def new_user(browser: Browser, firm: Company, **typed: str) -> Sheet:
    """The form of row O22, filled in."""
    form = sheet(opened(browser, at(firm, "nouveau", "personne")), at(firm, "nouveau", "personne"))
    told = {"civility": "Madame", "last_name": "Invitée", "first_name": "Camille", **typed}
    return form.fill(**told).tick("establishment_ids", firm.places[0])
