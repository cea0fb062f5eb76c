"""The words of every mail, once: its two forms (plain text and HTML) are made of them, and so say the same.

`{identifier}` is the recipient's address, `{site}` the deployment's, `{fund}` the fund's name; other placeholders are
the facts that the mail was queued with. A password never stands in a mail; a link is on a line of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_ONCE: Final = "Ce lien ne sert qu'une fois, pendant 24 heures."
_NOT_YOU: Final = "Si vous n'avez rien demandé, ne faites rien : rien ne changera."
_TELL: Final = "Si ce n'est pas vous, changez votre mot de passe et prévenez-nous sans attendre."
_WELCOME: Final = "Bienvenue dans votre espace d'information de gestion"


@dataclass(frozen=True)
class Words:
    """`action` is what the link says; None for a mail without a link."""

    subject: str
    before: tuple[str, ...]
    action: str | None = None
    after: tuple[str, ...] = ()


KINDS: Final[Mapping[str, Words]] = {
    "creation": Words(
        _WELCOME,
        (
            "Un accès à l'espace d'information de gestion de {fund} vient d'être créé pour vous.",
            "Votre identifiant : {identifier}",
            "Pour choisir votre mot de passe :",
        ),
        "Créer mon mot de passe",
        (_ONCE, "Passé ce délai, demandez-en un autre par « J'ai oublié mon mot de passe », à l'adresse {site}"),
    ),
    "invitation-new": Words(
        _WELCOME,
        (
            "Un accès à l'espace d'information de gestion de {fund} vient d'être créé pour vous.",
            "Il vous est donné au titre de {organisation}.",
            "Votre identifiant : {identifier}",
            "Pour choisir votre mot de passe :",
        ),
        "Créer mon mot de passe",
        (_ONCE, "Passé ce délai, demandez à la personne qui gère vos accès de vous inviter à nouveau."),
    ),
    "invitation-known": Words(
        "Un accès vous est proposé",
        (
            "Un accès à l'espace d'information de gestion de {fund} vous est proposé, au titre de {organisation}.",
            "Votre identifiant et votre mot de passe restent les mêmes : {identifier}",
            "Pour l'accepter :",
        ),
        "Rejoindre",
        (_ONCE, _NOT_YOU),
    ),
    "password-set": Words(
        "Votre mot de passe est enregistré",
        (
            "Votre mot de passe vient d'être enregistré. Vous pouvez vous connecter.",
            "L'adresse : {site}",
            "Votre identifiant : {identifier}",
            "Si ce n'est pas vous qui l'avez choisi, prévenez-nous sans attendre.",
        ),
    ),
    "reset": Words(
        "Choisir un nouveau mot de passe",
        (
            "Un nouveau mot de passe a été demandé pour votre compte.",
            "Votre identifiant : {identifier}",
            "Pour le choisir :",
        ),
        "Choisir mon nouveau mot de passe",
        (_ONCE, _NOT_YOU),
    ),
    "email-old": Words(
        "Confirmer le changement de votre adresse",
        (
            "Une autre adresse électronique a été demandée pour votre compte, dont l'identifiant est {identifier}.",
            "Elle ne changera qu'une fois confirmée ici et à la nouvelle adresse. Pour confirmer, ou pour refuser :",
        ),
        "Confirmer ou refuser",
        (_ONCE, "Si vous n'avez rien demandé, refusez : la demande sera annulée et vos sessions seront fermées."),
    ),
    "email-new": Words(
        "Confirmer votre nouvelle adresse",
        (
            "Cette adresse a été indiquée comme le nouvel identifiant d'un compte de {fund} : {identifier}",
            "Elle ne le deviendra qu'une fois confirmée ici et à l'ancienne adresse. Pour confirmer :",
        ),
        "Confirmer cette adresse",
        (_ONCE, _NOT_YOU),
    ),
    "email-new-taken": Words(
        "Cette adresse a déjà un compte",
        (
            "Cette adresse a été indiquée comme le nouvel identifiant d'un compte de {fund} : {identifier}",
            "Elle est déjà celle d'un autre compte : rien n'a été changé.",
            "Si c'est vous, connectez-vous avec cette adresse, ou choisissez-en une autre.",
        ),
    ),
    "email-changed": Words(
        "Votre identifiant a changé",
        (
            "L'identifiant de votre compte n'est plus {identifier} : l'adresse que vous avez confirmée le remplace.",
            "Vos sessions ouvertes sont fermées. Votre mot de passe reste le même.",
            "Si ce n'est pas vous, prévenez-nous sans attendre.",
        ),
    ),
    "registration-contact": Words(
        "Une inscription à confirmer",
        (
            "{applicant} demande à gérer les accès de {organisation} à l'espace d'information de gestion de {fund}.",
            "Vous recevez ce message parce que votre adresse est le contact que nous connaissons pour cet organisme.",
            "Rien n'est accordé tant que vous n'avez pas confirmé.",
            "Pour voir la demande, et la confirmer ou la refuser :",
        ),
        "Voir la demande",
        (_ONCE, "Si vous ne connaissez pas cette personne, ne confirmez pas."),
    ),
    "registration-known": Words(
        "Une inscription a été demandée",
        (
            "{applicant} a demandé à gérer les accès de {organisation}, qui sont déjà gérés.",
            "Rien n'a été accordé : adressez cette personne à qui gère vos accès.",
        ),
    ),
    "new-device": Words(
        "Connexion depuis un nouvel appareil",
        (
            "Votre compte {identifier} vient de servir à une connexion, depuis un appareil encore inconnu de nous.",
            "Le {at}, avec {device}.",
            _TELL,
        ),
    ),
    "factor-changed": Words(
        "Votre second facteur a changé",
        (
            "Pour votre compte {identifier}, ce qui confirme vos connexions a changé, ou un code de secours a servi.",
            _TELL,
        ),
    ),
}
"""By kind. What each needs beside the common words: `organisation` (fact `organisation_id`), `applicant`, `at` (an
instant, ISO 8601), `device`.
"""
