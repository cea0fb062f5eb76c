"""Why a file may not be taken, by codes: what the parsers answer, and what a person is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.kit.errors import Invalid

RULES: Final[Mapping[str, str]] = {
    "empty": "Le fichier est vide.",
    "type": "Types de fichier acceptés : PDF, PNG, JPEG, DOCX, XLSX, ODT (sans macros).",
    "two-types": "Ce fichier se présente comme deux types à la fois : enregistrez-le de nouveau, puis déposez-le.",
    "bomb": "Ce fichier est démesurément grand une fois ouvert : imprimez-le au format PDF et déposez ce fichier.",
    "nested": "Ce fichier en contient d'autres : déposez-les un par un.",
    "macros": "Ce fichier contient des macros : enregistrez-le sans macros (DOCX, XLSX, ODT) ou au format PDF.",
    "embedded": "Ce fichier contient un objet incorporé : imprimez-le au format PDF et déposez ce fichier.",
    "encrypted": "Ce fichier est protégé par un mot de passe : retirez la protection, puis déposez-le.",
    "damaged": "Ce fichier est abîmé : il ne s'ouvre pas.",
    "no-pages": "Ce PDF n'a aucune page.",
    "active": (
        "Ce PDF contient du contenu actif (script, pièce jointe…) : imprimez-le au format PDF et déposez ce fichier."
    ),
    "pixels": "Cette image a trop de points (200 millions au plus) : réduisez-la, puis déposez-la.",
    "unexamined": "Ce fichier n'a pas pu être contrôlé : imprimez-le au format PDF et déposez ce fichier.",
}


def refused(code: str, *, field: str = "file") -> Invalid:
    """The refusal of a file, to be raised."""
    return Invalid(field=field, rule=RULES[code])
