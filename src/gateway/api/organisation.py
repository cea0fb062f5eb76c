"""Organisations: the orders about a legal unit (SIREN)."""

from __future__ import annotations

from typing import Final

from gateway.api.orders import Orders
from ledger.organisation.commands import (
    AddOrganisationKind,
    RecordContact,
    RegisterOrganisation,
    RenameOrganisation,
)

orders: Final = Orders("organisations")
orders.post(
    "/organisations",
    RegisterOrganisation,
    "Enregistrer un organisme",
    example={"siren": "999000011", "name": "Formations du Modèle", "kinds": ["provider"], "legal_category": "5710"},
    location="/v1/organisations/{id}",
)
orders.post(
    "/organisations/{organisation_id}/name",
    RenameOrganisation,
    "Changer le nom d'un organisme",
    example={"name": "Formations du Modèle et Compagnie"},
)
orders.post(
    "/organisations/{organisation_id}/kinds",
    AddOrganisationKind,
    "Donner une qualité de plus à un organisme",
    example={"kind": "member", "member_number": "0123456"},
)
orders.post(
    "/organisations/{organisation_id}/contact",
    RecordContact,
    "Noter le contact d'un organisme, qui confirme qui parle en son nom",
    example={"email": "contact@example.org"},
)
