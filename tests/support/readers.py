"""Somebody of each kind who reads the portal: a provider, members with their menus, each role of the staff."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from gateway.portal.menu import Entry, menu_of
from gateway.portal.spaces import SPACES
from support.browser import Browser
from support.company import Company, company
from support.gateway import Gateway
from support.html import Node, read

HOMES = {
    "provider": "/of",
    "referent": "/of",
    "member": "/adherent",
    "hr": "/adherent",
    "accounting": "/adherent",
    "both": "/of",
    "case-manager": "/gestion",
    "accountant": "/gestion",
    "auditor": "/gestion",
    "operator": "/gestion",
}
"""Where each is at home; `both` has a provider's and a member's space."""

VALUE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<==)[^&]*")
MOST = 2
FILE = re.compile(r"/(documents|assets|conditions)/")


@dataclass
class Readers:
    """`browsers` are signed in, one for each of HOMES; `firm` is the provider's."""

    gateway: Gateway
    firm: Company
    member: Company
    browsers: dict[str, Browser]


def readers(gateway: Gateway) -> Readers:
    """A provider that trained for a member company, with a règlement, and everybody around it."""
    firm, member = company(gateway), company(gateway, "member")
    bank = {"iban": "FR7630006000011234567890189", "bic": "PSSTFRPP", "on": "2026-01-01"}
    gateway.done("accountant", f"/v1/establishments/{firm.places[0]}/bank-details", bank)
    dossier = gateway.dossier(firm.places[0], member.places[0])
    assert gateway.deposited(dossier_ids=str(dossier)).status_code == 201
    invoice = gateway.approved_invoice(dossier, firm.places[0])
    gateway.paid_transfer(invoice, provider=firm.places[0], total_cents=60000)
    firm.member("provider", firm.places[0])
    firm.referent("referent")
    firm.member("both", firm.places[0])
    member.referent("member")
    grant = {"organisation_id": str(member.organisation), "kind": "member"}
    places = [str(place) for place in member.places]
    path = f"/v1/accounts/{gateway.accounts['both']}/memberships"
    gateway.done("case-manager", path, {**grant, "establishment_ids": places})
    for name in ("hr", "accounting"):
        member.member(name)
        path = f"/v1/accounts/{gateway.accounts[name]}/memberships/menus"
        gateway.done("case-manager", path, {**grant, "menus": [name]})
    return Readers(gateway, firm, member, {name: gateway.session(name) for name in HOMES})


def shown(browser: Browser, path: str) -> Node:
    """The page, or the one that it leads on to at once."""
    answer = browser.get(path, headers={"Accept": "text/html"})
    if answer.status_code == 303:
        answer = browser.get(answer.headers["location"], headers={"Accept": "text/html"})
    assert answer.status_code == 200, (path, answer.status_code)
    return read(answer)


def status(browser: Browser, path: str) -> int:
    return browser.get(path, headers={"Accept": "text/html"}).status_code


def menu(page: Node) -> dict[str, str]:
    """By label, the addresses of the page's menu, in its order."""
    return {link.text: link.attributes["href"] for link in page.one("nav", id="menu").all("a")}


def everything() -> Mapping[str, list[Entry]]:
    """Each menu as whoever may all would see it, by the prefix of its space."""
    return {space.prefix: menu_of(space, lambda _: True, several=True) for space in SPACES}


def dead_links(browser: Browser, start: str) -> tuple[dict[str, int], int]:
    """Each address of ours that links lead to from `start` and that answers neither with a page nor with a detour: its
    status; and how many were tried. Of addresses that differ by an id or by what they ask alone, two are.
    """
    waiting, tried, kinds = [start], dict[str, int](), Counter[str]()
    while waiting:
        path = waiting.pop()
        kind = VALUE.sub("", path)
        if path in tried or kinds[kind] == MOST:
            continue
        kinds[kind] += 1
        answer = browser.get(path, headers={"Accept": "text/html"})
        tried[path] = answer.status_code
        if not answer.headers.get("content-type", "").startswith("text/html") or FILE.match(path):
            continue
        links = [each.attributes["href"] for each in read(answer).all("a")]
        waiting += [urljoin(path, each).partition("#")[0] for each in links if not urlsplit(each).scheme]
    return {path: code for path, code in tried.items() if code not in {200, 303}}, len(tried)
