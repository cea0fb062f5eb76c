"""Problems (RFC 9457): how every refusal and fault is answered. `docs/api.md` explains each stable `type`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import orjson
from starlette.responses import Response

from ledger.kit.errors import (
    Conflict,
    Forbidden,
    IdempotencyMismatch,
    Invalid,
    LogReadOnly,
    NotFound,
    Refusal,
    RuleBroken,
    VersionMismatch,
)
from ledger.vault.vault import DocumentErased

MEDIA_TYPE: Final = "application/problem+json"
Place = Literal["body", "query", "header"]

STATUSES: Final[Mapping[type[Refusal], int]] = {
    NotFound: 404,
    Invalid: 422,
    Forbidden: 403,
    RuleBroken: 409,
    Conflict: 409,
    VersionMismatch: 412,
    IdempotencyMismatch: 422,
    DocumentErased: 410,
    LogReadOnly: 503,
    Refusal: 409,
}
"""The one table from the ledger's refusals to HTTP; a refusal takes the status of its nearest base."""

TITLES: Final[Mapping[int, str]] = {
    400: "Demande illisible",
    401: "Authentification requise",
    403: "Action non permise",
    404: "Introuvable",
    405: "Méthode non permise",
    408: "Envoi trop lent",
    409: "Demande refusée",
    410: "N'est plus disponible",
    412: "Version dépassée",
    413: "Demande trop volumineuse",
    415: "Type de contenu non accepté",
    416: "Plage d'octets impossible",
    421: "Adresse du service inconnue",
    422: "Demande invalide",
    429: "Trop de demandes",
    500: "Erreur interne",
    503: "Service momentanément indisponible",
}

CODES: Final[Mapping[str, tuple[int, str]]] = {
    "malformed-json": (400, "Le corps de la demande n'est pas un document JSON valide."),
    "malformed-form": (400, "Le corps de la demande n'est pas un formulaire multipart valide."),
    "unauthenticated": (401, "Un jeton d'accès valide est nécessaire."),
    # One text for a wrong password, an unknown e-mail, an account disabled, over, or without a password yet.
    "sign-in-refused": (401, "L'identifiant ou le mot de passe n'est pas reconnu."),
    # One text for a wrong code and a used one.
    "second-factor-refused": (401, "Ce code n'est pas valable : attendez le suivant, puis réessayez."),
    "second-factor-required": (403, "Terminez la connexion : votre second facteur est attendu."),
    "enrolment-required": (403, "Votre rôle exige un second facteur : enregistrez-en un pour continuer."),
    "terms-pending": (403, "Les conditions d'utilisation doivent d'abord être acceptées."),
    "fresh-proof-required": (403, "Cette action est sensible : confirmez à nouveau votre identité pour continuer."),
    "csrf": (403, "La demande ne vient pas de cette application, ou sa page a expiré : rechargez la page."),
    "not-yet-analysed": (409, "Ce document n'est pas encore analysé : il pourra être téléchargé ensuite."),
    "quarantined": (409, "Un logiciel malveillant a été trouvé dans ce document : il ne peut pas être téléchargé."),
    "no-preview": (409, "Ce document n'a pas d'aperçu : téléchargez-le pour le lire."),
    "terms-changed": (409, "Le texte des conditions a changé : relisez-le avant de répondre."),
    # One text for a link that was used, that is too old, altered, or replaced by a newer one.
    "link-not-valid": (410, "Ce lien n'est plus valable : demandez-en un nouveau."),
    "unknown-host": (421, "Ce service ne répond pas à cette adresse."),
    "weak-password": (422, "Le mot de passe ne respecte pas toutes les règles."),
    "too-many-attempts": (429, "Trop de tentatives : patientez avant de réessayer."),
    "method-not-allowed": (405, "Cette adresse n'accepte pas cette méthode."),
    "too-slow": (
        408,
        "Le fichier arrive trop lentement : il n'a pas été reçu.",
    ),
    "too-large": (413, "Le corps de la demande dépasse la taille permise."),
    "unsupported-media-type": (415, "Le type de contenu de la demande n'est pas accepté ici."),
    "unknown-reference": (422, "La demande cite un élément qui n'existe pas ou ne vous est pas accessible."),
    "range-not-satisfiable": (416, "La plage d'octets demandée sort du document."),
    "invalid": (422, "La demande contient une ou plusieurs erreurs."),
    "document-damaged": (500, "Ce document est abîmé et ne peut pas être envoyé : l'exploitant est prévenu."),
    "internal": (500, "Une erreur inattendue s'est produite. Communiquez l'identifiant de corrélation au support."),
    "read-model-late": (503, "La position demandée n'est pas encore visible : réessayez dans un instant."),
    "vault-unavailable": (503, "Le stockage des documents ne répond pas pour le moment : réessayez dans un instant."),
    "unavailable": (503, "Le service ne peut pas répondre pour le moment : réessayez dans un instant."),
}
"""The gateway's own problems: status and text. The ledger's have theirs in their refusal classes."""


@dataclass(frozen=True)
class Fault:
    """One input at fault: where (`pointer` is a JSON pointer in the body, `/name` elsewhere) and which rule."""

    place: Place
    pointer: str
    code: str
    detail: str


@dataclass
class Problem(Exception):
    """An answer that is not what was asked for."""

    code: str
    status: int
    detail: str
    errors: Sequence[Fault] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self, correlation_id: str) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "type": f"/problems/{self.code}",
            "title": TITLES[self.status],
            "status": self.status,
            "detail": self.detail,
            "correlation_id": correlation_id,
        }
        if self.errors:
            shown["errors"] = [
                {"in": fault.place, "pointer": fault.pointer, "code": fault.code, "detail": fault.detail}
                for fault in self.errors
            ]
        return shown

    def response(self, correlation_id: str) -> Response:
        return Response(orjson.dumps(self.body(correlation_id)), self.status, self.headers, MEDIA_TYPE)


class AnswerCut(Exception):
    """An answer that has begun does not go on: the connection is cut, so that nobody takes it for whole.

    `status` is what the access log and the figures say of it.
    """

    status = 500


class RightEnded(AnswerCut):
    """The right to an answer ended while it was sent."""

    status = 403


def problem(code: str, *faults: Fault, headers: Mapping[str, str] | None = None) -> Problem:
    """One of the gateway's own problems (see CODES)."""
    status, detail = CODES[code]
    return Problem(code, status, detail, faults, headers or {})


def too_many(wait_seconds: float) -> Problem:
    """429, and when to come back: whole seconds, rounded up: who obeys is not refused again (RFC 9110, 10.2.3)."""
    return problem("too-many-attempts", headers={"Retry-After": str(max(1, math.ceil(wait_seconds)))})


def not_found() -> Problem:
    """Absent and forbidden look the same: this is the one answer to both."""
    return Problem(NotFound.code, STATUSES[NotFound], NotFound.template)


def of_refusal(refusal: Refusal, *, place: Place = "body") -> Problem:
    """The problem that answers a refusal of the ledger."""
    if isinstance(refusal, NotFound):
        # The address exists, what the body cites does not: a 404 would speak of the address.
        return _unknown_reference(refusal, place) if refusal.field else not_found()
    kind = next(base for base in type(refusal).__mro__ if base in STATUSES)
    faults = [Fault(place, f"/{refusal.field}", refusal.code, refusal.message)] if refusal.field else []
    return Problem(refusal.code, STATUSES[kind], refusal.message, faults)


def _unknown_reference(refusal: NotFound, place: Place) -> Problem:
    return problem("unknown-reference", Fault(place, f"/{refusal.field}", refusal.code, refusal.message))


def invalid(place: Place, pointer: str, code: str, detail: str) -> Problem:
    """One input that breaks a rule of the gateway."""
    return problem("invalid", Fault(place, pointer, code, detail))
