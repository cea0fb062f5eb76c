"""Refusals: what a command or a query may answer instead of doing what was asked.

They know nothing of HTTP. Each class has a stable `code` (the last part of the problem's `type` on the API) and a
French `message` for people; `field` names the input at fault where there is one, as a JSON pointer's last part.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final


class Refusal(Exception):
    """Base of every refusal. Nothing was recorded."""

    code: ClassVar[str] = "refused"
    template: ClassVar[str] = "La demande est refusée."

    def __init__(self, *, field: str | None = None, **facts: object) -> None:
        """`facts` fill the class's French template; none of them may be personal data."""
        self.field = field
        self.facts = facts
        super().__init__(self.message)

    @property
    def message(self) -> str:
        return self.template.format(**self.facts)


class NotFound(Refusal):
    """Absent, or not the caller's to see: both look the same."""

    code = "not-found"
    template = "Cet élément n'existe pas ou ne vous est pas accessible."


class Invalid(Refusal):
    """An input breaks a rule that can be checked without any other fact. `rule` is French."""

    code = "invalid"
    template = "{rule}"


class RuleBroken(Refusal):
    """Base of the rules that depend on the state of the ledger."""


class Forbidden(Refusal):
    """The caller is known, and this kind of action is not among its rights."""

    code = "forbidden"
    template = "Votre profil ne permet pas cette action."


_CLAIMED: Final[Mapping[str, tuple[str, str]]] = {
    "siren": ("siren", "SIREN"),
    "siret": ("siret", "SIRET"),
    "member-number": ("member_number", "numéro d'adhérent"),
    "establishment-number": ("number", "numéro d'établissement"),
    "email": ("email", "adresse électronique"),
    "nir": ("nir", "NIR"),
    "dossier-number": ("number", "numéro de dossier"),
    "invoice": ("reference", "facture de même référence, pour la même période"),
    "lot": ("reference", "référence de lot"),
}
"""Of each kind of claim: the field of orders that carries its value, and what people call it."""


class AlreadyClaimed(RuleBroken):
    """A value that must be unique is taken (`kind`: `siret`, `dossier-number`, …). It is told by its French name, and
    `field` is the one that carries it in orders.
    """

    code = "already-exists"
    template = "Cette valeur est déjà utilisée ({name})."

    def __init__(self, *, kind: str, field: str | None = None) -> None:
        self.kind = kind
        carrier, name = _CLAIMED.get(kind, (kind.replace("-", "_"), kind))
        super().__init__(field=field or carrier, name=name)


class Conflict(Refusal):
    """Somebody else changed what this decision was based on, again and again."""

    code = "conflict"
    template = "Cet élément vient d'être modifié par quelqu'un d'autre : rechargez-le puis recommencez."


class VersionMismatch(Refusal):
    """The caller's `If-Match` names a version that is no longer the current one."""

    code = "version-mismatch"
    template = "Cet élément a changé depuis que vous l'avez lu : rechargez-le puis recommencez."


class IdempotencyMismatch(Refusal):
    """An idempotency key was used before with another body."""

    code = "idempotency-key-reused"
    template = "Cette clé d'idempotence a déjà servi pour une demande différente."


class LogReadOnly(Refusal):
    """The log does not agree with its outside head: an operator has to decide before anything more is recorded."""

    code = "log-read-only"
    template = "Le registre est momentanément en lecture seule : rien n'a été enregistré."
