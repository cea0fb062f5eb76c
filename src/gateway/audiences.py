"""The words of the rights table: for whom, over what, and what must have come before."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal, Protocol

from ledger.account.events import Role

PROOF: Final = timedelta(minutes=10)
"""How long a proof of identity is fresh enough for what is grave."""


class Audience(StrEnum):
    """Who asks. One account may be two: a référent is a user as well."""

    ANONYMOUS = "anonymous"
    USER = "user"
    REFERENT = "referent"
    CASE_MANAGER = "case-manager"
    ACCOUNTANT = "accountant"
    AUDITOR = "auditor"
    OPERATOR = "operator"


class Scope(StrEnum):
    """Over what. From the narrowest to the widest: a caller with two has the later one."""

    PUBLIC = "public"
    OWN = "own"
    ESTABLISHMENTS = "establishments"
    TEAM = "team"
    FUND = "fund"


class Stage(StrEnum):
    """How far a sign-in has come, in order: each lets what the ones before it let."""

    SECOND_FACTOR = "second-factor"
    ENROLMENT = "enrolment"
    FULL = "full"


Menu = Literal["hr", "accounting"]
_STAGES: Final = tuple(Stage)
_SCOPES: Final = tuple(Scope)
_STAFF: Final[Mapping[Role, Audience]] = {
    Role.CASE_MANAGER: Audience.CASE_MANAGER,
    Role.ACCOUNTANT: Audience.ACCOUNTANT,
    Role.AUDITOR: Audience.AUDITOR,
    Role.OPERATOR: Audience.OPERATOR,
}


class Bearer(Protocol):
    """What the table asks of a caller (`gateway.auth.caller.Caller` is one)."""

    @property
    def role(self) -> Role: ...
    @property
    def managed(self) -> Collection[str]: ...
    @property
    def menus(self) -> Collection[str]: ...
    @property
    def via(self) -> str: ...
    @property
    def stage(self) -> str: ...
    @property
    def proved_at(self) -> datetime | None: ...
    @property
    def terms(self) -> str | None: ...
    @property
    def grave(self) -> bool: ...


@dataclass(frozen=True)
class Right:
    """One row: who has the action and over what, and what it demands.

    `grave`: a proof of identity of less than ten minutes. `stage`: the least that the sign-in must have reached.
    `before_terms`: also while the terms wait for an answer. `menu`: the entry of a member company's menu that it is
    part of (row E15).
    """

    audiences: Mapping[Audience, Scope]
    grave: bool = False
    stage: Stage = Stage.FULL
    before_terms: bool = False
    menu: Menu | None = None


def audiences_of(caller: Bearer | None) -> tuple[Audience, ...]:
    """Whom the caller counts as; a référent of any organisation is one, and the team is judged where it is named."""
    if caller is None:
        return (Audience.ANONYMOUS,)
    if caller.role is not Role.PORTAL:
        return (_STAFF[caller.role],)
    return (Audience.USER, Audience.REFERENT) if caller.managed else (Audience.USER,)


def audience_of(role: Role) -> Audience:
    """Of a role alone, without memberships."""
    return _STAFF.get(role, Audience.USER)


def widest(scopes: Collection[Scope]) -> Scope | None:
    return max(scopes, key=_SCOPES.index, default=None)


def reached(stage: str, least: Stage) -> bool:
    return _STAGES.index(Stage(stage)) >= _STAGES.index(least)


def fresh(caller: Bearer, now: datetime) -> bool:
    """Whether the caller has proved itself within ten minutes; a machine's token was made for what is grave, or not."""
    if caller.via == "machine":
        return caller.grave
    return caller.proved_at is not None and now - caller.proved_at <= PROOF
