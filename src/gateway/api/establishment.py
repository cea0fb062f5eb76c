"""Establishments (SIRET): the orders about the places that are paid, that employ, and that bound what is seen."""

from __future__ import annotations

from typing import Final

from gateway.api.orders import Orders
from ledger.establishment.commands import (
    ChangeNda,
    MoveEstablishment,
    RecordBankDetails,
    RegisterEstablishment,
    RenameEstablishment,
)

_ORGANISATION: Final = "01890a5d-ac96-774b-bcce-b302099a8001"
_ADDRESS: Final = {"street": "1 rue de l'Exemple", "postcode": "75001", "town": "Modèleville"}

orders: Final = Orders("establishments")
orders.post(
    "/establishments",
    RegisterEstablishment,
    "Enregistrer un établissement",
    example={
        "organisation_id": _ORGANISATION,
        "number": "0000123",
        "siret": "99900001199002",
        "name": "Formations du Modèle",
        "trade_name": "Le Modèle",
        "nda": "11990000199",
        **_ADDRESS,
    },
    location="/v1/establishments/{id}",
)
orders.post(
    "/establishments/{establishment_id}/name",
    RenameEstablishment,
    "Changer la raison sociale ou l'enseigne",
    example={"name": "Formations du Modèle", "trade_name": "Au Modèle"},
)
orders.post("/establishments/{establishment_id}/address", MoveEstablishment, "Changer l'adresse", example=_ADDRESS)
orders.post(
    "/establishments/{establishment_id}/nda",
    ChangeNda,
    "Changer le numéro de déclaration d'activité",
    example={"nda": "11990000199"},
)
orders.post(
    "/establishments/{establishment_id}/bank-details",
    RecordBankDetails,
    "Enregistrer les coordonnées bancaires",
    example={"iban": "FR7699999999990000000000153", "bic": "PSSTFRPP", "on": "2026-09-01"},
)
