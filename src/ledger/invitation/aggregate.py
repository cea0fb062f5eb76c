"""An invitation: open until it is accepted or withdrawn, once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from eventsourcing.dispatch import singledispatchmethod

from ledger.account.events import Menu, Profile
from ledger.invitation.errors import InvitationClosed
from ledger.invitation.events import InvitationAccepted, InvitationSent, InvitationSentAgain, InvitationWithdrawn
from ledger.kit.aggregate import Aggregate
from ledger.kit.event import Event
from ledger.kit.personal import Personal
from ledger.organisation.events import OrganisationKind


class Invitation(Aggregate, opens_with=InvitationSent):
    organisation_id: UUID
    kind: OrganisationKind
    profile: Profile
    establishment_ids: tuple[UUID, ...]
    menus: frozenset[Menu] | None
    person_id: UUID
    email: Personal[str]
    closed: bool

    def send_again(self, *, at: datetime) -> None:
        """Refused: InvitationClosed."""
        self.check_open()
        self.trigger_event(InvitationSentAgain, timestamp=at)

    def withdraw(self, *, at: datetime) -> None:
        """Refused: InvitationClosed."""
        self.check_open()
        self.trigger_event(InvitationWithdrawn, timestamp=at)

    def accept(self, account_id: UUID, *, at: datetime) -> None:
        """Refused: InvitationClosed."""
        self.check_open()
        self.trigger_event(InvitationAccepted, timestamp=at, account_id=account_id)

    def check_open(self) -> None:
        """Refused: InvitationClosed."""
        if self.closed:
            raise InvitationClosed

    @singledispatchmethod
    def when(self, event: Event) -> None:
        super().when(event)

    @when.register
    def _(self, event: InvitationSent) -> None:
        self.organisation_id = event.organisation_id
        self.kind = event.kind
        self.profile = event.profile
        self.establishment_ids = event.establishment_ids
        self.menus = None if event.menus is None else frozenset(event.menus)
        self.person_id = event.person_id
        self.email = event.email
        self.closed = False

    @when.register
    def _(self, _event: InvitationSentAgain) -> None:
        """The invitation is as open as before: only the mail's policy has something to do."""

    @when.register(InvitationWithdrawn)
    @when.register(InvitationAccepted)
    def _(self, _event: InvitationWithdrawn | InvitationAccepted) -> None:
        self.closed = True
