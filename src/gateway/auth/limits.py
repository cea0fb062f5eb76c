"""Limits that all processes share: growing waits after failures, and allowances for what is no failure.

What is counted is kept in PostgreSQL under keyed digests (`bucket`): neither an e-mail nor an address is at rest. An
attempt is reserved before it is looked at (`admit`), and taken back once it has succeeded (`forgive`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from psycopg import Connection

from ledger.kit.keyring import Keyring
from ledger.log.database import Role

if TYPE_CHECKING:
    from gateway.service import Service


class Limit(NamedTuple):
    """`free` attempts at once; then a wait of `base_seconds`, doubled by each further one, up to `cap_seconds`.

    The count halves with each hour. A success begins it anew where it is `forgotten`, else takes itself back alone.
    """

    kind: str
    free: int
    base_seconds: float
    cap_seconds: float
    forgotten: bool = True


class Allowance(NamedTuple):
    """`burst` at once, and `per_hour` as time goes."""

    kind: str
    per_hour: float
    burst: int


_QUARTER: Final = 900.0
PAIR: Final = Limit("sign-in-pair", 5, 2, _QUARTER)
ACCOUNT: Final = Limit("sign-in-account", 20, 5, _QUARTER)
ADDRESS: Final = Limit("sign-in-address", 50, 2, _QUARTER, forgotten=False)
DEVICE: Final = Limit("sign-in-device", 10, 2, _QUARTER)
SECOND_FACTOR: Final = Limit("second-factor", 5, 2, _QUARTER)
PROOF: Final = Limit("proof", 5, 2, _QUARTER)

MAIL_RECIPIENT: Final = Allowance("mail-recipient", 5, 5)
MAIL_SENDER: Final = Allowance("mail-sender", 30, 30)
REGISTRATION: Final = Allowance("registration", 10, 10)
RESET: Final = Allowance("reset", 60, 30)
LINK: Final = Allowance("link", 600, 60)
SEARCH: Final = Allowance("search", 7200, 120)
DOWNLOAD: Final = Allowance("download", 7200, 120)
ARCHIVE: Final = Allowance("archive", 600, 30)
DEPOSIT: Final = Allowance("deposit", 300, 150)
STREAM: Final = Allowance("stream", 1200, 60)

Counted = tuple[Limit, str]


def of_sign_in(email: str, address: str, *, device: str | None = None) -> list[Counted]:
    """What an attempt counts for. `email` is normalised, and need not be anybody's; `address`: `str(client.address)`.

    `device` is given where the request came with a device that this very account has signed in from: it is counted by
    itself then, so that neither whoever attacks the account nor whoever shares its address keeps the rightful user out.
    """
    if device is not None:
        return [(DEVICE, device)]
    return [(PAIR, f"{email}\n{address}"), (ACCOUNT, email), (ADDRESS, address)]


async def admit(service: Service, counted: Sequence[Counted]) -> float:
    """Count an attempt in every bucket, and 0; or count it nowhere, and the seconds to wait.

    In a transaction of its own, committed when this returns: call it outside of any other, before the costly look.
    """
    limits = [limit for limit, _ in counted]
    async with service.queries.transaction(Role.AUTH) as connection:
        cursor = await connection.execute(
            "select auth.admit(%s::text[], %s::bytea[], %s::float8[], %s::float8[], %s::float8[]) as wait",
            (
                [limit.kind for limit in limits],
                _buckets(service.keyring, counted),
                [float(limit.free) for limit in limits],
                [float(limit.base_seconds) for limit in limits],
                [float(limit.cap_seconds) for limit in limits],
            ),
        )
        return _wait(await cursor.fetchone())


async def forgive(service: Service, counted: Sequence[Counted]) -> None:
    """What `admit` admitted has succeeded; `counted` is the same list."""
    limits = [limit for limit, _ in counted]
    async with service.queries.transaction(Role.AUTH) as connection:
        await connection.execute(
            "select auth.forgive(%s::text[], %s::bytea[], %s::float8[], %s::boolean[])",
            (
                [limit.kind for limit in limits],
                _buckets(service.keyring, counted),
                [float(limit.free) for limit in limits],
                [limit.forgotten for limit in limits],
            ),
        )


async def spend(service: Service, allowance: Allowance, whose: str) -> float:
    """Take one of `whose` allowance, and 0; or the seconds until there is one. In a transaction of its own."""
    async with service.queries.transaction(Role.AUTH) as connection:
        cursor = await connection.execute(
            "select auth.spend(%s, %s, %s, %s) as wait",
            (
                allowance.kind,
                bucket(service.keyring, allowance.kind, whose),
                float(allowance.per_hour),
                float(allowance.burst),
            ),
        )
        return _wait(await cursor.fetchone())


def bucket(keyring: Keyring, kind: str, text: str) -> bytes:
    """32 bytes under which `text` is counted: equal ones are found, none can be tried without the keys."""
    return keyring.digest("limit", f"{kind}\n{text}")


def sweep(connection: Connection[Any]) -> None:
    """Take out what has faded: a day halves a count twenty-four times. The connection acts as `ledger_auth`."""
    connection.execute("delete from auth.throttle where at < now() - interval '1 day'")
    connection.execute("delete from auth.allowance where at < now() - interval '1 day'")


def _buckets(keyring: Keyring, counted: Sequence[Counted]) -> list[bytes]:
    return [bucket(keyring, limit.kind, text) for limit, text in counted]


def _wait(row: dict[str, Any] | None) -> float:
    return float(row["wait"]) if row else 0.0
