"""A company with two establishments and the people around it, for tests about teams (rows O20 to O25, E1, E15)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from httpx import Response
from psycopg import Connection
from psycopg.rows import DictRow

from gateway.mail import links
from gateway.mail.granting import grant_one
from ledger.account.commands import GrantMembership
from ledger.account.events import Role
from ledger.kit.fictitious import fictitious_siren, fictitious_siret
from ledger.kit.personal import Personal
from ledger.log.database import Role as DatabaseRole
from support.gateway import Gateway

PASSWORD = "Ajonc-Bruyère-2026"


@dataclass
class Company:
    """`places` are its establishments, with their SIRETs."""

    gateway: Gateway
    organisation: UUID
    kind: str
    member_number: str | None
    places: tuple[UUID, UUID]
    sirets: tuple[str, str]

    @property
    def path(self) -> str:
        return f"/v1/teams/{self.organisation}/{self.kind}"

    @property
    def key(self) -> str:
        return f"{self.organisation}:{self.kind}"

    def member(self, name: str, *places: UUID, profile: str = "user") -> str:
        """An account called `name`, of this company, for these establishments (all of them where none is named)."""
        gateway = self.gateway
        gateway.account(name, Role.PORTAL)
        grant = {
            "account_id": gateway.accounts[name],
            "organisation_id": self.organisation,
            "kind": self.kind,
            "profile": profile,
            "establishment_ids": list(places or self.places),
        }
        gateway.service.ledger.execute(GrantMembership.model_validate(grant), actor=None)
        gateway.settle()
        return name

    def referent(self, name: str, *places: UUID) -> str:
        return self.member(name, *places, profile="referent")

    def invite(self, who: str, *places: UUID, **changed: Any) -> Response:
        """An invitation of a new person, of these establishments."""
        n = self.gateway.number()
        told = {
            "civility": "Madame",
            "last_name": "Invitée",
            "first_name": f"Camille{'ABCDEFGHIJ'[n % 10]}",
            "email": f"invitee-{n}@example.org",
            "establishment_ids": [str(place) for place in places],
            **changed,
        }
        return self.gateway.post(who, f"{self.path}/invitations", told)

    def users(self, who: str, **params: Any) -> list[dict[str, Any]]:
        answer = self.gateway.get(who, f"{self.path}/users", **params)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def user(self, who: str, user_id: UUID | str) -> dict[str, Any]:
        answer = self.gateway.get(who, f"{self.path}/users/{user_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


def company(gateway: Gateway, kind: str = "provider") -> Company:
    """A new one, with two establishments and, as a member of the fund, its number."""
    n = gateway.number()
    number = f"{n:07d}" if kind == "member" else None
    siren = fictitious_siren(10_000 + n)
    told = {"siren": siren, "name": f"Compagnie {n}", "kinds": [kind], "member_number": number}
    organisation = gateway.done("case-manager", "/v1/organisations", told)
    sirets = [fictitious_siret(10_000 + n, place) for place in range(2)]
    places = [_place(gateway, organisation, siret) for siret in sirets]
    return Company(gateway, organisation, kind, number, (places[0], places[1]), (sirets[0], sirets[1]))


def _place(gateway: Gateway, organisation: UUID, siret: str) -> UUID:
    told = {
        "organisation_id": str(organisation),
        "number": f"9{gateway.number():06d}",
        "siret": siret,
        "name": "Compagnie",
        "street": "2 rue de l'Exemple",
        "postcode": "75002",
        "town": "Modèleville",
    }
    return gateway.done("case-manager", "/v1/establishments", told)


@contextmanager
def auth(gateway: Gateway) -> Iterator[Connection[DictRow]]:
    """A transaction on what is never an event, as the worker has it."""
    with gateway.service.database.transaction(DatabaseRole.AUTH) as connection:
        yield connection


def link_of(gateway: Gateway, purpose: str, target_id: UUID | str) -> str:
    """The secret of a link like the one that the worker mails: a new one, since the mailed one is only in the mail."""
    with auth(gateway) as connection:
        return links.make(connection, purpose, target_id=UUID(str(target_id))).secret


def look(gateway: Gateway, secret: str) -> Response:
    return gateway.post(None, "/v1/links/look", {"secret": secret})


def use(gateway: Gateway, secret: str, **given: Any) -> Response:
    return gateway.post(None, "/v1/links/use", {"secret": secret, **given})


def fulfil(gateway: Gateway) -> None:
    """The worker looks into every neutral request that waits."""
    while grant_one(gateway.service):
        pass


def mails(gateway: Gateway) -> list[dict[str, Any]]:
    """What is queued, oldest first: kind, and the address in clear."""
    with auth(gateway) as connection:
        rows = connection.execute("select kind, recipient_sealed, link_id from auth.mail order by mail_id").fetchall()
    keyring = gateway.service.keyring
    return [{**row, "to": str(keyring.open(Personal.parse(row["recipient_sealed"])))} for row in rows]


def head(gateway: Gateway) -> int:
    """The log's last position: what changes nothing leaves it."""
    return gateway.service.ledger.log_recorder.max_notification_id() or 0
