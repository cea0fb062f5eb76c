"""Who reads. What a reader may see is narrowed here, in code, and once more by row-level security in the tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from ledger.account.events import Role

FUND: Final = UUID(int=0)
"""Stands in an establishment's place for the fund itself, in lists and counters that staff read whole: no membership
can name it, so that it is in no portal reader's scope."""


@dataclass(frozen=True, slots=True)
class Reader:
    """An account as queries see it. `scope` are a portal account's establishments; staff have none, and see all."""

    account_id: UUID
    role: Role
    scope: tuple[UUID, ...] = ()

    @property
    def is_staff(self) -> bool:
        """Works for the fund (or audits it): its transactions run as `ledger_staff`, others' as `ledger_gateway`."""
        return self.role is not Role.PORTAL

    def holds(self, establishment_id: UUID) -> bool:
        return establishment_id in self.scope

    def narrowed(self, establishment_id: UUID | None) -> tuple[UUID, ...]:
        """A portal reader's scope, or the one establishment of it that is asked for; another's gives nothing."""
        if establishment_id is None:
            return self.scope
        return (establishment_id,) if self.holds(establishment_id) else ()
