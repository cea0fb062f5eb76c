"""Examples of the API's description, built from its schemas: one fictitious value for each name of a field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_ID: Final = "01890a5d-ac96-774b-bcce-b302099a8057"
VALUES: Final[Mapping[str, Any]] = {
    "number": "1900000001.01",
    "request_number": "1234567",
    "title": "Lire un plan d'exécution",
    "name": "Formations du Modèle",
    "company_name": "Bâtiments du Modèle",
    "trade_name": "Le Modèle",
    "civility": "Madame",
    "last_name": "Exemple",
    "first_name": "Ariane",
    "email": "ariane@example.org",
    "identifier": "ariane@example.org",
    "siret": "99900001199009",
    "siren": "999000011",
    "nda": "11990000199",
    "street": "1 rue de l'Exemple",
    "postcode": "75000",
    "town": "Modèleville",
    "iban": "FR76 •••• •••• 123",
    "bic": "PSSTFRPP",
    "reference": "VIR550",
    "invoice_reference": "F-2026-001",
    "lot_reference": "VIR550",
    "media_type": "application/pdf",
    "code": "PLAN",
    "label": "Plan de développement des compétences",
    "scheme": {"code": "PLAN", "label": "Plan de développement des compétences"},
    "status": {"code": "ongoing", "label": "En cours"},
    "instruction": {"code": "agreed", "label": "Accordé"},
    "execution": {"code": "started", "label": "Commencée"},
    "financial": {"code": "committed", "label": "Engagé"},
    "closing": {"code": "open", "label": "Ouvert"},
    "category": {"code": "agreement", "label": "Accord de prise en charge"},
    "role": {"code": "portal", "label": "Utilisateur du portail"},
    "profile": {"code": "user", "label": "Utilisateur"},
    "menu": {"code": "hr", "label": "Ressources humaines"},
    "stage": {"code": "full", "label": "Connexion complète"},
    "state": {"code": "active", "label": "Actif"},
    "actor": {"code": "case-manager", "label": "Gestionnaire de dossiers"},
    "kind": "provider",
    "kinds": [{"code": "provider", "label": "Organisme de formation"}],
    "action": "list_dossiers",
    "projector": "dossier",
    "next_cursor": None,
    "event": "dossier.agreement-issued.v1",
}
_NUMBERS: Final = ("integer", "number", "boolean")
_BY_TYPE: Final[Mapping[str, Any]] = {"string": "exemple", "integer": 1, "boolean": False, "number": 1, "null": None}
_BY_FORMAT: Final[Mapping[str, Any]] = {
    "uuid": _ID,
    "date": "2026-09-01",
    "date-time": "2026-09-01T08:30:00Z",
    "binary": "",
}


def add(operation: dict[str, Any], schemas: Mapping[str, Any]) -> None:
    """Give each JSON answer of an operation its example."""
    for answer in operation["responses"].values():
        content = answer.get("content", {}).get("application/json")
        if content is not None:
            content["example"] = example_of(content["schema"], schemas)


def example_of(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str = "") -> Any:
    """A value that the schema accepts; `name` is the field that it is for."""
    if name in VALUES and schema.get("type") not in _NUMBERS and "enum" not in schema:
        value = VALUES[name]
        return value["code"] if isinstance(value, Mapping) and schema.get("type") == "string" else value
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas, name)
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], schemas, name)
    if "enum" in schema:
        return schema["enum"][0]
    if name.endswith("_cents"):
        return 120000
    if "const" in schema:
        return schema["const"]
    if schema.get("type") == "object":
        return {key: example_of(inner, schemas, key) for key, inner in schema.get("properties", {}).items()}
    if schema.get("type") == "array":
        return [example_of(schema.get("items", {}), schemas, name.removesuffix("s"))]
    return _BY_FORMAT.get(schema.get("format", ""), _BY_TYPE.get(schema.get("type", ""), None))
