"""A generated fund as files for the import: CSV, and the papers beside their manifest."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from gateway.generator.expected import Expected
from gateway.generator.fund import Establishment, Fund
from gateway.generator.history import History, finish
from gateway.generator.life import Dossier, Invoice, Lot, is_waiting
from gateway.generator.papers import Papers
from gateway.generator.size import FIRST_MONDAY, Size
from gateway.generator.style import Sheet, Style
from gateway.importer import kinds
from ledger.kit.fictitious import FICTITIOUS_BIC

_EXEMPT: Final = "TVA non applicable, art. 261-4-4° du CGI"
_AMOUNTS: Final = frozenset({"amount", "net", "vat", "gross", "approved_amount"})


def write_files(
    directory: Path,
    *,
    seed: int,
    scale: float,
    style: Style | None = None,
    agreements: float = 0.3,
    progress: Callable[[int], None] = lambda _: None,
) -> Expected:
    """Write the files of a fund into a directory, which is made; return what their import must come to.

    The same seed and scale give the same files, byte for byte. `progress` is called with each number of dossiers done.
    """
    directory.mkdir(parents=True, exist_ok=True)
    fund = Fund(seed, Size(scale))
    with ExitStack() as opened:
        sheets = {
            kind.name: opened.enter_context(Sheet(directory, kind, style or Style(), amounts=_AMOUNTS))
            for kind in kinds.KINDS
        }
        writer = _Writer(fund, sheets, Papers(directory, sheets[kinds.DOCUMENTS.name], seed, agreements=agreements))
        writer.write(progress)
    writer.expected.rows = {name: sheet.rows for name, sheet in sheets.items()}
    return writer.expected


class _Writer:
    """Holds the dossiers that later lots may still change, and writes each once nothing can."""

    def __init__(self, fund: Fund, sheets: dict[str, Sheet], papers: Papers) -> None:
        self.expected = Expected()
        self._fund = fund
        self._sheets = sheets
        self._papers = papers
        self._unpaid: dict[int, Dossier] = {}

    def write(self, progress: Callable[[int], None]) -> None:
        self._write_organisations()
        for happened in History(self._fund):
            if isinstance(happened, Lot):
                self._write_lot(happened)
            else:
                self._write_dossier(happened)
                progress(1)
        for dossier in self._unpaid.values():
            self._end(dossier)
        # Last, since accounts change as the bank sends transfers back.
        for establishment in self._fund.establishments:
            self._sheets["establishments"].write(_establishment(establishment))

    def _write_organisations(self) -> None:
        for each in self._fund.organisations:
            row = {"siren": each.siren, "name": each.name, "kinds": each.kinds, "member_number": each.member_number}
            self._sheets["organisations"].write(row)

    def _write_dossier(self, dossier: Dossier) -> None:
        for trainee in dossier.trainees:
            about = {name: getattr(trainee, name) for name in ("last_name", "first_name", "birth_date", "nir")}
            period = {"starts_on": trainee.starts_on, "ends_on": trainee.ends_on}
            row = {"dossier_number": dossier.number, **about, **period, "reference": trainee.person}
            self._sheets["trainees"].write(row)
        for decided in dossier.decisions:
            about = {"decision": decided.decision, "on": decided.on, "amount": decided.amount_cents}
            row = {"dossier_number": dossier.number, **about, "reason": decided.reason, "ends_on": decided.ends_on}
            self._sheets["agreements"].write(row)
        for invoice in dossier.invoices:
            self._sheets["invoices"].write(_invoice(invoice))
        self._papers.of_dossier(dossier)
        if is_waiting(dossier):
            self._unpaid[dossier.index] = dossier
        else:
            self._end(dossier)

    def _write_lot(self, lot: Lot) -> None:
        self.expected.count_lot(lot)
        for transfer in lot.transfers:
            about = {
                "lot": lot.reference,
                "scheduled_on": lot.scheduled_on,
                "beneficiary_siret": transfer.beneficiary.siret,
                "iban": transfer.iban,
                "bic": FICTITIOUS_BIC,
                "paid_on": transfer.paid_on,
                "rejected_on": transfer.rejected_on,
                "reject_reason": transfer.reject_reason,
            }
            for invoice in transfer.invoices:
                self._sheets["transfers"].write({**about, **_line(invoice)})
        self._papers.of_lot(lot)
        for dossier in {line.dossier.index: line.dossier for each in lot.transfers for line in each.invoices}.values():
            if not is_waiting(dossier) and dossier.index in self._unpaid:
                self._end(self._unpaid.pop(dossier.index))

    def _end(self, dossier: Dossier) -> None:
        finish(self._fund, dossier)
        self.expected.count_dossier(dossier)
        self._sheets["dossiers"].write(_dossier(dossier))


def _establishment(each: Establishment) -> dict[str, object]:
    same = ("siret", "number", "name", "trade_name", "nda", "street", "postcode", "town", "iban")
    about: dict[str, object] = {name: getattr(each, name) for name in same}
    return {**about, "bic": FICTITIOUS_BIC, "bank_details_on": FIRST_MONDAY}


def _dossier(dossier: Dossier) -> dict[str, object]:
    same = [column.name for column in kinds.DOSSIERS.columns if not column.name.endswith(("_siret", "_sirets"))]
    return {
        **{name: getattr(dossier, name) for name in same},
        "company_siret": dossier.company.siret,
        "provider_sirets": tuple(provider.siret for provider in dossier.providers),
    }


def _invoice(invoice: Invoice) -> dict[str, object]:
    same = ("reference", "issued_on", "received_on", "starts_on", "ends_on", "status", "attested_on", "approved_on")
    partly = invoice.approved_on is not None and invoice.approved_cents < invoice.gross_cents
    return {
        **{name: getattr(invoice, name) for name in same},
        "dossier_number": invoice.dossier.number,
        "beneficiary_siret": invoice.beneficiary.siret,
        "net": invoice.net_cents,
        "vat_rate": str(invoice.vat_rate_basis_points // 100),
        "vat": invoice.vat_cents,
        "gross": invoice.gross_cents,
        "vat_exemption": None if invoice.vat_cents else _EXEMPT,
        "approved_amount": invoice.approved_cents if partly else None,
        "disputed_on": invoice.disputed_on,
        "reason": "Feuilles d'émargement manquantes." if invoice.disputed_on else None,
    }


def _line(invoice: Invoice) -> dict[str, object]:
    return {
        "dossier_number": invoice.dossier.number,
        "invoice_reference": invoice.reference,
        "starts_on": invoice.starts_on,
        "ends_on": invoice.ends_on,
        "amount": invoice.approved_cents,
    }
