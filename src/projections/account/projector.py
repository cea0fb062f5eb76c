"""Accounts and memberships: who may see what."""

from __future__ import annotations

from typing import ClassVar

from ledger.account.events import (
    AccountCreated,
    AccountDisabled,
    AccountEnabled,
    MembershipChanged,
    MembershipEnded,
    MembershipGranted,
)
from projections.engine import Entry, Need, Projector, Rows, Table, columns, key, new, on


def _of_stream(entry: Entry) -> tuple[Need, ...]:
    return (key("account", entry.id),)


def _membership(entry: Entry) -> tuple[Need, ...]:
    return (key("account", entry.id), key("membership", *_membership_key(entry)))


def _membership_key(entry: Entry) -> tuple[str, str, str]:
    return entry.id, entry.data["organisation_id"], entry.data["kind"]


class AccountProjector(Projector):
    """`account` has the sealed e-mail, for staff; `membership` the establishments, which are the boundary (row O23)."""

    NAME: ClassVar[str] = "account"
    VERSION: ClassVar[int] = 1
    TABLES: ClassVar[tuple[Table, ...]] = (
        Table(
            "account",
            key=("account_id",),
            columns=columns(
                account_id="uuid",
                person_id="uuid",
                role="text",
                email_sealed="text",
                disabled="boolean",
                ends_on="date",
                version="bigint",
            ),
        ),
        Table(
            "membership",
            key=("account_id", "organisation_id", "kind"),
            columns=columns(
                account_id="uuid", organisation_id="uuid", kind="text", profile="text", establishment_ids="uuid[]"
            ),
        ),
    )

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

    @on(MembershipGranted, MembershipChanged, needs=_membership)
    def granted(self, event: Entry, rows: Rows) -> None:
        organisation_id, kind = event.data["organisation_id"], event.data["kind"]
        rows.put(
            "membership",
            {
                "account_id": event.id,
                "organisation_id": organisation_id,
                "kind": kind,
                "profile": event.data["profile"],
                "establishment_ids": event.data["establishment_ids"],
            },
        )
        rows.change("account", event.id, version=event.version)

    @on(MembershipEnded, needs=_membership)
    def ended(self, event: Entry, rows: Rows) -> None:
        rows.delete("membership", *_membership_key(event))
        rows.change("account", event.id, version=event.version)

    @on(AccountDisabled, needs=_of_stream)
    def disabled(self, event: Entry, rows: Rows) -> None:
        rows.change("account", event.id, disabled=True, version=event.version)

    @on(AccountEnabled, needs=_of_stream)
    def enabled(self, event: Entry, rows: Rows) -> None:
        rows.change("account", event.id, disabled=False, version=event.version)
