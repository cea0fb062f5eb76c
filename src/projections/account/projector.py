"""Accounts, memberships and teams: who may see what, and whom a référent manages."""

from __future__ import annotations

from typing import Any, ClassVar

from ledger.account.events import (
    AccountCreated,
    AccountDisabled,
    AccountEnabled,
    EmailChanged,
    MembershipChanged,
    MembershipEnded,
    MembershipGranted,
    MembershipResumed,
    MembershipSuspended,
    MenuRightsSet,
    TermsAccepted,
    TermsRefused,
)
from ledger.invitation.events import InvitationAccepted, InvitationSent, InvitationSentAgain, InvitationWithdrawn
from ledger.organisation.events import ContactRecorded
from ledger.person.events import EmploymentBegan, EmploymentEnded
from projections.account.tables import TABLES
from projections.account.team import team_of
from projections.engine import Entry, Need, Projector, Row, Rows, Table, index, key, new, on


def _team(entry: Entry) -> str:
    return team_of(entry.data["organisation_id"], entry.data["kind"])


def _of_stream(entry: Entry) -> tuple[Need, ...]:
    return (key("account", entry.id),)


def _membership(entry: Entry) -> tuple[Need, ...]:
    return (
        key("account", entry.id),
        key("membership", *_membership_key(entry)),
        key("team_user", _team(entry), entry.id),
    )


def _membership_key(entry: Entry) -> tuple[str, str, str]:
    return entry.id, entry.data["organisation_id"], entry.data["kind"]


def _invitation(entry: Entry) -> tuple[Need, ...]:
    return (index("team_user", "invitation_id", entry.id),)


class AccountProjector(Projector):
    """`account` has the sealed e-mail, for staff; `membership` the establishments, which are the boundary (row O23);
    `team_user` what a référent's list shows of both, and of open invitations.

    Every event of an account's stream moves `account.version`: that it equals the log's is how a caller is let in.
    """

    NAME: ClassVar[str] = "account"
    VERSION: ClassVar[int] = 2
    TABLES: ClassVar[tuple[Table, ...]] = TABLES

    @on(AccountCreated, needs=lambda e: (new("account", e.id),))
    def created(self, event: Entry, rows: Rows) -> None:
        rows.put(
            "account",
            {
                "account_id": event.id,
                "person_id": event.data["person_id"],
                "role": event.data["role"],
                "email_sealed": event.data["email"],
                "disabled": False,
                "ends_on": event.data["ends_on"],
                "version": event.version,
            },
        )

    @on(MembershipGranted, needs=_membership)
    def granted(self, event: Entry, rows: Rows) -> None:
        account = rows.change("account", event.id, version=event.version)
        given = {"profile": event.data["profile"], "establishment_ids": event.data["establishment_ids"]}
        account_id, organisation_id, kind = _membership_key(event)
        binding = {"account_id": account_id, "organisation_id": organisation_id, "kind": kind}
        rows.put("membership", {**binding, **given, "suspended": False})
        rows.put(
            "team_user",
            {
                "team": _team(event),
                "user_id": account_id,
                "account_id": account_id,
                "person_id": account["person_id"],
                "email_sealed": account["email_sealed"],
                **given,
                "state": "active",
                "version": event.version,
            },
        )

    @on(MembershipChanged, needs=_membership)
    def changed(self, event: Entry, rows: Rows) -> None:
        given = {"profile": event.data["profile"], "establishment_ids": event.data["establishment_ids"]}
        _change(event, rows, given, given)

    @on(MembershipSuspended, needs=_membership)
    def suspended(self, event: Entry, rows: Rows) -> None:
        _change(event, rows, {"suspended": True}, {"state": "suspended"})

    @on(MembershipResumed, needs=_membership)
    def resumed(self, event: Entry, rows: Rows) -> None:
        _change(event, rows, {"suspended": False}, {"state": "active"})

    @on(MenuRightsSet, needs=_membership)
    def menus_set(self, event: Entry, rows: Rows) -> None:
        menus = {"menus": event.data["menus"]}
        _change(event, rows, menus, menus)

    @on(MembershipEnded, needs=_membership)
    def ended(self, event: Entry, rows: Rows) -> None:
        rows.delete("membership", *_membership_key(event))
        rows.delete("team_user", _team(event), event.id)
        rows.change("account", event.id, version=event.version)

    @on(EmailChanged, needs=lambda e: (key("account", e.id), index("team_user", "account_id", e.id)))
    def email_changed(self, event: Entry, rows: Rows) -> None:
        email = event.data["email"]
        rows.change("account", event.id, email_sealed=email, version=event.version)
        for user in rows.where("team_user", "account_id", event.id):
            rows.change("team_user", user["team"], user["user_id"], email_sealed=email, version=event.version)

    @on(TermsAccepted, needs=_of_stream)
    def terms_accepted(self, event: Entry, rows: Rows) -> None:
        accepted = {"terms_version": event.data["version"], "terms_sha256": event.data["sha256"]}
        rows.change("account", event.id, **accepted, version=event.version)

    @on(TermsRefused, needs=_of_stream)
    def terms_refused(self, event: Entry, rows: Rows) -> None:
        """Refusing a newer text leaves the older one accepted; it opens nothing, since the newer one is asked for."""
        account = rows.change("account", event.id, version=event.version)
        if account["terms_version"] == event.data["version"]:
            rows.change("account", event.id, terms_version=None, terms_sha256=None)

    @on(AccountDisabled, needs=_of_stream)
    def disabled(self, event: Entry, rows: Rows) -> None:
        rows.change("account", event.id, disabled=True, version=event.version)

    @on(AccountEnabled, needs=_of_stream)
    def enabled(self, event: Entry, rows: Rows) -> None:
        rows.change("account", event.id, disabled=False, version=event.version)

    @on(InvitationSent, needs=lambda e: (new("team_user", _team(e), e.id),))
    def invited(self, event: Entry, rows: Rows) -> None:
        data = event.data
        rows.put(
            "team_user",
            {
                "team": _team(event),
                "user_id": event.id,
                "invitation_id": event.id,
                "person_id": data["person_id"],
                "email_sealed": data["email"],
                "profile": data["profile"],
                "establishment_ids": data["establishment_ids"],
                "menus": data["menus"],
                "state": "invited",
                "invited_at": event.recorded_at,
                "version": event.version,
            },
        )

    @on(InvitationSentAgain, needs=_invitation)
    def invited_again(self, event: Entry, rows: Rows) -> None:
        user = _invited(event, rows)
        rows.change("team_user", user["team"], event.id, invited_at=event.recorded_at, version=event.version)

    @on(InvitationWithdrawn, InvitationAccepted, needs=_invitation)
    def closed(self, event: Entry, rows: Rows) -> None:
        rows.delete("team_user", _invited(event, rows)["team"], event.id)

    @on(EmploymentBegan, needs=lambda e: (new("team_employee", _team(e), e.id),))
    def employment_began(self, event: Entry, rows: Rows) -> None:
        rows.put("team_employee", {"team": _team(event), "person_id": event.id})

    @on(EmploymentEnded, needs=lambda e: (key("team_employee", _team(e), e.id),))
    def employment_ended(self, event: Entry, rows: Rows) -> None:
        rows.delete("team_employee", _team(event), event.id)

    @on(ContactRecorded, needs=lambda e: (key("organisation_contact", e.id),))
    def contact_recorded(self, event: Entry, rows: Rows) -> None:
        rows.put("organisation_contact", {"organisation_id": event.id, "email_sealed": event.data["email"]})


def _change(event: Entry, rows: Rows, membership: dict[str, Any], user: dict[str, Any]) -> None:
    """What an event changes of a membership, and of the same in its team's list."""
    rows.change("membership", *_membership_key(event), **membership)
    rows.change("team_user", _team(event), event.id, **user, version=event.version)
    rows.change("account", event.id, version=event.version)


def _invited(event: Entry, rows: Rows) -> Row:
    (user,) = rows.where("team_user", "invitation_id", event.id)
    return user
