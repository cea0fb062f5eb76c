"""A member company's first account (row E1): asked for with SIRET and member number, which are half public, and given
only once the contact on file has confirmed it.

The request answers the same whatever is true: the worker looks, and the contact's mailbox decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final
from uuid import UUID

import orjson
from psycopg import AsyncConnection, Connection
from psycopg.rows import DictRow
from starlette.concurrency import run_in_threadpool

from gateway.api.client import RequestFacts
from gateway.api.problems import Fault
from gateway.journal.journal import note_within
from gateway.mail import links, outbox
from gateway.mail.links import Link
from gateway.mail.using import Asked, Done, order_key
from gateway.mail.wishes import Wish, wish
from gateway.people.reading import account_in_log, claimed_by, clear_text, organisation_in_log
from gateway.service import Service
from ledger.account.events import Profile
from ledger.invitation.commands import SendInvitation
from ledger.kit.errors import Refusal
from ledger.kit.ids import uuid7
from ledger.kit.keyring import SubjectErased
from ledger.kit.personal import Personal
from ledger.log.database import Role
from ledger.organisation.aggregate import Organisation
from ledger.organisation.events import OrganisationKind

KIND: Final = "registration"
A_DAY: Final = 5
"""Demands that one company's contact is written to about in a day: whoever knows its numbers cannot flood a mailbox."""

_MEANING: Final = (
    "En confirmant, vous lui donnez accès à tous les établissements de l'entreprise, "
    "et le droit d'y inviter d'autres utilisateurs."
)
_NAMES: Final = ("civility", "last_name", "first_name")
_CONTACT: Final = """
select c.email_sealed from read.establishment e join read.organisation_contact c using (organisation_id)
 where e.establishment_id = %s and e.organisation_id = %s
"""
_TODAY: Final = """
select count(*) as asked from auth.registration where organisation_id = %s and made_at > now() - interval '1 day'
"""
_INSERT: Final = "insert into auth.registration (registration_id, organisation_id, facts_sealed) values (%s, %s, %s)"
_WAITING: Final = """
select organisation_id, facts_sealed from auth.registration where registration_id = %s and confirmed_at is null
"""
_ESTABLISHMENTS: Final = "select establishment_id from read.establishment where organisation_id = %s"


async def ask(service: Service, facts: Mapping[str, str], *, demand: str = "") -> None:
    """Note the demand: the same row and the same work whether the company is known or not.

    `facts` are `siret`, `member_number`, `civility`, `last_name`, `first_name`, `email`, each normalised. The same
    facts with the same `demand` (a form that was sent twice) are one row.
    """
    told = orjson.dumps(dict(facts), option=orjson.OPT_SORT_KEYS).decode()
    sealed = await run_in_threadpool(service.keyring.seal, uuid7(), told)
    # Keyed, as the row outlives what it held: an id that could be computed again would tell who had asked.
    once = service.keyring.digest("registration", f"{demand}:{told}") if demand else None
    async with service.queries.transaction(Role.AUTH) as connection:
        await wish(connection, KIND, facts_sealed=str(sealed), once=once)


def grant(service: Service, asked: Wish, connection: Connection[DictRow]) -> None:
    """Write to the contact on file, where SIRET and number are of one member that has one; else nothing at all."""
    sealed: Personal[str] = Personal.parse(asked.facts_sealed or "")
    facts = _facts(service, sealed)
    organisation_id = claimed_by(service, "member-number", facts["member_number"]) if facts else None
    establishment_id = claimed_by(service, "siret", facts["siret"]) if facts else None
    row = connection.execute(_CONTACT, (establishment_id, organisation_id)).fetchone()
    if row is None or organisation_id is None:
        return
    today = connection.execute(_TODAY, (organisation_id,)).fetchone()
    if today is None or today["asked"] >= A_DAY:
        return
    connection.execute(_INSERT, (sealed.subject, organisation_id, str(sealed)))
    contact: Personal[str] = Personal.parse(row["email_sealed"])
    told = {"registration_id": sealed.subject, "organisation_id": organisation_id}
    _write(service, connection, contact=contact, facts=facts, **told)


def _write(
    service: Service,
    connection: Connection[DictRow],
    *,
    registration_id: UUID,
    organisation_id: UUID,
    contact: Personal[str],
    facts: Mapping[str, str],
) -> None:
    """Where somebody manages the company's users already, the contact is only told of the demand."""
    known = _is_managed(service, organisation_in_log(service, organisation_id))
    applicant = service.keyring.seal(registration_id, _applicant(facts))
    try:
        outbox.enqueue(
            connection,
            service.keyring,
            cause=f"registration:{registration_id}",
            kind="registration-known" if known else "registration-contact",
            recipient=contact,
            facts={"organisation_id": str(organisation_id), "applicant": str(applicant)},
            link=None if known else links.make(connection, KIND, target_id=registration_id),
        )
    except SubjectErased:
        return


def _is_managed(service: Service, organisation: Organisation) -> bool:
    key = (organisation.id, OrganisationKind.MEMBER)
    referents = (account_in_log(service, each) for each in organisation.referents_as(OrganisationKind.MEMBER))
    return any(not account.disabled and account.is_referent(key) for account in referents)


class ConfirmRegistration:
    """The contact's link: it says who asks, and confirms or sets the demand aside."""

    async def asked(self, service: Service, connection: AsyncConnection[DictRow], link: Link) -> Asked | None:
        found = await _waiting(service, connection, link)
        if found is None:
            return None
        organisation_id, facts = found
        name = await run_in_threadpool(_name, service, organisation_id)
        return Asked(
            title="Une inscription à confirmer",
            paragraphs=(
                f"{_applicant(facts)} ({facts['email']}) demande à gérer les accès de {name}.",
                _MEANING,
            ),
            button="Confirmer",
            cancel="Je ne connais pas cette personne",
        )

    async def use(
        self,
        service: Service,
        connection: AsyncConnection[DictRow],
        link: Link,
        given: Mapping[str, str],
        facts: RequestFacts,
    ) -> Done | list[Fault] | None:
        found = await _waiting(service, connection, link)
        if found is None:
            return None
        organisation_id, applicant = found
        if given.get("cancel"):
            await connection.execute("delete from auth.registration where registration_id = %s", (link.target_id,))
            await note_within(connection, "registration", "refused", target_id=organisation_id, request=facts)
            return Done("La demande est écartée. Personne n'a reçu d'accès.")
        establishments = await (await connection.execute(_ESTABLISHMENTS, (organisation_id,))).fetchall()
        invite = partial(
            _invite,
            service,
            link,
            facts,
            organisation_id=organisation_id,
            applicant=applicant,
            establishment_ids=[row["establishment_id"] for row in establishments],
        )
        if not await run_in_threadpool(invite):
            return None
        await connection.execute(
            "update auth.registration set confirmed_at = now() where registration_id = %s", (link.target_id,)
        )
        await note_within(connection, "registration", "confirmed", target_id=organisation_id, request=facts)
        return Done("La demande est confirmée. Un message a été envoyé à cette personne.")


def _invite(
    service: Service,
    link: Link,
    facts: RequestFacts,
    *,
    organisation_id: UUID,
    applicant: Mapping[str, str],
    establishment_ids: list[UUID],
) -> bool:
    """The applicant is invited as any user is, as référent; False where that is refused."""
    order = SendInvitation(
        organisation_id=organisation_id,
        kind=OrganisationKind.MEMBER,
        profile=Profile.REFERENT,
        establishment_ids=frozenset(establishment_ids),
        email=applicant["email"],
        **{name: applicant[name] for name in _NAMES},
    )
    try:
        service.ledger.execute(order, actor=None, key=order_key(link), correlation_id=facts.correlation_id)
    except Refusal:
        return False
    return True


async def _waiting(
    service: Service, connection: AsyncConnection[DictRow], link: Link
) -> tuple[UUID, dict[str, str]] | None:
    row = await (await connection.execute(_WAITING, (link.target_id,))).fetchone()
    if row is None:
        return None
    facts = await run_in_threadpool(_facts, service, Personal.parse(row["facts_sealed"]))
    return (row["organisation_id"], facts) if facts else None


def _facts(service: Service, sealed: Personal[str]) -> dict[str, str]:
    """What was asked; empty where it was erased since."""
    clear = clear_text(service, sealed)
    found: dict[str, str] = {} if clear is None else orjson.loads(clear)
    return found


def _name(service: Service, organisation_id: UUID) -> str:
    return clear_text(service, organisation_in_log(service, organisation_id).name) or "votre entreprise"


def _applicant(facts: Mapping[str, Any]) -> str:
    return f"{facts['first_name']} {facts['last_name']}"


def sweep(connection: Connection[DictRow]) -> None:
    """Forget demands whose link is long over. Acts as AUTH."""
    connection.execute("delete from auth.registration where made_at < now() - interval '30 days'")
