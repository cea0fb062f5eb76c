"""The papers of a generated fund: avis de virement and agreements, as small PDF files with their manifest."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Final

from gateway.generator.chance import draw
from gateway.generator.life import Decided, Dossier, Lot, Transfer
from gateway.generator.pdf import one_page
from gateway.generator.size import LAST_DAY
from gateway.generator.style import Sheet
from gateway.importer.kinds import Decision
from ledger.document.events import Category
from ledger.kit.money import format_euros

_LINES_OF_A_PAGE: Final = 30
_LARGEST: Final = 0  # the number of the largest provider's organisation
_NO_BREAK: Final = str.maketrans({"\u202f": " ", "\u00a0": " "})


class Papers:
    """Writes the files beside the manifest. `agreements`: the share of dossiers whose agreement is on file."""

    def __init__(self, directory: Path, manifest: Sheet, seed: int, *, agreements: float) -> None:
        self._directory = directory
        self._manifest = manifest
        self._seed = seed
        self._agreements = agreements
        self._issued_again = False

    def of_lot(self, lot: Lot) -> None:
        """An avis for each transfer that was paid, in pages of some lines."""
        for transfer in lot.transfers:
            if transfer.paid_on is not None:
                self._avis(lot, transfer, transfer.paid_on)

    def of_dossier(self, dossier: Dossier) -> None:
        """The agreement, where it is on file: always for the largest provider."""
        issued = next((each for each in dossier.decisions if each.decision is Decision.ISSUED), None)
        largest = any(provider.organisation.number == _LARGEST for provider in dossier.providers)
        if issued is None or not (largest or draw(self._seed, "paper", dossier.index).random() < self._agreements):
            return
        row = {
            "name": f"Accord {dossier.number}.pdf",
            "category": Category.AGREEMENT,
            "deposited_on": issued.on,
            "dossier_numbers": (dossier.number,),
        }
        self._write(f"accords/{issued.on:%Y}/{dossier.index}.pdf", row, _agreement(dossier, issued))

    def _avis(self, lot: Lot, transfer: Transfer, paid_on: date) -> None:
        siret = transfer.beneficiary.siret
        for page, start in enumerate(range(0, len(transfer.invoices), _LINES_OF_A_PAGE), start=1):
            lines = _avis(lot, transfer, paid_on, start)
            row = {
                "name": f"Avis de virement - Lot {lot.number} - Page {page}.pdf",
                "category": Category.REMITTANCE_ADVICE,
                "deposited_on": paid_on,
                "siret": siret,
                "lot": lot.reference,
            }
            self._write(f"avis/{lot.reference}/{siret}-{page}.pdf", row, lines)
            if self._is_issued_again(lot, transfer):
                # The same name on another date: both are kept (row O42).
                again_on = min(paid_on + timedelta(days=7), LAST_DAY)
                row = {**row, "deposited_on": again_on}
                self._write(f"avis/{lot.reference}/{siret}-{page}-bis.pdf", row, [*lines, "Réédition"])

    def _is_issued_again(self, lot: Lot, transfer: Transfer) -> bool:
        """Now and then; and once for the largest provider, whatever the size."""
        first = not self._issued_again and transfer.beneficiary.organisation.number == _LARGEST
        self._issued_again = self._issued_again or first
        return first or draw(self._seed, "again", lot.number, transfer.beneficiary.number).random() < 0.02

    def _write(self, name: str, row: dict[str, object], lines: list[str]) -> None:
        path = self._directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(one_page(line.translate(_NO_BREAK) for line in lines))
        self._manifest.write({"file": name, **row})


def _avis(lot: Lot, transfer: Transfer, paid_on: date, start: int) -> list[str]:
    payee = transfer.beneficiary
    lines = [
        f"{i.issued_on:%d/%m/%Y}  {i.reference}  {i.starts_on:%d/%m/%Y} - {i.ends_on:%d/%m/%Y}  {i.dossier.number}  "
        f"{i.dossier.scheme}  {format_euros(i.approved_cents)}"
        for i in transfer.invoices[start : start + _LINES_OF_A_PAGE]
    ]
    return [
        f"Avis de virement n° {lot.reference} du {paid_on:%d/%m/%Y}",
        f"{payee.name} ({payee.siret}) - {payee.postcode} / {payee.town}",
        f"Montant total TTC : {format_euros(transfer.total_cents)}",
        "",
        *lines,
        "",
        "Document fictif, sans valeur.",
    ]


def _agreement(dossier: Dossier, issued: Decided) -> list[str]:
    return [
        f"Accord de prise en charge du {issued.on:%d/%m/%Y}",
        f"Dossier {dossier.number} - {dossier.scheme} - {dossier.title}",
        f"Du {dossier.starts_on:%d/%m/%Y} au {dossier.ends_on:%d/%m/%Y}",
        f"Montant accordé TTC : {format_euros(issued.amount_cents or 0)}",
        "",
        "Document fictif, sans valeur.",
    ]
