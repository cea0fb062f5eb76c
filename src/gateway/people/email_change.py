"""Another e-mail for an account: confirmed at both addresses, or it does not come about.

The answer to the request never tells whether the new address is somebody's: the worker looks, and only the mailbox
itself is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final, Literal
from uuid import UUID

import orjson
from psycopg import AsyncConnection, Connection
from psycopg.rows import DictRow
from starlette.concurrency import run_in_threadpool

from gateway.api.client import RequestFacts
from gateway.api.problems import Fault
from gateway.auth import sessions
from gateway.auth.caller import Caller
from gateway.journal.journal import note_within
from gateway.mail import links, outbox
from gateway.mail.links import Link
from gateway.mail.using import Asked, Done
from gateway.mail.wishes import Wish, wish
from gateway.people.reading import account_in_log, clear_text, holder_of
from gateway.service import Service
from ledger.account.commands import ChangeEmail
from ledger.application import IdempotencyKey
from ledger.kit.errors import Refusal
from ledger.kit.ids import uuid7
from ledger.kit.keyring import SubjectErased
from ledger.kit.personal import Personal
from ledger.log.database import Role

KIND: Final = "email-change"
OLD: Final = "email-old"
NEW: Final = "email-new"
_TAKEN: Final = "email-new-taken"
_INSERT: Final = "insert into auth.email_change (change_id, account_id, email_sealed, taken) values (%s, %s, %s, %s)"
_END: Final = "update auth.email_change set done_at = now() where account_id = %s and done_at is null"
_OPEN: Final = """
select change_id, account_id, email_sealed, taken, old_ok_at, new_ok_at from auth.email_change
 where change_id = %s and done_at is null
"""
_NOTED: Final[Mapping[str, str]] = {
    OLD: "update auth.email_change set old_ok_at = now() where change_id = %s",
    NEW: "update auth.email_change set new_ok_at = now() where change_id = %s",
}
_WAITS: Final = "C'est noté. Le changement sera fait dès que l'autre adresse l'aura confirmé aussi."
_DONE: Final = "Votre adresse est changée. Connectez-vous avec la nouvelle ; le mot de passe reste le même."
_OVER: Final = "Ce changement n'est plus possible. Rien n'a été modifié."


async def ask(service: Service, caller: Caller, email: str) -> None:
    """Note the demand; `email` is normalised."""
    facts = orjson.dumps({"account_id": str(caller.account_id), "email": email}).decode()
    sealed = await run_in_threadpool(service.keyring.seal, caller.person_id, facts)
    async with service.queries.transaction(Role.AUTH) as connection:
        await wish(connection, KIND, facts_sealed=str(sealed))


def grant(service: Service, asked: Wish, connection: Connection[DictRow]) -> None:
    """Write to both addresses. To one that has an account already, that it has; the old one is asked all the same."""
    sealed: Personal[str] = Personal.parse(asked.facts_sealed or "")
    clear = clear_text(service, sealed)
    if clear is None:
        return
    facts = orjson.loads(clear)
    account = account_in_log(service, UUID(facts["account_id"]))
    holder = holder_of(service, facts["email"])
    if account.disabled or holder == account.id:
        return
    new = service.keyring.seal(sealed.subject, facts["email"])
    connection.execute(_END, (account.id,))
    change_id = uuid7()
    connection.execute(_INSERT, (change_id, account.id, str(new), holder is not None))
    try:
        told = {"change_id": change_id, "account_id": account.id}
        _mail(service, connection, kind=OLD, recipient=account.email, **told)
        _mail(service, connection, kind=NEW if holder is None else _TAKEN, recipient=new, **told)
    except SubjectErased:
        connection.execute(_END, (account.id,))


def _mail(
    service: Service,
    connection: Connection[DictRow],
    *,
    kind: str,
    change_id: UUID,
    account_id: UUID,
    recipient: Personal[str],
) -> None:
    link = None
    if kind in _NOTED:
        link = links.make(connection, kind, account_id=account_id, target_id=change_id, group_id=change_id)
    else:
        links.void(connection, NEW, account_id=account_id)
    outbox.enqueue(connection, service.keyring, cause=f"{kind}:{change_id}", kind=kind, recipient=recipient, link=link)


class ConfirmEmail:
    """One of the two links. The old address may refuse: whoever asked was in a session that is not its own, then."""

    def __init__(self, which: Literal["email-old", "email-new"]) -> None:
        self._which = which

    async def asked(self, service: Service, connection: AsyncConnection[DictRow], link: Link) -> Asked | None:
        change = await _open(connection, link)
        if change is None:
            return None
        new = await run_in_threadpool(clear_text, service, Personal.parse(change["email_sealed"]))
        if new is None:
            return None
        account = await run_in_threadpool(account_in_log, service, change["account_id"])
        old = await run_in_threadpool(clear_text, service, account.email)
        return Asked(
            title="Changer l'adresse de votre compte",
            paragraphs=(
                f"La nouvelle adresse demandée est {new}.",
                "Le changement n'a lieu qu'une fois confirmé à l'ancienne et à la nouvelle adresse.",
            ),
            button="Confirmer",
            identifier=old,
            cancel="Ce n'est pas moi" if self._which == OLD else None,
        )

    async def use(
        self,
        service: Service,
        connection: AsyncConnection[DictRow],
        link: Link,
        given: Mapping[str, str],
        facts: RequestFacts,
    ) -> Done | list[Fault] | None:
        change = await _open(connection, link, lock=True)
        if change is None:
            return None
        if self._which == OLD and given.get("cancel"):
            return await _refuse(connection, change, facts)
        await connection.execute(_NOTED[self._which].encode(), (change["change_id"],))
        other = change["new_ok_at"] if self._which == OLD else change["old_ok_at"]
        if other is None or change["taken"]:
            return Done(_WAITS)
        return await _perform(service, connection, change, facts)


async def _perform(
    service: Service, connection: AsyncConnection[DictRow], change: Mapping[str, Any], facts: RequestFacts
) -> Done:
    """Both have confirmed. Meanwhile the address may have become somebody's: then nothing changes."""
    email = await run_in_threadpool(clear_text, service, Personal.parse(change["email_sealed"]))
    await connection.execute(_END, (change["account_id"],))
    if email is None:
        return Done(_OVER)
    order = partial(
        service.ledger.execute,
        ChangeEmail(account_id=change["account_id"], email=email),
        actor=None,
        key=IdempotencyKey(account_id=None, route="email-change", key=str(change["change_id"]), body=b""),
        correlation_id=facts.correlation_id,
    )
    try:
        await run_in_threadpool(order)
    except Refusal:
        await note_within(connection, "email", "impossible", account_id=change["account_id"], request=facts)
        return Done(_OVER)
    await sessions.end_all(connection, change["account_id"], why="email-changed")
    await note_within(connection, "email", "changed", account_id=change["account_id"], request=facts)
    return Done(_DONE)


async def _refuse(connection: AsyncConnection[DictRow], change: Mapping[str, Any], facts: RequestFacts) -> Done:
    account_id = change["account_id"]
    await connection.execute(_END, (account_id,))
    await links.void_async(connection, NEW, account_id=account_id)
    await sessions.end_all(connection, account_id, why="email-change-refused")
    await note_within(connection, "email", "refused", account_id=account_id, request=facts)
    return Done(
        "Le changement est annulé et vos sessions sont fermées. "
        "Changez votre mot de passe : quelqu'un l'a peut-être utilisé."
    )


async def _open(connection: AsyncConnection[DictRow], link: Link, *, lock: bool = False) -> dict[str, Any] | None:
    """Locked, so that of two confirmations at once the second sees the first."""
    query = f"{_OPEN} for update" if lock else _OPEN
    return await (await connection.execute(query.encode(), (link.target_id,))).fetchone()


def sweep(connection: Connection[DictRow]) -> None:
    """Forget changes that are over, or whose links are. Acts as AUTH."""
    connection.execute("delete from auth.email_change where made_at < now() - interval '30 days'")
