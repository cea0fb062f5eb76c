"""Dossiers: the orders that make their life. The questions about them are in `dossier_reading`."""

from __future__ import annotations

from typing import Final

from gateway.api.orders import Orders
from ledger.dossier.commands import (
    AmendAgreement,
    BreakOffExecution,
    CancelDossier,
    CloseDossier,
    EnrolTrainee,
    FinishExecution,
    IssueAgreement,
    OpenDossier,
    RefuseAgreement,
    SettleDossier,
    StartExecution,
    WithdrawTrainee,
)

_COMPANY: Final = "01890a5d-ac96-774b-bcce-b302099a8003"
_PROVIDER: Final = "01890a5d-ac96-774b-bcce-b302099a8002"
_PERSON: Final = "01890a5d-ac96-774b-bcce-b302099a8004"

orders: Final = Orders("dossiers")
orders.post(
    "/dossiers",
    OpenDossier,
    "Ouvrir un dossier",
    example={
        "number": "1900000001.01",
        "request_number": "1234567",
        "scheme": "PLAN",
        "title": "Lire un plan d'exécution",
        "company_establishment_id": _COMPANY,
        "provider_establishment_ids": [_PROVIDER],
        "starts_on": "2026-09-01",
        "ends_on": "2026-09-05",
        "on": "2026-08-20",
    },
    location="/v1/dossiers/{id}",
)
orders.post(
    "/dossiers/{dossier_id}/trainees",
    EnrolTrainee,
    "Inscrire un stagiaire",
    example={"last_name": "Exemple", "first_name": "Ariane", "starts_on": "2026-09-01", "ends_on": "2026-09-05"},
)
orders.post(
    "/dossiers/{dossier_id}/trainees/withdrawal",
    WithdrawTrainee,
    "Retirer un stagiaire",
    example={"person_id": _PERSON, "on": "2026-08-28"},
)
orders.post(
    "/dossiers/{dossier_id}/agreement",
    IssueAgreement,
    "Donner l'accord de prise en charge",
    example={"amount_cents": 120000, "on": "2026-08-25"},
)
orders.post(
    "/dossiers/{dossier_id}/refusal",
    RefuseAgreement,
    "Refuser la prise en charge",
    example={"reason": "Le programme manque.", "on": "2026-08-25"},
)
orders.post(
    "/dossiers/{dossier_id}/amendments",
    AmendAgreement,
    "Faire un avenant à l'accord",
    example={"amount_cents": 100000, "reason": "Une journée de moins.", "on": "2026-08-30"},
)
orders.post("/dossiers/{dossier_id}/execution/start", StartExecution, "Noter le début", example={"on": "2026-09-01"})
orders.post("/dossiers/{dossier_id}/execution/finish", FinishExecution, "Noter la fin", example={"on": "2026-09-05"})
orders.post(
    "/dossiers/{dossier_id}/execution/break-off",
    BreakOffExecution,
    "Noter la rupture",
    example={"reason": "Départ de l'entreprise.", "on": "2026-09-03"},
)
orders.post("/dossiers/{dossier_id}/settlement", SettleDossier, "Solder le dossier", example={"on": "2026-10-15"})
orders.post("/dossiers/{dossier_id}/closing", CloseDossier, "Clore le dossier", example={"on": "2026-10-30"})
orders.post(
    "/dossiers/{dossier_id}/cancellation",
    CancelDossier,
    "Annuler le dossier",
    example={"reason": "Formation reportée.", "on": "2026-08-28"},
)
