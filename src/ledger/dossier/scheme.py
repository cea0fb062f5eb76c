"""The schemes (« dispositifs ») that fund training, by the code that the portals show (row O35)."""

from __future__ import annotations

from enum import StrEnum


class Scheme(StrEnum):
    PLAN = "PLAN"
    ALTE = "ALTE"
    C_PRO = "C PRO"
    PRO_A = "PRO-A"
    RECONV = "RECONV"
    POEC = "POEC"
    POEI = "POEI"

    @property
    def label(self) -> str:
        """The French label shown beside the code."""
        return _LABELS[self]


_LABELS = {
    Scheme.PLAN: "Plan de développement des compétences",
    Scheme.ALTE: "Contrat d'apprentissage",
    Scheme.C_PRO: "Contrat de professionnalisation",
    Scheme.PRO_A: "Reconversion ou promotion par alternance",
    Scheme.RECONV: "Période de reconversion",
    Scheme.POEC: "Préparation opérationnelle à l'emploi collective",
    Scheme.POEI: "Préparation opérationnelle à l'emploi individuelle",
}
