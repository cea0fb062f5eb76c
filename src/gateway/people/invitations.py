"""An invitation's link: whoever holds the mailbox joins the organisation's users, with a first password if need be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from starlette.concurrency import run_in_threadpool

from gateway.api.client import RequestFacts
from gateway.api.codes import KIND_LABELS
from gateway.api.problems import Fault
from gateway.auth.passwords import broken
from gateway.journal.journal import note_within
from gateway.mail import outbox
from gateway.mail.links import Link
from gateway.mail.using import Asked, Done, order_key
from gateway.people.identity import names_of
from gateway.people.reading import account_in_log, clear_text, holder_of, invitation_in_log, organisation_in_log
from gateway.service import Service
from ledger.account.events import Role
from ledger.invitation.aggregate import Invitation
from ledger.invitation.commands import AcceptInvitation
from ledger.kit.errors import Refusal

_CREDENTIAL: Final = "select 1 from auth.credential where account_id = %s"


@dataclass(frozen=True)
class _Open:
    """An invitation that can be accepted. `password` says that there is none yet; `names` may not stand in it."""

    invitation: Invitation
    email: str
    organisation: str
    password: bool
    names: tuple[str, ...]


class JoinByInvitation:
    """Of an e-mail that nobody has, the link asks for a first password; of a known one, for a press on a button."""

    async def asked(self, service: Service, connection: AsyncConnection[DictRow], link: Link) -> Asked | None:
        found = await _open(service, connection, link)
        if found is None:
            return None
        role = KIND_LABELS[found.invitation.kind]
        return Asked(
            title="Bienvenue dans votre espace d'information de gestion",
            paragraphs=(
                f"Un accès vous est proposé au titre de {found.organisation} ({role}).",
                "Choisissez votre mot de passe pour créer votre compte."
                if found.password
                else "Votre identifiant et votre mot de passe restent les mêmes.",
            ),
            button="Créer mon mot de passe" if found.password else "Rejoindre",
            identifier=found.email,
            password=found.password,
        )

    async def use(
        self,
        service: Service,
        connection: AsyncConnection[DictRow],
        link: Link,
        given: Mapping[str, str],
        facts: RequestFacts,
    ) -> Done | list[Fault] | None:
        found = await _open(service, connection, link)
        if found is None:
            return None
        password = given.get("password", "")
        if found.password and (rules := broken(password, (*found.names, found.email))):
            return [Fault("body", "/password", rule.code, rule.text) for rule in rules]
        account_id = await _accept(service, link, facts)
        if account_id is None:
            return None
        # Another link to the same mailbox may have been used at this very instant: its password is the account's.
        if not found.password or await _has_password(connection, account_id):
            return Done(f"Vous faites partie des utilisateurs de {found.organisation}.", "home")
        await service.passwords.set(account_id, password)
        await outbox.enqueue_async(
            connection, cause=f"link:{link.link_id}", kind="password-set", recipient=found.invitation.email
        )
        await note_within(connection, "password", "set", account_id=account_id, request=facts)
        return Done("Votre mot de passe est enregistré. Vous pouvez vous connecter.")


async def _open(service: Service, connection: AsyncConnection[DictRow], link: Link) -> _Open | None:
    """None where it is over: withdrawn, accepted by another link, or of a mailbox that cannot join."""
    if link.target_id is None:
        return None
    invitation = await run_in_threadpool(invitation_in_log, service, link.target_id)
    email = await run_in_threadpool(clear_text, service, invitation.email)
    # Accepted by this very link, whose use was not committed then: it is tried again, and goes on where it stopped.
    if email is None or (invitation.closed and await _outcome(service, link) is None):
        return None
    holder = await run_in_threadpool(holder_of, service, email)
    if holder is not None and not await run_in_threadpool(_may_join, service, holder):
        return None
    organisation = await run_in_threadpool(organisation_in_log, service, invitation.organisation_id)
    name = await run_in_threadpool(clear_text, service, organisation.name)
    without = holder is None or not await _has_password(connection, holder)
    names = await names_of(connection, invitation.person_id)
    return _Open(invitation, email, name or "cet organisme", without, names)


async def _has_password(connection: AsyncConnection[DictRow], account_id: UUID) -> bool:
    return await (await connection.execute(_CREDENTIAL, (account_id,))).fetchone() is not None


async def _accept(service: Service, link: Link, facts: RequestFacts) -> UUID | None:
    order = partial(
        service.ledger.execute,
        AcceptInvitation(invitation_id=link.target_id),
        actor=None,
        key=order_key(link),
        correlation_id=facts.correlation_id,
    )
    try:
        return (await run_in_threadpool(order)).resource_id
    except Refusal:
        return None


async def _outcome(service: Service, link: Link) -> UUID | None:
    outcome = await run_in_threadpool(service.ledger.outcome_of, order_key(link))
    return None if outcome is None else outcome.resource_id


def _may_join(service: Service, account_id: UUID) -> bool:
    account = account_in_log(service, account_id)
    return account.role is Role.PORTAL and not account.disabled
