"""What trainings are like, by scheme."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ledger.dossier.scheme import Scheme


@dataclass(frozen=True, slots=True)
class Training:
    """How trainings of one scheme are: how many of them, how long, how much for one trainee, in how many invoices."""

    weight: int
    days: tuple[int, int]
    euros: tuple[int, int]
    invoices: tuple[int, int]
    titles: tuple[str, ...]


TRAININGS: Final = {
    Scheme.PLAN: Training(
        62,
        (1, 12),
        (250, 3_200),
        (1, 2),
        (
            "Travail en hauteur",
            "Lecture de plans",
            "Habilitation électrique",
            "Conduite d'engins — niveau 2",
            "Sécurité des chantiers",
        ),
    ),
    Scheme.ALTE: Training(
        20,
        (330, 700),
        (5_000, 16_000),
        (3, 6),
        ("CAP Maçon", "BTS Bâtiment", "Bac professionnel Menuiserie", "CAP Couvreur"),
    ),
    Scheme.C_PRO: Training(
        9,
        (180, 360),
        (3_000, 9_000),
        (2, 4),
        ("Chef d'équipe gros œuvre", "Technicien d'études", "Conducteur de travaux"),
    ),
    Scheme.PRO_A: Training(4, (120, 300), (2_000, 8_000), (2, 3), ("Encadrant de chantier", "Dessinateur-projeteur")),
    Scheme.POEI: Training(3, (20, 60), (1_500, 4_000), (1, 2), ("Aide-maçon débutant", "Poseur de menuiseries")),
    Scheme.POEC: Training(2, (30, 70), (2_000, 5_000), (1, 2), ("Découverte des métiers du bâtiment",)),
}


def training_of(scheme: Scheme) -> Training:
    """RECONV took the place of PRO-A, and its trainings."""
    return TRAININGS[Scheme.PRO_A if scheme is Scheme.RECONV else scheme]
