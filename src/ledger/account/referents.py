"""The référents of an organisation: who is one is said by memberships, and kept by the organisation, so that two who go
at the same instant meet on its version and one of them stays (row O25).
"""

from __future__ import annotations

from uuid import UUID

from ledger.account.aggregate import Account, MembershipKey
from ledger.account.errors import LastReferent
from ledger.kit.errors import NotFound
from ledger.organisation.aggregate import Organisation
from ledger.work import Work


def keep_named(account: Account, key: MembershipKey, work: Work) -> None:
    """After a membership has changed: where the account manages users by it, the organisation knows."""
    organisation_id, kind = key
    if account.manages(key):
        work.load(Organisation, organisation_id).name_referent(kind, account.id, at=work.now)


def let_go(account: Account, key: MembershipKey, work: Work) -> None:
    """Before a membership manages users no more, where it does. Refused: LastReferent.

    Staff who disable a whole account do not come by here: one that is in wrong hands must go at once.
    """
    if not account.manages(key):
        return
    organisation_id, kind = key
    organisation = work.load(Organisation, organisation_id)
    others = organisation.referents_as(kind) - {account.id}
    # Sorted: the streams of an append stand in the order in which they were touched, the same in each attempt.
    if not any(_is_referent(other, key, work) for other in sorted(others)):
        raise LastReferent
    organisation.step_down(kind, account.id, at=work.now)


def _is_referent(account_id: UUID, key: MembershipKey, work: Work) -> bool:
    try:
        return work.load(Account, account_id).is_referent(key)
    except NotFound:
        return False
