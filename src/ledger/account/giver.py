"""Who gives an order about an organisation's users, and what they may give: nobody grants what they do not hold (O25).

The giver's account is loaded, not read: whoever loses the right to give at this very moment loses the race as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from ledger.account.aggregate import Account, Membership
from ledger.account.errors import MenuNotHeld
from ledger.account.events import Menu, Role
from ledger.kit.errors import Forbidden, NotFound
from ledger.organisation.events import OrganisationKind
from ledger.work import Work

REGISTRARS: Final = frozenset({Role.CASE_MANAGER, Role.OPERATOR})
ALL_MENUS: Final = frozenset(Menu)


@dataclass(frozen=True, slots=True)
class Giver:
    """A registrar (or the system itself) manages every organisation; a référent the ones where it is one today."""

    account: Account | None

    @property
    def is_registrar(self) -> bool:
        return self.account is None or self.account.role in REGISTRARS

    def check_registrar(self) -> None:
        """Refused: Forbidden."""
        if not self.is_registrar:
            raise Forbidden

    def check_team(self, organisation_id: UUID, kind: OrganisationKind) -> None:
        """Refused: Forbidden (who audits or counts for the fund), NotFound: another's organisation is as absent as one
        that does not exist.
        """
        if self.account is None or self.is_registrar:
            return
        if self.account.role is not Role.PORTAL:
            raise Forbidden
        if not self.account.is_referent((organisation_id, kind)):
            raise NotFound

    def held(self, organisation_id: UUID, kind: OrganisationKind) -> frozenset[UUID] | None:
        """The establishments that it may give; None for all of the organisation's."""
        membership = self._membership(organisation_id, kind)
        return None if membership is None else frozenset(membership.establishment_ids)

    def menus(self, organisation_id: UUID, kind: OrganisationKind) -> frozenset[Menu] | None:
        """The menu entries that it may give; None for all of them."""
        membership = self._membership(organisation_id, kind)
        return None if membership is None else membership.menus

    def check_menus(self, organisation_id: UUID, kind: OrganisationKind, menus: frozenset[Menu]) -> None:
        """Refused: MenuNotHeld."""
        held = self.menus(organisation_id, kind)
        if held is not None and not menus <= held:
            raise MenuNotHeld(field="menus")

    def _membership(self, organisation_id: UUID, kind: OrganisationKind) -> Membership | None:
        if self.account is None or self.is_registrar:
            return None
        return self.account.memberships[organisation_id, kind]


def giver(work: Work) -> Giver:
    """Whoever gives this order. Refused: Forbidden (an account that is disabled, or that the log does not know)."""
    if work.actor is None:
        return Giver(None)
    try:
        account = work.load(Account, work.actor)
    except NotFound:
        raise Forbidden from None
    if account.disabled:
        raise Forbidden
    return Giver(account)
