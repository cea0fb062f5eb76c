"""Choosing a password by a mail's link (rows O2, O24): the first one, or a new one. It does not sign in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from starlette.concurrency import run_in_threadpool

from gateway.api.problems import Fault, problem
from gateway.auth.changing import settle
from gateway.auth.holder import Holder, current_holder, names_of
from gateway.auth.passwords import broken
from gateway.journal.journal import RequestFacts, note_within
from gateway.mail.links import Link
from gateway.mail.using import Asked, Done
from ledger.kit.personal import Erased

if TYPE_CHECKING:
    from gateway.service import Service


class ChoosePassword:
    """The purpose `password`: of an account that may sign in."""

    async def asked(self, service: Service, connection: AsyncConnection[DictRow], link: Link) -> Asked | None:
        holder = await _holder(service, connection, link)
        if holder is None:
            return None
        identifier = await run_in_threadpool(service.keyring.open, holder.email)
        if isinstance(identifier, Erased):
            return None
        first = holder.password_hash is None
        return Asked(
            title="Créer mon mot de passe" if first else "Réinitialiser le mot de passe",
            paragraphs=("Ce lien ne sert qu'une fois. Vos sessions ouvertes seront fermées.",) if not first else (),
            button="Valider",
            identifier=identifier,
            password=True,
        )

    async def use(
        self,
        service: Service,
        connection: AsyncConnection[DictRow],
        link: Link,
        given: Mapping[str, str],
        facts: RequestFacts,
    ) -> Done | list[Fault] | None:
        holder = await _holder(service, connection, link)
        if holder is None:
            return None
        password = given.get("password", "")
        if rules := broken(password, await names_of(service, holder, connection=connection)):
            return [Fault("body", "/password", rule.code, rule.text) for rule in rules]
        await service.passwords.set(holder.account_id, password)
        await settle(connection, holder)
        await note_within(connection, "password", "set", account_id=holder.account_id, request=facts)
        return Done("Votre mot de passe est enregistré. Vous pouvez vous connecter.")


async def _holder(service: Service, connection: AsyncConnection[DictRow], link: Link) -> Holder | None:
    """Whose link it is; None where that account may not sign in any more."""
    if link.account_id is None:
        return None
    holder = await current_holder(service, link.account_id, connection=connection)
    if not holder.current:
        raise problem("read-model-late", headers={"Retry-After": "1"})
    return None if holder.over else holder
