"""Accounts and memberships: who may see what. The orders about a membership are its team's référents' as well."""

from __future__ import annotations

from typing import Final

from gateway.api.orders import Orders
from ledger.account.commands import CreateAccount, DisableAccount, EnableAccount
from ledger.account.memberships import (
    ChangeMembership,
    EndMembership,
    GrantMembership,
    ResumeMembership,
    SetMenuRights,
    SuspendMembership,
)

_ORGANISATION: Final = "01890a5d-ac96-774b-bcce-b302099a8001"
_ESTABLISHMENT: Final = "01890a5d-ac96-774b-bcce-b302099a8002"
_MEMBERSHIP: Final = {
    "organisation_id": _ORGANISATION,
    "kind": "provider",
    "profile": "user",
    "establishment_ids": [_ESTABLISHMENT],
}

_TEAM: Final = {"organisation_id": _ORGANISATION, "kind": "provider"}

orders: Final = Orders("accounts")
orders.post(
    "/accounts",
    CreateAccount,
    "Créer un compte",
    example={"last_name": "Exemple", "first_name": "Ariane", "email": "ariane@example.org", "role": "portal"},
    location="/v1/accounts/{id}",
)
orders.post("/accounts/{account_id}/memberships", GrantMembership, "Rattacher un compte", example=_MEMBERSHIP)
orders.post(
    "/accounts/{account_id}/memberships/change",
    ChangeMembership,
    "Modifier un rattachement",
    example={**_MEMBERSHIP, "profile": "referent"},
)
orders.post(
    "/accounts/{account_id}/memberships/end",
    EndMembership,
    "Mettre fin à un rattachement",
    example=_TEAM,
)
orders.post(
    "/accounts/{account_id}/memberships/suspension",
    SuspendMembership,
    "Désactiver un utilisateur dans un organisme",
    example=_TEAM,
)
orders.post(
    "/accounts/{account_id}/memberships/resumption",
    ResumeMembership,
    "Réactiver un utilisateur dans un organisme",
    example=_TEAM,
)
orders.post(
    "/accounts/{account_id}/memberships/menus",
    SetMenuRights,
    "Choisir les rubriques d'un utilisateur d'un adhérent",
    example={"organisation_id": _ORGANISATION, "kind": "member", "menus": ["hr"]},
)
orders.post("/accounts/{account_id}/disablement", DisableAccount, "Désactiver un compte", example={"on": "2026-11-20"})
orders.post("/accounts/{account_id}/enablement", EnableAccount, "Réactiver un compte", example={"on": "2026-11-23"})
