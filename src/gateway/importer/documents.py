"""Documents (avis de virement, accords): a manifest beside the files. The bytes go to the vault first, then the event.

Killed in between, an import leaves bytes in the vault that no event names; the next one deposits the file anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from io import BufferedReader
from itertools import islice
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from eventsourcing.persistence import StoredEvent
from pydantic import ValidationError

from gateway.importer.kinds import DOCUMENTS
from gateway.importer.plan import Values, faults, keyed, named_streams
from gateway.importer.references import Name
from gateway.importer.rows import DamagedRow, Row, rows
from gateway.importer.run import Run, Step
from gateway.importer.sources import Source
from ledger.application import IdempotencyKey, Order
from ledger.document.aggregate import subject_of
from ledger.document.commands import RecordDeposit
from ledger.document.events import Category
from ledger.kit.errors import Invalid, Refusal
from ledger.kit.ids import uuid7
from ledger.kit.keyring import Keyring
from ledger.unit_of_work import Foreseen
from ledger.vault.inspection import media_type
from ledger.vault.vault import Vault

LIMIT_BYTES: Final = 50 * 1024 * 1024
"""The largest file that is taken."""

_BATCH: Final = 200
_AT_ONCE: Final = 8
_COLUMNS: Final = {
    "dossier_ids": "dossier_numbers",
    "establishment_id": "siret",
    "transfer_id": "lot",
    "on": "deposited_on",
}
_MISSING: Final = "Le fichier est introuvable à côté du manifeste, ou illisible."


@dataclass(slots=True)
class _Candidate:
    """A line on its way: what it belongs to, then its key, then the id of its bytes, or why it is refused."""

    row: Row
    path: Path
    belongings: dict[str, Any]
    key: IdempotencyKey | None = None
    id: UUID = field(default_factory=uuid7)
    there: bool = False
    command: RecordDeposit | None = None
    error: Refusal | ValidationError | None = None


class DocumentImport:
    """Imports manifests into one vault."""

    def __init__(self, run: Run, keyring: Keyring, vault: Vault) -> None:
        self._run = run
        self._keyring = keyring
        self._vault = vault
        self._lots: dict[UUID, dict[UUID, UUID]] = {}

    def __call__(self, source: Source) -> None:
        lines = rows(source)
        # Each file is synced to the disk before its event is recorded: several wait for the disk together.
        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
            while batch := list(islice(lines, _BATCH)):
                self._import_batch(pool, source, batch)

    def _import_batch(self, pool: ThreadPoolExecutor, source: Source, batch: list[Row | DamagedRow]) -> None:
        tally = self._run.summary.tally(DOCUMENTS.name)
        for row in batch:
            if isinstance(row, DamagedRow):
                self._run.refuse_damaged(row, tally)
        readable = [row for row in batch if isinstance(row, Row)]
        self._run.references.look_up(name for row in readable for name in _names(row.values))
        self._load_lots(readable)
        candidates = [each for row in readable if (each := self._candidate(source, row)) is not None]
        list(pool.map(self._recognise, candidates))
        _mark_repeats(candidates)
        new = [each for each in candidates if not each.there and each.error is None]
        # What is deposited and named is sealed under these keys: one commit makes them all.
        self._keyring.ensure([*(each.id for each in new), *_subjects(new)])
        list(pool.map(self._deposit, new))
        self._settle(candidates)
        self._run.follower.advance(len(readable))

    def _candidate(self, source: Source, row: Row) -> _Candidate | None:
        try:
            return _Candidate(row, _path(source, row.values["file"]), self._belongings(row.values))
        except Refusal as refusal:
            self._refuse(row, refusal)
            return None

    def _recognise(self, candidate: _Candidate) -> None:
        """Whether the same bytes, said to be the same, are there already."""
        try:
            candidate.key = _key(candidate.row.values, candidate.path)
            candidate.there = self._run.ledger.outcome_of(candidate.key) is not None
        except Refusal as refusal:
            candidate.error = refusal

    def _deposit(self, candidate: _Candidate) -> None:
        values = candidate.row.values
        try:
            with _open(candidate.path) as file:
                kind = media_type(file)
                deposited = self._vault.deposit(candidate.id, file, limit_bytes=LIMIT_BYTES)
            candidate.command = RecordDeposit(
                document_id=candidate.id,
                category=values["category"],
                name=values["name"],
                media_type=kind,
                on=values["deposited_on"],
                **deposited._asdict(),
                **candidate.belongings,
            )
        except (Refusal, ValidationError) as error:
            candidate.error = error

    def _settle(self, candidates: list[_Candidate]) -> None:
        """Record what was deposited; count and report the rest."""
        tally = self._run.summary.tally(DOCUMENTS.name)
        steps: list[Step] = []
        stored: list[UUID] = []
        for each in candidates:
            if each.error is not None:
                self._refuse(each.row, each.error)
            elif each.command is None:
                tally.read += 1
                tally.already_there += 1
            else:
                order = Order(each.command, each.key, Foreseen(named_streams(each.command)))
                steps.append(Step(each.row, order, _COLUMNS, DOCUMENTS))
                stored.append(each.id)
        for id_, answer in zip(stored, self._run.take(steps, DOCUMENTS.name), strict=True):
            # Another import may have recorded the same line since it was looked for: its bytes are there twice.
            if isinstance(answer, Refusal) or answer.resource_id != id_:
                self._vault.discard(id_)

    def _refuse(self, row: Row, error: Refusal | ValidationError) -> None:
        tally = self._run.summary.tally(DOCUMENTS.name)
        tally.read += 1
        self._run.refuse(row, faults(error, DOCUMENTS, _COLUMNS), tally)

    def _belongings(self, values: Values) -> dict[str, Any]:
        references, siret = self._run.references, values["siret"]
        if siret is None and values["category"] is Category.REMITTANCE_ADVICE:
            raise Invalid(field="siret", rule="Un avis de virement est celui d'un établissement.")
        numbers = values["dossier_numbers"] or ()
        if siret is None and not numbers:
            raise Invalid(field="siret", rule="Un document appartient à un établissement ou à un dossier.")
        establishment_id = references("siret", siret, field="siret") if siret else None
        return {
            "dossier_ids": tuple(references("dossier-number", each, field="dossier_numbers") for each in numbers),
            "establishment_id": establishment_id,
            "transfer_id": self._transfer(values["lot"], establishment_id),
        }

    def _transfer(self, reference: str | None, establishment_id: UUID | None) -> UUID | None:
        if reference is None:
            return None
        lot_id = self._run.references("lot", reference, field="lot")
        transfers = self._lots.get(lot_id, {})
        if establishment_id is None or establishment_id not in transfers:
            raise Invalid(field="lot", rule="Cet établissement n'a pas de virement dans ce lot.")
        return transfers[establishment_id]

    def _load_lots(self, batch: list[Row]) -> None:
        """The transfers by beneficiary of the lots of a batch, and of no other: the avis of a lot stand together."""
        names = {row.values["lot"] for row in batch} - {None}
        wanted = {lot_id for name in names if (lot_id := self._run.references.find("lot", name)) is not None}
        self._lots = {lot_id: self._lots[lot_id] for lot_id in wanted & self._lots.keys()}
        missing = list(wanted - self._lots.keys())
        for lot_id, events in self._run.ledger.log_recorder.select_streams(missing).items():
            self._lots[lot_id] = self._transfers_of_lot(events)

    def _transfers_of_lot(self, events: list[StoredEvent]) -> dict[UUID, UUID]:
        lot: Any = None
        for stored in events:
            lot = self._run.ledger.codec.to_domain_event(stored).mutate(lot)
        return {beneficiary: transfer for transfer, beneficiary in lot.beneficiaries.items()}


def _names(values: Values) -> Iterator[Name]:
    if values["siret"]:
        yield "siret", values["siret"]
    if values["lot"]:
        yield "lot", values["lot"]
    yield from (("dossier-number", number) for number in values["dossier_numbers"] or ())


def _mark_repeats(candidates: list[_Candidate]) -> None:
    """A line that repeats another of its batch is there already, once that one is."""
    seen: set[str] = set()
    for each in candidates:
        if each.key is not None:
            each.there = each.there or each.key.key in seen
            seen.add(each.key.key)


def _subjects(candidates: list[_Candidate]) -> Iterator[UUID]:
    """Under whose keys the names are sealed."""
    for each in candidates:
        yield subject_of(each.belongings["dossier_ids"], each.belongings["establishment_id"])


def _path(source: Source, name: str) -> Path:
    """The file beside the manifest; a link that leads elsewhere is not followed."""
    directory = source.path.parent.resolve()
    try:
        path = (directory / name).resolve(strict=True)
    except OSError:
        path = None
    if path is None or not path.is_relative_to(directory) or not path.is_file():
        raise Invalid(field="file", rule=_MISSING)
    return path


def _open(path: Path) -> BufferedReader:
    try:
        return path.open("rb")
    except OSError:
        raise Invalid(field="file", rule=_MISSING) from None


def _key(values: Values, path: Path) -> IdempotencyKey:
    """What makes two documents the same one: what is said of them, and their bytes.

    Not the file's path, which a later manifest may use again; and not the name alone, since an establishment holds
    avis of one lot with the same name on several dates (row O42). Only its HMAC is kept.
    """
    with _open(path) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    said = {name: value for name, value in values.items() if name != "file"}
    key = keyed(DOCUMENTS.name, "", {**said, "sha256": digest})
    return IdempotencyKey(account_id=None, route=key.route, key=key.body.decode(), body=key.body)
