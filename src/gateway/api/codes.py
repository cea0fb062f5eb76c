"""Codes and their French labels: `{code, label}` wherever a code is shown to a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel

from ledger.account.events import Profile, Role
from ledger.document.events import Category


class Coded(BaseModel):
    """A code that programs compare, and the label that people read."""

    code: str
    label: str


ROLE_LABELS: Final[Mapping[str, str]] = {
    Role.PORTAL: "Utilisateur du portail",
    Role.CASE_MANAGER: "Gestionnaire de dossiers",
    Role.ACCOUNTANT: "Comptable",
    Role.AUDITOR: "Auditeur",
    Role.OPERATOR: "Exploitant",
}
SYSTEM_LABEL: Final = "Système"

PROFILE_LABELS: Final[Mapping[str, str]] = {Profile.USER: "Utilisateur", Profile.REFERENT: "Référent"}

CATEGORY_LABELS: Final[Mapping[str, str]] = {
    Category.AGREEMENT: "Accord de prise en charge",
    Category.REMITTANCE_ADVICE: "Avis de virement",
    Category.FUND_DOCUMENT: "Document du fonds",
    Category.PROGRAMME: "Programme",
    Category.QUOTE: "Devis",
    Category.INVOICE: "Facture",
    Category.CERTIFICATE: "Certificat de réalisation",
    Category.OTHER: "Autre pièce",
}


def coded(code: str, labels: Mapping[str, str]) -> Coded:
    return Coded(code=code, label=labels[code])
