"""Past transfers: each lot is opened, filled, released with its control totals, then paid or sent back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

from pydantic import ValidationError

from gateway.importer.kinds import TRANSFERS
from gateway.importer.lots import LotLines, TransferLines, lots, survey
from gateway.importer.plan import Fault, Values, faults, keyed
from gateway.importer.plans import invoice_key
from gateway.importer.rows import DamagedRow, Row, rows
from gateway.importer.run import BATCH, Run, Step
from gateway.importer.sources import Source
from ledger.application import Order, Outcome
from ledger.invoice.commands import duplicate_key
from ledger.kit.errors import Refusal
from ledger.transfer.commands import OpenLot, PayTransfer, RejectTransfer, ReleaseLot
from ledger.transfer.past import PastLine, RecordPastTransfer

TALLY: Final = "payments"
"""What the bank answered, counted apart from the lines: releases, payments, rejects."""

_COLUMNS: Final = {
    "reference": "lot",
    "lot": "lot",
    "lot_id": "lot",
    "beneficiary_establishment_id": "beneficiary_siret",
    "invoice_ids": "invoice_reference",
    "lines": "amount",
    "paid_iban": "iban",
    "paid_bic": "bic",
    "reason": "reject_reason",
}
_SCATTERED: Final = ("lot", "Les lignes d'un lot se suivent : ce lot revient plus loin ou dans un autre fichier.")
_NOT_ALONE: Final = ("", "Une autre ligne du même virement est refusée.")
_HELD: Final = (
    "lot",
    "Le lot n'est pas lancé : une de ses lignes est refusée. Corrigez-la, puis relancez l'import du fichier entier.",
)

Prepared = list[tuple[TransferLines, UUID]]


def import_transfers(run: Run, sources: Sequence[Source]) -> None:
    """Import the files of transfers; lots across files are told apart, hence all at once."""
    found = survey(sources)
    for source in sources:
        run.follower.begin(source.path.name, source.lines)
        for lot in lots(_readable(run, source)):
            run.summary.tally(TRANSFERS.name).read += lot.line_count
            if lot.reference in found.scattered:
                _refuse_all(run, lot.transfers, _SCATTERED)
            else:
                _import_lot(run, lot, whole=lot.reference not in found.spoilt)
            run.follower.advance(lot.line_count)


def _readable(run: Run, source: Source) -> Iterator[Row]:
    for row in rows(source):
        if isinstance(row, DamagedRow):
            run.refuse_damaged(row, run.summary.tally(TRANSFERS.name))
        else:
            yield row


def _import_lot(run: Run, lot: LotLines, *, whole: bool) -> None:
    opening = OpenLot(reference=lot.reference, scheduled_on=lot.scheduled_on)
    key = keyed("transfers:lot", lot.reference, {"scheduled_on": lot.scheduled_on})
    [opened] = run.execute([Order(opening, key)])
    if isinstance(opened, Refusal):
        _refuse_all(run, lot.transfers, faults(opened, TRANSFERS, _COLUMNS)[0])
        return
    prepared = [done for batch in _batches(lot.transfers) for done in _prepare(run, lot, opened.resource_id, batch)]
    if not whole or len(prepared) < len(lot.transfers):
        run.summary.held_lots.append(lot.reference)
        run.report.refused(lot.source, lot.first.line, [_HELD])
    elif any(transfer.answered for transfer in lot.transfers):
        _release_and_pay(run, lot, opened.resource_id, prepared)


def _batches(transfers: list[TransferLines]) -> Iterator[list[TransferLines]]:
    """Transfers whole, of some hundreds of lines together."""
    batch: list[TransferLines] = []
    lines = 0
    for transfer in transfers:
        batch.append(transfer)
        lines += len(transfer.rows)
        if lines >= BATCH:
            yield batch
            batch, lines = [], 0
    if batch:
        yield batch


def _prepare(run: Run, lot: LotLines, lot_id: UUID, batch: list[TransferLines]) -> Prepared:
    _look_up(run, batch)
    ordered: list[tuple[TransferLines, Order]] = []
    for transfer in batch:
        order = _preparation(run, lot, lot_id, transfer)
        if isinstance(order, Order):
            ordered.append((transfer, order))
        else:
            _refuse(run, transfer, *order)
    answers = run.execute([order for _, order in ordered])
    prepared: Prepared = []
    for (transfer, _), answer in zip(ordered, answers, strict=True):
        if isinstance(answer, Outcome):
            run.summary.tally(TRANSFERS.name).accept(answer, len(transfer.rows))
            prepared.append((transfer, answer.resource_id))
        else:
            _refuse(run, transfer, getattr(answer, "line", 0), faults(answer, TRANSFERS, _COLUMNS)[0])
    return prepared


def _look_up(run: Run, batch: list[TransferLines]) -> None:
    """The dossiers and beneficiaries first: an invoice is known by its dossier's id."""
    every = [row.values for transfer in batch for row in transfer.rows]
    run.references.look_up(("dossier-number", values["dossier_number"]) for values in every)
    run.references.look_up(("siret", transfer.siret) for transfer in batch)
    invoices = (_invoice_name(run, values) for values in every)
    run.references.look_up(("invoice", name) for name in invoices if name is not None)


def _invoice_name(run: Run, values: Values) -> str | None:
    dossier_id = run.references.find("dossier-number", values["dossier_number"])
    if dossier_id is None:
        return None
    period = (values["starts_on"], values["ends_on"])
    return duplicate_key(values["beneficiary_siret"], values["invoice_reference"], dossier_id, *period)


def _preparation(run: Run, lot: LotLines, lot_id: UUID, transfer: TransferLines) -> Order | tuple[int, Fault]:
    if transfer.fault is not None:
        return transfer.fault
    place, values, references = 0, transfer.first.values, run.references
    try:
        beneficiary_id = references("siret", transfer.siret, field="beneficiary_siret")
        lines = []
        for place, row in enumerate(transfer.rows):  # noqa: B007 - where a refusal stopped the loop is wanted after it
            references("dossier-number", row.values["dossier_number"], field="dossier_number")
            name = _invoice_name(run, row.values) or ""
            invoice_id = references("invoice", name, field="invoice_reference")
            lines.append(PastLine(invoice_id=invoice_id, amount_cents=row.values["amount"]))
        command = RecordPastTransfer(
            lot_id=lot_id,
            beneficiary_establishment_id=beneficiary_id,
            lines=tuple(lines),
            paid_iban=values["iban"],
            paid_bic=values["bic"],
        )
    except (Refusal, ValidationError) as error:
        return place, faults(error, TRANSFERS, _COLUMNS)[0]
    body = {"iban": values["iban"], "bic": values["bic"], "lines": sorted(map(_line_body, transfer.rows))}
    return Order(command, keyed("transfers", _key(lot, transfer), body))


def _line_body(row: Row) -> tuple[str, int]:
    values = row.values
    key = invoice_key(values["beneficiary_siret"], values["invoice_reference"], values["dossier_number"], values)
    return key, values["amount"]


def _key(lot: LotLines, transfer: TransferLines) -> str:
    return f"{lot.reference}\n{transfer.siret}"


def _release_and_pay(run: Run, lot: LotLines, lot_id: UUID, prepared: Prepared) -> None:
    totals = {"transfer_count": len(prepared), "total_cents": sum(each.total_cents for each, _ in prepared)}
    release = ReleaseLot(lot_id=lot_id, on=lot.scheduled_on, **totals)
    step = _step(lot.first, Order(release, keyed("transfers:release", lot.reference, totals)))
    [released] = run.take([step], TALLY)
    if isinstance(released, Outcome):
        answers = [_answer(lot, transfer, id_) for transfer, id_ in prepared if transfer.answered]
        for start in range(0, len(answers), BATCH):
            run.take(answers[start : start + BATCH], TALLY)


def _answer(lot: LotLines, transfer: TransferLines, transfer_id: UUID) -> Step:
    values = transfer.first.values
    if values["paid_on"] is not None:
        body = {"on": values["paid_on"]}
        order = Order(PayTransfer(transfer_id=transfer_id, **body), keyed("transfers:paid", _key(lot, transfer), body))
        return _step(transfer.first, order, on="paid_on")
    body = {"on": values["rejected_on"], "reason": values["reject_reason"]}
    order = Order(
        RejectTransfer(transfer_id=transfer_id, **body), keyed("transfers:rejected", _key(lot, transfer), body)
    )
    return _step(transfer.first, order, on="rejected_on")


def _step(row: Row, order: Order, *, on: str = "scheduled_on") -> Step:
    return Step(row, order, {**_COLUMNS, "on": on}, TRANSFERS)


def _refuse(run: Run, transfer: TransferLines, place: int, fault: Fault) -> None:
    """A transfer is refused whole; the line at fault says why, the others that they are of the same transfer."""
    for index, row in enumerate(transfer.rows):
        run.refuse(row, [fault if index == place else _NOT_ALONE], run.summary.tally(TRANSFERS.name))


def _refuse_all(run: Run, transfers: list[TransferLines], fault: Fault) -> None:
    for row in (row for transfer in transfers for row in transfer.rows):
        run.refuse(row, [fault], run.summary.tally(TRANSFERS.name))
