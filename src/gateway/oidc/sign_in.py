"""From what the provider says to an account of ours: one that exists, of the staff, by its verified e-mail.

Nothing is made of it: an account and its role are events of the ledger, not a claim of somebody's directory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.auth.holder import Holder, account_of, current_holder, normalised, required
from gateway.auth.sign_in import AccountLate
from gateway.oidc.provider import Identity, NotBelieved

if TYPE_CHECKING:
    from gateway.service import Service


async def holder_by(service: Service, identity: Identity) -> Holder:
    """The account. NotBelieved where nobody of the staff has that e-mail; AccountLate where it is not folded."""
    account_id = await account_of(service, normalised(identity.email))
    if account_id is None:
        raise NotBelieved("unknown-email")
    holder = await current_holder(service, account_id)
    if not holder.current:
        raise AccountLate
    if holder.over:
        raise NotBelieved("account-over")
    if not required(holder.role):
        raise NotBelieved("not-staff")
    return holder
