"""Delivers the outbox: at least once, each try under the same Message-ID.

A mail is claimed for a few minutes in a transaction of its own, sent, then noted as sent. A worker that dies between
the two has its mail sent again, by whoever claims it next: receivers know it by its Message-ID.
"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import psycopg
import structlog
from psycopg import Connection
from psycopg.rows import DictRow

from gateway.mail import links
from gateway.mail.rendering import Fund, compose, render
from gateway.mail.transports import Refused, Transport, Undelivered
from gateway.patience import patience
from gateway.service import Service
from ledger.kit.clock import system_clock
from ledger.kit.personal import PREFIX, Erased, Personal
from ledger.log.database import Role
from ledger.organisation.aggregate import Organisation

AT_ONCE: Final = 4
POLL_SECONDS: Final = 1.0
LINGER_SECONDS: Final = 5.0
FIRST_DELAY: Final = timedelta(seconds=30)
LAST_DELAY: Final = timedelta(hours=6)
PATIENCE: Final = timedelta(hours=48)

_CLAIM: Final = """
update auth.mail set claimed_until = now() + interval '3 minutes', attempts = attempts + 1
 where mail_id in (
   select mail_id from auth.mail
    where sent_at is null and gave_up_at is null and next_at <= now()
      and (claimed_until is null or claimed_until < now())
    order by next_at limit %s for update skip locked)
 returning mail_id, kind, recipient_sealed, facts, secret_sealed, link_id, made_at, attempts
"""
_LINK: Final = """
select purpose, account_id, target_id, group_id, used_at is not null or void_at is not null as over,
       expires_at < now() + interval '1 hour' as late from auth.link where link_id = %s
"""
_RELINK: Final = "update auth.mail set link_id = %s, secret_sealed = %s where mail_id = %s"
_SENT: Final = "update auth.mail set sent_at = now(), secret_sealed = null, last_code = null where mail_id = %s"
_GIVEN_UP: Final = "update auth.mail set gave_up_at = now(), secret_sealed = null, last_code = %s where mail_id = %s"
_LATER: Final = "update auth.mail set next_at = now() + %s, claimed_until = null, last_code = %s where mail_id = %s"
_log = structlog.get_logger(__name__)


class Over(Exception):
    """Nothing is to be sent any more: `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Queued:
    """A row of the outbox that this worker has claimed."""

    mail_id: UUID
    kind: str
    recipient_sealed: str
    facts: dict[str, str]
    secret_sealed: str | None
    link_id: UUID | None
    made_at: datetime
    attempts: int


class Postman:
    """Sends what waits, by `transport`. Several may run: each mail is claimed by one of them at a time."""

    def __init__(self, service: Service, transport: Transport, *, first_delay: timedelta = FIRST_DELAY) -> None:
        self._service = service
        self._transport = transport
        self._first_delay = first_delay

    async def run(self, stop: threading.Event) -> None:
        """Send until `stop` is set. What is under way then is given a moment, and left to whoever comes next after it.

        The database's passing errors are waited out.
        """
        while not stop.is_set():
            worked = 0
            with patience("mails", stop):
                worked = await self._round(stop)
            if not worked:
                await asyncio.sleep(POLL_SECONDS)

    async def _round(self, stop: threading.Event) -> int:
        """A slow server can hold a mail for a minute: a worker that is told to stop does not wait for it."""
        sending = asyncio.create_task(self.run_once())
        while not stop.is_set() and not sending.done():
            await asyncio.wait([sending], timeout=POLL_SECONDS)
        done, _ = await asyncio.wait([sending], timeout=LINGER_SECONDS)
        if not done:
            sending.cancel()
            return 0
        return sending.result()

    async def run_once(self) -> int:
        """Send at most AT_ONCE mails, together; how many were tried."""
        claimed = await asyncio.to_thread(self._claim)
        await asyncio.gather(*(self._deliver(mail) for mail in claimed))
        return len(claimed)

    def _claim(self) -> list[Queued]:
        with self._service.database.transaction(Role.AUTH) as connection:
            return [Queued(**row) for row in connection.execute(_CLAIM, (AT_ONCE,))]

    async def _deliver(self, mail: Queued) -> None:
        try:
            message = await asyncio.to_thread(self._prepared, mail)
            await self._transport.send(str(mail.mail_id), message)
        except (Refused, Over) as end:
            await self._note(mail, _GIVEN_UP, end.code)
        except Undelivered as trouble:
            await self._put_off(mail, trouble.code)
        except psycopg.Error:
            raise
        except Exception as error:  # noqa: BLE001 - a mail that cannot be made must not keep the others waiting
            _log.exception("a mail could not be made", kind=mail.kind, mail_id=str(mail.mail_id))
            await self._put_off(mail, type(error).__name__)
        else:
            await self._note(mail, _SENT)

    async def _put_off(self, mail: Queued, code: str) -> None:
        if system_clock() - mail.made_at > PATIENCE:
            await self._note(mail, _GIVEN_UP, code)
            return
        delay = min(self._first_delay * 2 ** min(mail.attempts - 1, 20), LAST_DELAY)
        await self._note(mail, _LATER, delay, code)

    async def _note(self, mail: Queued, statement: str, *values: Any) -> None:
        await asyncio.to_thread(self._noted, statement, (*values, mail.mail_id))
        outcome = {_SENT: "sent", _GIVEN_UP: "given up", _LATER: "put off"}[statement]
        code = None if statement is _SENT else values[-1]
        _log.info("mail", outcome=outcome, kind=mail.kind, mail_id=str(mail.mail_id), attempt=mail.attempts, code=code)

    def _noted(self, statement: str, values: tuple[Any, ...]) -> None:
        with self._service.database.transaction(Role.AUTH) as connection:
            connection.execute(statement.encode(), values)

    def _prepared(self, mail: Queued) -> Any:
        """The message, opened and composed here and kept nowhere. Over where there is nobody, or no reason, left."""
        settings = self._service.settings
        recipient = self._opened(mail.recipient_sealed)
        link = self._link(mail)
        fund = Fund(settings.fund_name, settings.fund_team, settings.fund_contact, settings.public_origin)
        return compose(
            render(mail.kind, self._facts(mail), fund, identifier=recipient, link=link),
            mail_id=mail.mail_id,
            made_at=mail.made_at,
            origin=settings.origin,
            sender=settings.sender,
            sender_name=settings.fund_name,
            recipient=recipient,
        )

    def _facts(self, mail: Queued) -> dict[str, str]:
        """What the mail tells, sealed texts opened, the organisation by its name."""
        facts = {name: self._opened(text) if text.startswith(PREFIX) else text for name, text in mail.facts.items()}
        if "organisation_id" in facts:
            organisation: Organisation = self._service.ledger.repository.get(UUID(facts["organisation_id"]))
            facts["organisation"] = self._opened(str(organisation.name))
        return facts

    def _opened(self, sealed: str) -> str:
        box: Personal[str] = Personal.parse(sealed)
        clear = self._service.keyring.open(box)
        if isinstance(clear, Erased):
            raise Over("erased")
        return clear

    def _link(self, mail: Queued) -> str | None:
        """Where the mail's link leads. One that would be late on arrival is made anew, and the old one void."""
        if mail.link_id is None or mail.secret_sealed is None:
            return None
        with self._service.database.transaction(Role.AUTH) as connection:
            row = connection.execute(_LINK, (mail.link_id,)).fetchone()
            if row is None or row["over"]:
                raise Over("superseded")
            secret = self._renewed(connection, mail, row) if row["late"] else self._opened(mail.secret_sealed)
        return links.address(self._service.settings.public_origin, secret)

    def _renewed(self, connection: Connection[DictRow], mail: Queued, row: DictRow) -> str:
        whose = {name: row[name] for name in ("account_id", "target_id", "group_id")}
        link = links.make(connection, row["purpose"], **whose)
        subject = Personal.parse(mail.recipient_sealed).subject
        sealed = self._service.keyring.seal(subject, link.secret)
        connection.execute(_RELINK, (link.link_id, str(sealed), mail.mail_id))
        return link.secret
