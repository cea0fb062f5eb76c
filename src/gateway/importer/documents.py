"""Documents (avis de virement, accords): a manifest beside the files. The bytes go to the vault first, then the event.

Killed in between, an import leaves bytes in the vault that no event names; the next one deposits the file anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from io import BufferedReader
from itertools import islice
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError

from gateway.importer.kinds import DOCUMENTS
from gateway.importer.plan import Values, faults, keyed
from gateway.importer.references import Name
from gateway.importer.rows import DamagedRow, Row, rows
from gateway.importer.run import Run, Step
from gateway.importer.sources import Source
from ledger.application import IdempotencyKey, Order
from ledger.document.commands import RecordDeposit
from ledger.document.events import Category
from ledger.kit.errors import Invalid, Refusal
from ledger.kit.ids import uuid7
from ledger.transfer.lot import Lot
from ledger.vault.inspection import media_type
from ledger.vault.vault import Vault

LIMIT_BYTES: Final = 50_000_000
"""The largest file that is taken."""

_BATCH: Final = 100
_COLUMNS: Final = {
    "dossier_ids": "dossier_numbers",
    "establishment_id": "siret",
    "transfer_id": "lot",
    "on": "deposited_on",
}
_MISSING: Final = "Le fichier est introuvable à côté du manifeste, ou illisible."


class DocumentImport:
    """Imports manifests into one vault."""

    def __init__(self, run: Run, vault: Vault) -> None:
        self._run = run
        self._vault = vault
        # The avis of a lot stand together in the manifest: two lots in memory are enough.
        self._lot = lru_cache(maxsize=2)(self._transfers_of_lot)

    def __call__(self, source: Source) -> None:
        lines = rows(source)
        while batch := list(islice(lines, _BATCH)):
            self._import_batch(source, batch)

    def _import_batch(self, source: Source, batch: list[Row | DamagedRow]) -> None:
        tally = self._run.summary.tally(DOCUMENTS.name)
        for row in batch:
            if isinstance(row, DamagedRow):
                self._run.refuse_damaged(row, tally)
        readable = [row for row in batch if isinstance(row, Row)]
        self._run.references.look_up(name for row in readable for name in _names(row.values))
        steps, keys = [], set[str]()
        for row in readable:
            step = self._step(source, row, keys)
            if isinstance(step, Step):
                steps.append(step)
        self._run.take(steps, DOCUMENTS.name)
        self._run.follower.advance(len(readable))

    def _step(self, source: Source, row: Row, keys: set[str]) -> Step | None:
        """The order for a line whose bytes are in the vault; None where the line is refused, or there already."""
        tally = self._run.summary.tally(DOCUMENTS.name)
        try:
            belongings = self._belongings(row.values)
            with _open(source, row.values["file"]) as file:
                key = _key(row.values, file)
                if key.key in keys or self._run.ledger.outcome_of(key) is not None:
                    tally.read += 1
                    tally.already_there += 1
                    return None
                keys.add(key.key)
                command = self._deposit(row.values, file, belongings)
        except (Refusal, ValidationError) as error:
            tally.read += 1
            self._run.refuse(row, faults(error, DOCUMENTS, _COLUMNS), tally)
            return None
        return Step(row, Order(command, key), _COLUMNS, DOCUMENTS)

    def _deposit(self, values: Values, file: BufferedReader, belongings: dict[str, Any]) -> RecordDeposit:
        kind = media_type(file)
        document_id = uuid7()
        deposited = self._vault.deposit(document_id, file, limit_bytes=LIMIT_BYTES)
        return RecordDeposit(
            document_id=document_id,
            category=values["category"],
            name=values["name"],
            media_type=kind,
            on=values["deposited_on"],
            **deposited._asdict(),
            **belongings,
        )

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
        transfer_id = self._lot(lot_id).get(establishment_id)
        if transfer_id is None:
            raise Invalid(field="lot", rule="Cet établissement n'a pas de virement dans ce lot.")
        return transfer_id

    def _transfers_of_lot(self, lot_id: UUID) -> dict[UUID | None, UUID]:
        lot: Lot = self._run.ledger.repository.get(lot_id)
        return {beneficiary: transfer for transfer, beneficiary in lot.beneficiaries.items()}


def _names(values: Values) -> Iterator[Name]:
    if values["siret"]:
        yield "siret", values["siret"]
    if values["lot"]:
        yield "lot", values["lot"]
    yield from (("dossier-number", number) for number in values["dossier_numbers"] or ())


def _open(source: Source, name: str) -> BufferedReader:
    directory = source.path.parent.resolve()
    try:
        path = (directory / name).resolve(strict=True)
        if path.is_relative_to(directory) and path.is_file():
            return Path(path).open("rb")
    except OSError:
        pass
    raise Invalid(field="file", rule=_MISSING)


def _key(values: Values, file: BufferedReader) -> IdempotencyKey:
    """What makes two documents the same one: what is said of them, and their bytes.

    Not the file's path, which a later manifest may use again; and not the name alone, since an establishment holds
    avis of one lot with the same name on several dates (row O42). Only its HMAC is kept.
    """
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    said = {name: value for name, value in values.items() if name != "file"}
    key = keyed(DOCUMENTS.name, "", {**said, "sha256": digest})
    return IdempotencyKey(account_id=None, route=key.route, key=key.body.decode(), body=key.body)
