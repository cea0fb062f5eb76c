"""What happened to an invitation: somebody may join an organisation's users, by a link that only their mailbox gets.

The account is made, or found, when the link is used: until then nobody can tell whether the e-mail is known.
"""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from ledger.account.events import Menu, Profile
from ledger.kit.event import Event, OpeningEvent
from ledger.kit.personal import Personal
from ledger.organisation.events import OrganisationKind


class InvitationSent(OpeningEvent):
    """`person_id` is whom the sender means; the e-mail is sealed under that person's key, and claims nothing.

    `menus` is None for all of them.
    """

    NAME: ClassVar[str] = "invitation.sent.v1"

    organisation_id: UUID
    kind: OrganisationKind
    profile: Profile
    establishment_ids: tuple[UUID, ...]
    menus: tuple[Menu, ...] | None = None
    person_id: UUID
    email: Personal[str]


class InvitationSentAgain(Event):
    """The link was not used in its time, or was lost: a new one is sent, and the old one opens nothing any more."""

    NAME: ClassVar[str] = "invitation.sent-again.v1"


class InvitationWithdrawn(Event):
    NAME: ClassVar[str] = "invitation.withdrawn.v1"


class InvitationAccepted(Event):
    """By whoever holds the mailbox. `account_id` is the account that it made, or found."""

    NAME: ClassVar[str] = "invitation.accepted.v1"

    account_id: UUID
