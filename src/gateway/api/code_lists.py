"""The reference lists: which codes there are, under which labels, and which field of an answer takes which of them.

A frontend fills its filters from them, and shows a code that came without its label. The API's description says of each
coded field which list is its own (`x-codes`), so that generated clients know the codes by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from gateway.api.codes import (
    ANALYSIS_LABELS,
    CATEGORY_LABELS,
    CIVILITY_LABELS,
    CLOSING_LABELS,
    DOCUMENT_STATE_LABELS,
    EXECUTION_LABELS,
    FINANCIAL_LABELS,
    INSTRUCTION_LABELS,
    INVOICE_STATUS_LABELS,
    KIND_LABELS,
    MENU_LABELS,
    MODE_LABELS,
    PROFILE_LABELS,
    ROLE_LABELS,
    SCHEME_LABELS,
    SIDE_LABELS,
    STAGE_LABELS,
    STATUS_LABELS,
    TRANSFER_STATUS_LABELS,
    USER_STATE_LABELS,
)
from gateway.labels import EVENT_LABELS

EXTENSION: Final = "x-codes"
_CODED: Final = "#/components/schemas/Coded"


class CodeList(NamedTuple):
    """`summary` is its title in French; `labels` are in the order in which a form offers them."""

    summary: str
    labels: Mapping[str, str]


CODE_LISTS: Final[Mapping[str, CodeList]] = MappingProxyType(
    {
        "schemes": CodeList("Dispositifs", SCHEME_LABELS),
        "document-categories": CodeList("Catégories de documents", CATEGORY_LABELS),
        "document-sides": CodeList("Déposants d'un document", SIDE_LABELS),
        "document-analyses": CodeList("Analyses antivirus d'un document", ANALYSIS_LABELS),
        "document-states": CodeList("États d'un document", DOCUMENT_STATE_LABELS),
        "dossier-statuses": CodeList("Statuts d'un dossier", STATUS_LABELS),
        "instruction-states": CodeList("États de l'instruction d'un dossier", INSTRUCTION_LABELS),
        "execution-states": CodeList("États de l'action de formation", EXECUTION_LABELS),
        "financial-states": CodeList("États financiers d'un dossier", FINANCIAL_LABELS),
        "closing-states": CodeList("États de clôture d'un dossier", CLOSING_LABELS),
        "invoice-statuses": CodeList("Statuts d'une facture", INVOICE_STATUS_LABELS),
        "transfer-statuses": CodeList("Statuts d'un règlement", TRANSFER_STATUS_LABELS),
        "payment-modes": CodeList("Modes de règlement", MODE_LABELS),
        "organisation-kinds": CodeList("Qualités d'un organisme", KIND_LABELS),
        "roles": CodeList("Rôles d'un compte", ROLE_LABELS),
        "profiles": CodeList("Profils d'un utilisateur", PROFILE_LABELS),
        "menus": CodeList("Rubriques d'un adhérent", MENU_LABELS),
        "user-states": CodeList("Statuts d'un utilisateur", USER_STATE_LABELS),
        "sign-in-stages": CodeList("Étapes d'une connexion", STAGE_LABELS),
        "civilities": CodeList("Civilités", CIVILITY_LABELS),
        "event-labels": CodeList("Libellés de l'historique d'un dossier", EVENT_LABELS),
    }
)
"""By the name under which `/v1/` has them."""

_FIELDS: Final[Mapping[str, str]] = {
    "scheme": "schemes",
    "category": "document-categories",
    "side": "document-sides",
    "analysis": "document-analyses",
    "instruction": "instruction-states",
    "execution": "execution-states",
    "financial": "financial-states",
    "closing": "closing-states",
    "mode": "payment-modes",
    "kind": "organisation-kinds",
    "kinds": "organisation-kinds",
    "role": "roles",
    "actor": "roles",
    "profile": "profiles",
    "menus": "menus",
    "stage": "sign-in-stages",
    "state": "user-states",
}
_SHARED: Final[Mapping[tuple[str, str], str]] = {
    ("DossierRow", "status"): "dossier-statuses",
    ("DossierShown", "status"): "dossier-statuses",
    ("DossierTransferRow", "status"): "transfer-statuses",
    ("InvoiceShown", "status"): "invoice-statuses",
    ("TransferRow", "status"): "transfer-statuses",
    ("TransferShown", "status"): "transfer-statuses",
    ("DocumentRow", "state"): "document-states",
    ("DocumentShown", "state"): "document-states",
    ("PieceAccepted", "state"): "document-states",
}
"""One word for several nouns: by the shape that it stands in."""

WITHOUT_LIST: Final = frozenset({"items"})
"""Of any list: the answer of a reference list itself."""


def action_of_list(name: str) -> str:
    """Its operationId."""
    return f"list_{name.replace('-', '_')}"


def mark(schemas: Mapping[str, Any]) -> None:
    """Say of each coded field of the description which list its codes are in."""
    for model, name, field in coded_fields(schemas):
        found = _SHARED.get((model, name)) or _FIELDS.get(name)
        if found is not None:
            field[EXTENSION] = found


def coded_fields(schemas: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(model, field, schema) of each field that is a code with its label, a list of them, or null."""
    for model, schema in schemas.items():
        for name, field in schema.get("properties", {}).items():
            if name not in WITHOUT_LIST and _is_coded(field):
                yield model, name, field


def _is_coded(field: Mapping[str, Any]) -> bool:
    inner = [*field.get("anyOf", ()), *([field["items"]] if "items" in field else [])]
    return field.get("$ref") == _CODED or any(_is_coded(each) for each in inner)
