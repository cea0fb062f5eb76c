"""Persons: the orders about a trainee, an employee or a user. Nothing personal is ever in an address."""

from __future__ import annotations

from typing import Final

from gateway.api.orders import Orders
from ledger.person.commands import RegisterPerson, RenamePerson

orders: Final = Orders("persons")
orders.post(
    "/persons",
    RegisterPerson,
    "Enregistrer une personne",
    example={"last_name": "Exemple", "first_name": "Ariane", "birth_date": "1990-04-12"},
    location="/v1/persons/{id}",
)
orders.post(
    "/persons/{person_id}/name",
    RenamePerson,
    "Changer le nom d'une personne",
    example={"last_name": "Modèle", "first_name": "Ariane"},
)
