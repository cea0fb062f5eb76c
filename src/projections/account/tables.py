"""The tables of `table.sql`, as the engine knows them."""

from __future__ import annotations

from typing import Final

from projections.engine import Table, columns

TABLES: Final = (
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
            terms_version="text",
            terms_sha256="text",
            version="bigint",
        ),
    ),
    Table(
        "membership",
        key=("account_id", "organisation_id", "kind"),
        columns=columns(
            account_id="uuid",
            organisation_id="uuid",
            kind="text",
            profile="text",
            establishment_ids="uuid[]",
            suspended="boolean",
            menus="text[]",
        ),
    ),
    Table(
        "team_user",
        key=("team", "user_id"),
        columns=columns(
            team="text",
            user_id="uuid",
            account_id="uuid",
            invitation_id="uuid",
            person_id="uuid",
            email_sealed="text",
            profile="text",
            establishment_ids="uuid[]",
            menus="text[]",
            state="text",
            invited_at="timestamptz",
            version="bigint",
        ),
        indexes=("account_id", "invitation_id"),
    ),
    Table("team_employee", key=("team", "person_id"), columns=columns(team="text", person_id="uuid")),
    Table(
        "organisation_contact",
        key=("organisation_id",),
        columns=columns(organisation_id="uuid", email_sealed="text"),
    ),
)
