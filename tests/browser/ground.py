"""What the screens stand on: a provider with something of everything, and visitors at every stage of a sign-in."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from gateway.mail import links
from ledger.account.events import Role
from ledger.log.database import Role as DatabaseRole
from support.browser import Browser
from support.case import filed as documents_of
from support.company import Company, company
from support.html import fields_of, read
from support.signing_in import enrol_totp
from support.site import Provider, Site


@dataclass
class Ground:
    """`visitors` are browsers by what they are; `link` is the secret of a link to set a password; `filed` is a dossier
    of the member's with documents of each side and state, `document` one of the fund's.
    """

    site: Site
    provider: Provider
    dossier: UUID
    transfer: UUID
    document: UUID
    filed: UUID
    link: str
    search: str
    firm: Company
    user: UUID
    invited: str
    member: Company
    visitors: dict[str, Browser] = field(default_factory=dict)


def lay(site: Site) -> Ground:
    """A paid dossier with an agreement, another one, an avis of two pages, a search that was kept."""
    provider = site.provider()
    other = site.dossier(provider, scheme="POEI", title="Conduire un engin, عربي, 2e <niveau> & suite")
    dossier = site.dossier(provider)
    document = site.agreement(dossier)
    transfer = site.paid(provider, dossier, other)
    for page in (1, 2):
        name = f"Avis de virement - Lot 550 - Page {page}.pdf"
        held = {"transfer_id": str(transfer), "establishment_id": str(provider.establishment)}
        site.gateway.deposited(who="accountant", category="remittance-advice", name=name, on="2026-03-20", **held)
    visitors = _visitors(site, provider)
    search = _kept(visitors["provider"])
    firm, user, invited = _team(site, visitors)
    member, filed = _member(site, provider, visitors)
    link = _link(site)
    return Ground(
        site, provider, dossier, transfer, document, filed, link, search, firm, user, invited, member, visitors
    )


def _team(site: Site, visitors: dict[str, Browser]) -> tuple[Company, UUID, str]:
    """A référent with a user of one establishment of two and somebody invited; another who manages two teams."""
    gateway = site.gateway
    firm, other = company(gateway), company(gateway)
    name, chief, user = (f"{each}-{gateway.number()}" for each in ("referent", "chief", "user"))
    firm.referent(name)
    firm.referent(chief)
    firm.member(user, firm.places[0])
    invited = firm.invite(name, firm.places[0]).json()["id"]
    team = {"organisation_id": str(other.organisation), "kind": "provider", "profile": "referent"}
    told = {**team, "establishment_ids": [str(other.places[0])]}
    gateway.done("case-manager", f"/v1/accounts/{gateway.accounts[chief]}/memberships", told)
    visitors |= {"referent": gateway.session(name), "chief": gateway.session(chief)}
    return firm, gateway.accounts[user], str(invited)


def _member(site: Site, provider: Provider, visitors: dict[str, Browser]) -> tuple[Company, UUID]:
    """A member company whose dossier another establishment trains for, its référent, somebody of two spaces."""
    gateway = site.gateway
    firm = company(gateway, "member")
    name, both = (f"{each}-{gateway.number()}" for each in ("member", "both"))
    firm.referent(name)
    firm.member(both)
    grant = {"organisation_id": str(provider.organisation), "kind": "provider"}
    told = {**grant, "establishment_ids": [str(provider.establishment)]}
    gateway.done("case-manager", f"/v1/accounts/{gateway.accounts[both]}/memberships", told)
    filed = gateway.dossier(provider.establishment, firm.places[0])
    papers = documents_of(gateway, filed, firm.places[0], provider.establishment)
    gone = {"reason": "Déposée deux fois, une fois de trop.", "on": "2026-03-09"}
    gateway.done("case-manager", f"/v1/documents/{papers['Convention.pdf']}/withdrawal", gone)
    staff = ("case-manager", "accountant", "auditor", "operator")
    visitors |= {who: gateway.session(who) for who in staff}
    visitors |= {"member": gateway.session(name), "both": gateway.session(both)}
    return firm, filed


def _visitors(site: Site, provider: Provider) -> dict[str, Browser]:
    gateway = site.gateway
    newcomer, before_terms = (site.provider().name for _ in range(2))
    half_way = gateway.account(f"half-way-{gateway.number()}", Role.CASE_MANAGER)
    enrol_totp(gateway, half_way)
    enrolling = gateway.account(f"enrolling-{gateway.number()}", Role.CASE_MANAGER)
    found = {"provider": gateway.session(provider.name), "newcomer": gateway.session(newcomer)}
    for name, who in (("before_terms", before_terms), ("half_way", half_way), ("enrolling", enrolling)):
        found[name] = gateway.browser()
        assert found[name].sign_in(gateway.emails[who], gateway.password(who)).status_code == 200
    return found


def _kept(browser: Browser) -> str:
    """The id of a search by name of this very session."""
    form = read(browser.get("/of/dossiers")).one("form", role="search")
    sent = {**fields_of(form), "trainee_name": "Stagiaire"}
    answer = browser.send("POST", form.attributes["action"], data=sent)
    assert answer.status_code == 303, answer.text
    [found] = parse_qs(urlsplit(answer.headers["location"]).query)["recherche"]
    return found


def _link(site: Site) -> str:
    name = site.provider().name
    with site.gateway.service.database.transaction(DatabaseRole.AUTH) as connection:
        return links.make(connection, "password", account_id=site.gateway.accounts[name]).secret
