"""What links and wishes ask of the log itself: a read model may be a moment behind the mail that they come from.

Each function waits for the database: call it on a thread.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from gateway.service import Service
from ledger.account.aggregate import Account
from ledger.invitation.aggregate import Invitation
from ledger.kit.personal import Erased, Personal
from ledger.organisation.aggregate import Organisation


def account_in_log(service: Service, account_id: UUID) -> Account:
    found: Account = service.ledger.repository.get(account_id)
    return found


def invitation_in_log(service: Service, invitation_id: UUID) -> Invitation:
    found: Invitation = service.ledger.repository.get(invitation_id)
    return found


def organisation_in_log(service: Service, organisation_id: UUID) -> Organisation:
    found: Organisation = service.ledger.repository.get(organisation_id)
    return found


def holder_of(service: Service, email: str) -> UUID | None:
    """The account that an e-mail, normalised, is of."""
    return claimed_by(service, "email", email)


def claimed_by(service: Service, kind: str, value: str) -> UUID | None:
    """The stream that holds a unique value, if any."""
    return service.ledger.log_recorder.select_claim(kind, service.keyring.digest(kind, value))


def clear_text(service: Service, sealed: Personal[Any]) -> str | None:
    """None where it was erased."""
    opened = service.keyring.open(sealed)
    return None if isinstance(opened, Erased) else opened
