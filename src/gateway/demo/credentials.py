"""What the personas sign in with: one password for all, and for the fund's own a second factor, as everywhere else."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final
from uuid import UUID

import pyotp

from gateway.auth.holder import required
from gateway.demo.instance import Instance
from gateway.service import Service
from ledger.account.aggregate import Account
from ledger.log.database import Role

PASSWORD: Final = "Demonstration-2026!"  # noqa: S105 - told to whoever starts the demonstration, of invented people
_WITHOUT: Final = "select 1 from auth.credential where account_id = %s"
_TOTP: Final = """
insert into auth.totp (account_id, secret_sealed, confirmed_at) values (%s, %s, now())
on conflict (account_id) do nothing returning 1
"""


def credentials(service: Service, wanted: Mapping[str, UUID], before: Instance | None) -> dict[str, str]:
    """Give each persona the password that has none yet; the secrets of second factors, by persona.

    What somebody has changed while trying things out stays as it is; a secret that is not known any more is not told.
    """
    asyncio.run(_passwords(service, list(wanted.values())))
    known = before.factors if before else {}
    secrets = {key: _factor(service, account_id) or known.get(key) for key, account_id in wanted.items()}
    return {key: secret for key, secret in secrets.items() if secret is not None}


async def _passwords(service: Service, account_ids: list[UUID]) -> None:
    with service.database.transaction(Role.AUTH) as connection:
        without = [each for each in account_ids if connection.execute(_WITHOUT, (each,)).fetchone() is None]
    for account_id in without:
        await service.passwords.set(account_id, PASSWORD)


def _factor(service: Service, account_id: UUID) -> str | None:
    """A new authenticator's secret, for a role that must have one and has none."""
    account: Account = service.ledger.repository.get(account_id)
    if not required(account.role):
        return None
    secret = pyotp.random_base32()
    sealed = str(service.keyring.seal(account.person_id, secret))
    with service.database.transaction(Role.AUTH) as connection:
        made = connection.execute(_TOTP, (account_id, sealed)).fetchone()
    return secret if made else None
