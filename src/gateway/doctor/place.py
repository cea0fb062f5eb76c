"""The machine: room on its disks, a vault that can be written to, documents that are there."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from uuid import UUID

import orjson

from gateway.doctor.finding import Finding, Patient, Runbook, fail, ok, warn
from gateway.settings import Settings
from gateway.vault import words
from gateway.vault.opening import store_of
from ledger.document.events import DocumentDeposited
from ledger.kit.names import versions_of
from ledger.log.reader import head
from ledger.vault.store import NotStored, Store, StoreUnavailable, VaultFault

LEAST_BYTES: Final = 1024**3
_LAST: Final = 50_000
_LEFT_DAYS: Final = 3
_MADE: Final = "select to_regclass('auth.deposit') is not null as made"
_LEFT: Final = """
select count(*) as left, coalesce(extract(epoch from now() - min(begun_at)) / 86400, 0)::float8 as days
  from auth.deposit where begun_at < now() - make_interval(days => %s)
"""


def room(settings: Settings) -> Iterator[Finding]:
    place = _nearest(settings.data_dir)
    usage = shutil.disk_usage(place)
    told = f"{usage.free / 1024**3:.1f} Gio libres sous DATA_DIR ({usage.free / usage.total:.0%})"
    remedy = "Libérer ou ajouter de la place avant que plus rien ne puisse être déposé."
    if usage.free < LEAST_BYTES or usage.free < 0.02 * usage.total:
        yield fail("disque", told, remedy, Runbook.DISK)
    elif usage.free < 0.1 * usage.total:
        yield warn("disque", told, remedy, Runbook.DISK)
    else:
        yield ok("disque", told)


def vault(settings: Settings) -> Iterator[Finding]:
    """A file is written, made durable and removed, in the directory where deposits are received; and what a bucket must
    be able to do is tried.
    """
    if settings.vault.s3 is not None:
        yield from _bucket(settings)
    incoming = _nearest(settings.vault_dir / "incoming")
    try:
        with tempfile.NamedTemporaryFile(dir=incoming, prefix="doctor-") as file:
            file.write(b"\0" * 4096)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        told = f"rien ne peut y être écrit ({error.strerror})"
        yield fail("coffre", told, "Rétablir les droits ou la place de DATA_DIR/vault.", Runbook.VAULT)
    else:
        yield ok("coffre", "on peut y écrire")


def _bucket(settings: Settings) -> Iterator[Finding]:
    try:
        store_of(settings).prove()
    except VaultFault as fault:
        remedy = "Rétablir le stockage S3, ou ses réglages : rien ne peut être déposé sans lui."
        yield fail("stockage S3", words.told(fault), remedy, Runbook.VAULT)
    else:
        locked = settings.vault.s3 is not None and settings.vault.s3.lock
        yield ok("stockage S3", "versions et verrous éprouvés" if locked else "versions éprouvées, sans verrou")


def deposits(patient: Patient) -> Iterator[Finding]:
    """Whether what deposits that were cut have left is swept: hourly, at the latest when a lock of two days ends."""
    row = patient.connection.execute(_MADE).fetchone()
    if row is None or not row["made"]:
        return  # the migrations' check tells
    row = patient.connection.execute(_LEFT, (_LEFT_DAYS,)).fetchone() or {"left": 0, "days": 0.0}
    if row["left"]:
        told = (
            f"{row['left']} dépôt(s) interrompu(s) depuis plus de {_LEFT_DAYS} jours, dont un depuis {row['days']:.0f}"
        )
        yield warn("dépôts", told, "Voir si un « work » tourne, puis lancer « vault sweep ».", Runbook.VAULT)
    else:
        yield ok("dépôts", "aucun n'est resté en route")


def documents(patient: Patient) -> Iterator[Finding]:
    """Whether the bytes of the last deposits (or of all) are there, of the size recorded; `vault verify` reads them."""
    since = 0 if patient.thorough else max(0, head(patient.connection) - _LAST)
    rows = patient.connection.execute(
        "select stream_id, payload from log.events where position > %s and name = any(%s) order by position",
        (since, versions_of(DocumentDeposited)),
        binary=True,
    ).fetchall()
    store = store_of(patient.settings)
    try:
        wrong = [each["stream_id"] for each in rows if not _is_there(store, each["stream_id"], each["payload"])]
    except StoreUnavailable as fault:
        yield fail("documents", f"contrôle impossible ({words.told(fault)})", "Rétablir le stockage.", Runbook.VAULT)
        return
    if wrong:
        told = f"{len(wrong)} sur {len(rows)} absents ou d'une autre taille, dont {wrong[0]}"
        yield fail("documents", told, "Les reprendre de la dernière sauvegarde.", Runbook.VAULT)
    else:
        yield ok("documents", f"{len(rows)} présents")


def _is_there(store: Store, document_id: UUID, deposited: bytes) -> bool:
    try:
        return store.stat(document_id) == int(orjson.loads(deposited)["stored_bytes"])
    except (NotStored, KeyError):
        return False


def _nearest(place: Path) -> Path:
    """The directory, or what there is above it: looking makes nothing."""
    place = place.absolute()
    return next(each for each in (place, *place.parents) if each.is_dir())
