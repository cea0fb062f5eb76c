"""Past transfers: lots are opened, filled, released with their control totals, then paid or sent back.

Several lots go through each step together: weekly lots are small in a small fund, and each step is one commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

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
from ledger.unit_of_work import Foreseen

TALLY: Final = "payments"
"""What became of the lots, counted apart from the lines: releases, payments, rejects."""

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


def import_transfers(run: Run, sources: Sequence[Source]) -> None:
    """Import the files of transfers; lots across files are told apart, hence all at once."""
    found = survey(sources)
    tally = run.summary.tally(TRANSFERS.name)
    for source in sources:
        run.follower.begin(source.path.name, source.lines)
        for window in _windows(lots(_readable(run, source))):
            for lot in window:
                tally.read += lot.line_count
                lot.whole = lot.reference not in found.spoilt
                if lot.reference in found.scattered:
                    _refuse_all(run, lot, _SCATTERED)
            _import_window(run, [lot for lot in window if lot.reference not in found.scattered])
            run.follower.advance(sum(lot.line_count for lot in window))


def _readable(run: Run, source: Source) -> Iterator[Row]:
    for row in rows(source):
        if isinstance(row, DamagedRow):
            run.refuse_damaged(row, run.summary.tally(TRANSFERS.name))
        else:
            yield row


def _windows(every: Iterable[LotLines]) -> Iterator[list[LotLines]]:
    """Lots to take through the steps together. One that pays again what an earlier one had sent back comes after it."""
    window: list[LotLines] = []
    invoices: set[str] = set()
    for lot in every:
        named = {_line_key(row) for transfer in lot.transfers for row in transfer.rows}
        if window and (len(invoices) + len(named) > 2 * BATCH or invoices & named):
            yield window
            window, invoices = [], set()
        window.append(lot)
        invoices |= named
    if window:
        yield window


def _import_window(run: Run, window: list[LotLines]) -> None:
    opened = run.execute([_opening(lot) for lot in window])
    for lot, answer in zip(window, opened, strict=True):
        if isinstance(answer, Refusal):
            _refuse_all(run, lot, faults(answer, TRANSFERS, _COLUMNS)[0])
        else:
            lot.id = answer.resource_id
    _prepare(run, [(lot, transfer) for lot in window if lot.id is not None for transfer in lot.transfers])
    _release_and_pay(run, [lot for lot in window if lot.id is not None and _is_ready(run, lot)])


def _opening(lot: LotLines) -> Order:
    key = keyed("transfers:lot", lot.reference, {"scheduled_on": lot.scheduled_on})
    foreseen = Foreseen(names=(("lot", lot.reference),))
    return Order(OpenLot(reference=lot.reference, scheduled_on=lot.scheduled_on), key, foreseen)


def _is_ready(run: Run, lot: LotLines) -> bool:
    """A lot is released when all of it is there, and the bank has answered. One with a refused line is held."""
    if not lot.whole or any(transfer.id is None for transfer in lot.transfers):
        run.summary.held_lots.append(lot.reference)
        run.report.refused(lot.source, lot.first.line, [_HELD])
        return False
    return any(transfer.answered for transfer in lot.transfers)


def _prepare(run: Run, transfers: list[tuple[LotLines, TransferLines]]) -> None:
    """Record the transfers, some hundreds of lines at a time."""
    batch: list[tuple[LotLines, TransferLines]] = []
    lines = 0
    for each in transfers:
        batch.append(each)
        lines += len(each[1].rows)
        if lines >= BATCH:
            _prepare_batch(run, batch)
            batch, lines = [], 0
    _prepare_batch(run, batch)


def _prepare_batch(run: Run, batch: list[tuple[LotLines, TransferLines]]) -> None:
    _look_up(run, [transfer for _, transfer in batch])
    ordered: list[tuple[TransferLines, Order]] = []
    for lot, transfer in batch:
        order = _preparation(run, lot, transfer)
        if isinstance(order, Order):
            ordered.append((transfer, order))
        else:
            _refuse(run, transfer, *order)
    answers = run.execute([order for _, order in ordered])
    for (transfer, _), answer in zip(ordered, answers, strict=True):
        if isinstance(answer, Outcome):
            transfer.id = answer.resource_id
            run.summary.tally(TRANSFERS.name).accept(answer, len(transfer.rows))
        else:
            _refuse(run, transfer, getattr(answer, "line", 0), faults(answer, TRANSFERS, _COLUMNS)[0])


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


def _preparation(run: Run, lot: LotLines, transfer: TransferLines) -> Order | tuple[int, Fault]:
    """The order for a transfer; or the place of the line at fault, and why."""
    if transfer.fault is not None:
        return transfer.fault
    place, values, references = 0, transfer.first.values, run.references
    try:
        beneficiary_id = references("siret", transfer.siret, field="beneficiary_siret")
        lines, streams = [], [beneficiary_id]
        for place, row in enumerate(transfer.rows):  # noqa: B007 - where a refusal stopped the loop is wanted after it
            dossier_id = references("dossier-number", row.values["dossier_number"], field="dossier_number")
            name = _invoice_name(run, row.values) or ""
            invoice_id = references("invoice", name, field="invoice_reference")
            lines.append(PastLine(invoice_id=invoice_id, amount_cents=row.values["amount"]))
            streams += (invoice_id, dossier_id)
        command = RecordPastTransfer(
            lot_id=lot.known_id,
            beneficiary_establishment_id=beneficiary_id,
            lines=tuple(lines),
            paid_iban=values["iban"],
            paid_bic=values["bic"],
        )
    except (Refusal, ValidationError) as error:
        return place, faults(error, TRANSFERS, _COLUMNS)[0]
    transfer.streams = tuple(streams)
    body = {"iban": values["iban"], "bic": values["bic"], "lines": sorted(map(_line_body, transfer.rows))}
    return Order(command, keyed("transfers", _key(lot, transfer), body), Foreseen((lot.known_id, *streams)))


def _line_key(row: Row) -> str:
    values = row.values
    return invoice_key(values["beneficiary_siret"], values["invoice_reference"], values["dossier_number"], values)


def _line_body(row: Row) -> tuple[str, int]:
    return _line_key(row), row.values["amount"]


def _key(lot: LotLines, transfer: TransferLines) -> str:
    return f"{lot.reference}\n{transfer.siret}"


def _release_and_pay(run: Run, ready: list[LotLines]) -> None:
    released = run.take([_release(lot) for lot in ready], TALLY)
    answers = [
        _answer(lot, transfer)
        for lot, answer in zip(ready, released, strict=True)
        if isinstance(answer, Outcome)
        for transfer in lot.transfers
        if transfer.answered
    ]
    for start in range(0, len(answers), BATCH):
        run.take(answers[start : start + BATCH], TALLY)


def _release(lot: LotLines) -> Step:
    totals = {"transfer_count": len(lot.transfers), "total_cents": sum(each.total_cents for each in lot.transfers)}
    command = ReleaseLot(lot_id=lot.known_id, on=lot.scheduled_on, **totals)
    order = Order(command, keyed("transfers:release", lot.reference, totals), Foreseen((lot.known_id,)))
    return Step(lot.first, order, {**_COLUMNS, "on": "scheduled_on"}, TRANSFERS)


def _answer(lot: LotLines, transfer: TransferLines) -> Step:
    values = transfer.first.values
    foreseen = Foreseen((lot.known_id, transfer.known_id, *transfer.streams))
    if values["paid_on"] is not None:
        body = {"on": values["paid_on"]}
        paid = PayTransfer(transfer_id=transfer.known_id, **body)
        order = Order(paid, keyed("transfers:paid", _key(lot, transfer), body), foreseen)
        return Step(transfer.first, order, {**_COLUMNS, "on": "paid_on"}, TRANSFERS)
    body = {"on": values["rejected_on"], "reason": values["reject_reason"]}
    rejected = RejectTransfer(transfer_id=transfer.known_id, **body)
    order = Order(rejected, keyed("transfers:rejected", _key(lot, transfer), body), foreseen)
    return Step(transfer.first, order, {**_COLUMNS, "on": "rejected_on"}, TRANSFERS)


def _refuse(run: Run, transfer: TransferLines, place: int, fault: Fault) -> None:
    """A transfer is refused whole; the line at fault says why, the others that they are of the same transfer."""
    for index, row in enumerate(transfer.rows):
        run.refuse(row, [fault if index == place else _NOT_ALONE], run.summary.tally(TRANSFERS.name))


def _refuse_all(run: Run, lot: LotLines, fault: Fault) -> None:
    for row in (row for transfer in lot.transfers for row in transfer.rows):
        run.refuse(row, [fault], run.summary.tally(TRANSFERS.name))
