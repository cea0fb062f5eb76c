"""Who calls: read by one statement, which also proves that what it read is not behind the account's own events.

A read model lags. A right that was taken away must hold for the very next request, in any process: so the look-up
compares the version that `read.account` has folded with the version that the account's stream has in the log. Where
they differ, nobody is let in until the read model has caught up (`Late`).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Final, Literal
from uuid import UUID

from gateway.auth import opaque
from ledger.account.events import Menu, Profile
from ledger.account.events import Role as AccountRole
from ledger.kit.clock import system_clock
from ledger.log.database import AsyncDatabase, Role

Via = Literal["session", "machine", "frontend"]
Stage = Literal["second-factor", "enrolment", "full"]

ALL_MENUS: Final = frozenset(Menu)
WAIT_SECONDS: Final = 2.0
"""How long a request waits for the account's own events to be folded."""

_PAUSE_SECONDS: Final = 0.02
_STAMPS: Final[dict[Via, str]] = {
    "session": "update auth.session set seen_at = now() where session_id = %s",
    "machine": "update auth.token set last_used_at = now() where token_id = %s",
    "frontend": "update auth.token set last_used_at = now() where token_id = %s",
}
"""A session's life is noted to the minute, a token's use to the hour."""

# `current` proves that the rows are not behind the log. The account is joined from the left: one that was made a moment
# ago has a stream and no row yet, and is late, not unknown. `teams` are the active memberships, one text for each.
_ACCOUNT: Final = """
       a.role, a.person_id, a.terms_version, now() as at,
       coalesce(a.version = log.stream_version(k.account_id), false) as current,
       a.disabled or coalesce(a.ends_on < (now() at time zone 'Europe/Paris')::date, false) as over,
       array(select unnest(m.establishment_ids) from read.membership m
              where m.account_id = k.account_id and not m.suspended) as scope,
       array(select concat_ws('|', m.organisation_id, m.kind, m.profile, array_to_string(m.menus, ','),
                              case when m.menus is not null then array_to_string(m.establishment_ids, ',') end)
               from read.membership m where m.account_id = k.account_id and not m.suspended) as teams"""
_LIVE: Final = "s.ended_at is null and s.ends_at > now() and s.seen_at + make_interval(secs => s.idle_seconds) > now()"
_VALID: Final = "k.revoked_at is null and k.expires_at > now()"
_STALE: Final = "k.last_used_at is null or k.last_used_at < now() - interval '1 hour' as stale"

_QUERIES: Final[dict[str, str]] = {
    opaque.SESSION: f"""
select k.digest, k.account_id, null::uuid as token_id, k.session_id, k.stage, k.proved_at, true as grave,
       k.seen_at < now() - interval '1 minute' as stale, {_ACCOUNT}
  from auth.session k left join read.account a on a.account_id = k.account_id
 where k.digest = any(%(digests)s) and {_LIVE.replace("s.", "k.")}""",
    opaque.MACHINE: f"""
select k.digest, k.account_id, k.token_id, null::uuid as session_id, 'full' as stage, null::timestamptz as proved_at,
       k.grave, {_STALE}, {_ACCOUNT}
  from auth.token k left join read.account a on a.account_id = k.account_id
 where k.digest = any(%(digests)s) and k.session_id is null and {_VALID}""",
    opaque.FRONTEND: f"""
select k.digest, k.account_id, k.token_id, k.session_id, s.stage, s.proved_at, k.grave, {_STALE}, {_ACCOUNT}
  from auth.token k join auth.session s on s.session_id = k.session_id
       left join read.account a on a.account_id = k.account_id
 where k.digest = any(%(digests)s) and {_VALID} and {_LIVE}""",
}
_VIA: Final[dict[str, Via]] = {opaque.SESSION: "session", opaque.MACHINE: "machine", opaque.FRONTEND: "frontend"}


class _Late(Enum):
    LATE = "late"


Late = Literal[_Late.LATE]
LATE: Final = _Late.LATE
"""The read model is behind the account's own events: ask again in a moment, and let nobody in meanwhile."""


@dataclass(frozen=True)
class Caller:
    """Whose secret it is, and what it may do and see now.

    `scope` is the establishments of all its active memberships, sorted; staff need none. `managed` are the teams
    (`<organisation_id>:<kind>`) where it is an active référent. `menus` is the union over its active memberships,
    and `narrowed` the establishments that one of them is about, where that is not all of the scope (row E15).
    `proved_at` is when its session proved who it is, also for a frontend's token; `grave` says whether a machine's
    token was made for what is grave. `terms` is the version that it accepted last. `at` is the database's clock at the
    look-up; `stale` says that its use is to be noted.
    """

    account_id: UUID
    person_id: UUID
    role: AccountRole
    scope: tuple[UUID, ...]
    managed: tuple[str, ...] = ()
    menus: frozenset[Menu] = ALL_MENUS
    via: Via = "machine"
    token_id: UUID | None = None
    session_id: UUID | None = None
    stage: Stage = "full"
    proved_at: datetime | None = None
    terms: str | None = None
    grave: bool = True
    at: datetime = field(default_factory=system_clock)
    stale: bool = False
    narrowed: Mapping[Menu, tuple[UUID, ...]] = field(default_factory=dict)

    def scope_of(self, menu: str | None) -> tuple[UUID, ...]:
        """The establishments whose entry `menu` is open to it; None for what is in no entry."""
        return self.scope if menu is None else self.narrowed.get(Menu(menu), self.scope)


async def caller_of(queries: AsyncDatabase, secret: str, *, wait_seconds: float = WAIT_SECONDS) -> Caller | Late | None:
    """Whose secret it is; None for any other text. In transactions of its own, in which nothing is written: it waits
    for the account's events to be folded, no longer than told.
    """
    found = await _look_up(queries, secret)
    deadline = asyncio.get_running_loop().time() + wait_seconds
    while found is LATE and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(_PAUSE_SECONDS)
        found = await _look_up(queries, secret)
    return found


async def callers_of(queries: AsyncDatabase, secrets: Collection[str]) -> dict[str, Caller | Late]:
    """Whose secrets these are, as things stand: one statement for each kind of secret, in one transaction.

    A secret that is nobody's, or whose account is over, is not in the answer. Nobody is waited for.
    """
    digests = {opaque.digest(secret): secret for secret in secrets}
    asked = []
    async with queries.transaction(Role.GATEWAY) as connection:
        for prefix in set(_QUERIES) & {opaque.prefix_of(secret) for secret in secrets}:
            given = [digest for digest, secret in digests.items() if opaque.prefix_of(secret) == prefix]
            cursor = await connection.execute(_QUERIES[prefix].encode(), {"digests": given})
            asked.append((_VIA[prefix], cursor))
    found = {}
    for via, cursor in asked:
        for row in await cursor.fetchall():
            if (caller := _caller(via, row)) is not None:
                found[digests[bytes(row["digest"])]] = caller
    return found


async def note_use(queries: AsyncDatabase, caller: Caller) -> None:
    """Note that a session lives, or that a token is used: seldom, in a transaction of its own."""
    async with queries.transaction(Role.GATEWAY) as connection:
        await connection.execute(
            _STAMPS[caller.via].encode(), (caller.session_id if caller.via == "session" else caller.token_id,)
        )


async def _look_up(queries: AsyncDatabase, secret: str) -> Caller | Late | None:
    """Fetched after the transaction's end: beginning, question and commit travel together, in one round trip."""
    prefix = opaque.prefix_of(secret)
    if prefix not in _QUERIES:
        return None
    async with queries.transaction(Role.GATEWAY) as connection:
        cursor = await connection.execute(_QUERIES[prefix].encode(), {"digests": [opaque.digest(secret)]})
    return _caller(_VIA[prefix], await cursor.fetchone())


def _caller(via: Via, row: dict[str, Any] | None) -> Caller | Late | None:
    if row is None:
        return None
    if not row["current"]:
        return LATE
    if row["over"]:
        return None
    teams = [_Team(*text.split("|")) for text in sorted(row["teams"])]
    return Caller(
        account_id=row["account_id"],
        person_id=row["person_id"],
        role=AccountRole(row["role"]),
        scope=tuple(sorted(set(row["scope"]))),
        managed=tuple(f"{team.organisation_id}:{team.kind}" for team in teams if team.profile == Profile.REFERENT),
        menus=_menus(teams),
        via=via,
        token_id=row["token_id"],
        session_id=row["session_id"],
        stage=row["stage"],
        proved_at=row["proved_at"],
        terms=row["terms_version"],
        grave=row["grave"],
        at=row["at"],
        stale=row["stale"],
        narrowed=_narrowed(row["scope"], teams),
    )


@dataclass(frozen=True, slots=True)
class _Team:
    """An active membership as the look-up tells it. `menus` is None for all of them; only where it is not are the
    establishments told again.
    """

    organisation_id: str
    kind: str
    profile: str
    menus: str | None = None
    establishment_ids: str = ""


def _menus(teams: Sequence[_Team]) -> frozenset[Menu]:
    """What is open anywhere: the union, and all where a membership has no such bounds (a provider's never has)."""
    if not teams or any(team.menus is None for team in teams):
        return ALL_MENUS
    return frozenset(Menu(menu) for team in teams for menu in (team.menus or "").split(",") if menu)


def _narrowed(scope: Sequence[UUID], teams: Sequence[_Team]) -> dict[Menu, tuple[UUID, ...]]:
    """For each entry that a membership does not open: the establishments that stay, through the other memberships.

    `scope` has an establishment once for each membership that names it. « RH » of one company is no right to another
    one's règlements, nor does being a provider's user open those of the company.
    """
    if all(team.menus is None for team in teams):
        return {}
    found = {}
    for menu in Menu:
        left = Counter(scope)
        for team in teams:
            if team.menus is not None and menu not in team.menus.split(","):
                left.subtract(UUID(text) for text in team.establishment_ids.split(",") if text)
        found[menu] = tuple(sorted(establishment_id for establishment_id, times in left.items() if times > 0))
    return found
