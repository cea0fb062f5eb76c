"""Browsers that an account has signed in from: they are not slowed down with the rest, and a new one is told of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from gateway.auth import opaque
from gateway.auth.holder import NOBODY, Holder
from gateway.mail.outbox import enqueue_async
from ledger.kit.clock import system_clock
from ledger.kit.ids import uuid7
from ledger.log.database import Role

if TYPE_CHECKING:
    from gateway.service import Service

_KNOWN: Final = "select device_id from auth.device where account_id = %s and digest = %s"
_GIVEN: Final = "select exists (select from auth.device where digest = %s) as given"
_SEEN: Final = """
insert into auth.device (device_id, account_id, digest, first_at, last_at)
values (%(device_id)s, %(account_id)s, %(digest)s, now(), now())
on conflict (account_id, digest) do update set last_at = now()
returning device_id, first_at = last_at as new,
          not exists (select from auth.device d where d.account_id = %(account_id)s) as first"""


@dataclass(frozen=True)
class Device:
    """The device that a sign-in came from; `secret` is for its cookie."""

    device_id: UUID
    secret: str


async def known(service: Service, account_id: UUID | None, secret: str | None) -> UUID | None:
    """The device, where the account has signed in from it before. The question is asked of nobody as well."""
    values = (account_id or NOBODY, opaque.digest(secret or ""))
    async with service.queries.transaction(Role.AUTH) as connection:
        cursor = await connection.execute(_KNOWN, values)
    row = await cursor.fetchone()
    return row["device_id"] if row else None


async def signed_in(service: Service, holder: Holder, secret: str | None, label: str) -> Device:
    """Note that the account signed in from this browser. One that it never came from is told of by mail, the very first
    but for. A secret that we have not made is not taken over: the browser gets one of ours.
    """
    async with service.queries.transaction(Role.AUTH) as connection:
        cursor = await connection.execute(_GIVEN, (opaque.digest(secret or ""),))
        given = await cursor.fetchone()
        kept = secret if secret and given and given["given"] else opaque.new_secret(opaque.DEVICE)
        values = {"device_id": uuid7(), "account_id": holder.account_id, "digest": opaque.digest(kept)}
        cursor = await connection.execute(_SEEN, values)
        row = await cursor.fetchone()
        if row is None:
            raise LookupError("the database returned no device")
        if row["new"] and not row["first"]:
            told = {"at": system_clock().isoformat(), "device": label}
            cause = f"new-device:{row['device_id']}"
            await enqueue_async(connection, cause=cause, kind="new-device", recipient=holder.email, facts=told)
    return Device(row["device_id"], kept)
