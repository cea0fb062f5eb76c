"""A deployment made again from a backup: checked before, checked after, and left where appends go on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import orjson
import psycopg
from psycopg.rows import dict_row

from gateway import service as services
from gateway.backup import programs
from gateway.backup.leaves import digest_of_leaves
from gateway.backup.manifest import BackupDamaged, KeysManifest, Manifest
from gateway.backup.saving import AUTH, DESTROYED, DOCUMENTS, KEYS, LOG, VAULT
from gateway.settings import Settings
from gateway.vault.locks import whole_term
from gateway.vault.opening import store_of
from ledger.kit.clock import system_clock
from ledger.kit.keyring import MasterKey
from ledger.log.claims import repair
from ledger.log.outside import Head, Outside, Verdict, guard
from ledger.vault.directory import DirectoryStore
from ledger.vault.store import AlreadyStored, NotStored, Store
from projections.engine.engine import Engine
from projections.registry import ALL


class RestoreRefused(RuntimeError):
    """The place is not one to restore to. Nothing was changed there."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was made again. `claims_mended` are rows of the table of unique values that the log says otherwise."""

    head: Head
    documents: int
    absent: int
    destroyed_again: int
    claims_mended: int
    verdict: Verdict


def checked(source: Path, keys: Path | None, origin: str) -> Manifest:
    """The manifest of a whole backup of this deployment; BackupDamaged or RestoreRefused otherwise."""
    manifest = Manifest.read(source)
    if manifest.origin != origin:
        raise RestoreRefused(f"la sauvegarde est celle de « {manifest.origin} », ORIGIN dit « {origin} »")
    if keys is not None:
        of_keys = KeysManifest.read(keys)
        if of_keys.origin != origin:
            raise RestoreRefused(f"les clés sont celles de « {of_keys.origin} », ORIGIN dit « {origin} »")
        if of_keys.position < manifest.position:
            raise RestoreRefused("les clés ont été sauvegardées avant le journal : prenez leur sauvegarde suivante")
    return manifest


def restore(settings: Settings, source: Path, *, keys: Path | None = None, destroyed: Path | None = None) -> Restored:
    """Fill the empty databases of `settings` from a backup, fold the read models, and compare with the manifest.

    Without `keys` the keys' database is used as it is: it survived. `destroyed` is a newer list of destroyed keys,
    which are destroyed again. The master key must be there already.
    """
    manifest = checked(source, keys, settings.origin)
    if MasterKey.from_environment() is None and not settings.master_key_path.exists():
        raise RestoreRefused(f"la clé maîtresse manque : remettez-la d'abord dans {settings.master_key_path}")
    services.migrate(settings)
    _refuse_used(settings, keys)
    _load(settings.database_url, "log", source / LOG)
    if AUTH in manifest.files:
        _load(settings.database_url, "auth", source / AUTH)
    if keys is not None:
        _load(settings.keys_database_url, "keys", keys / KEYS)
    services.migrate(settings)
    _compare(settings, manifest)
    _begin_anew(settings, with_policies=AUTH not in manifest.files)
    absent = _documents(settings, source)
    again = 0
    with services.opened(settings) as service:
        for subject in _subjects(keys, destroyed):
            again += not service.keyring.is_destroyed(subject)
            service.keyring.destroy(subject)
        mended = repair(service.database, service.keyring)
        _fold(service)
        outside = Outside(settings.outside_path)
        verdict = guard(service.database, outside)
        if verdict is Verdict.NO_NOTE and manifest.position:
            outside.note(manifest.head)
    mended_rows = len(mended.missing) + len(mended.superfluous)
    return Restored(manifest.head, manifest.documents, absent, again, mended_rows, verdict)


def _refuse_used(settings: Settings, keys: Path | None) -> None:
    with psycopg.connect(settings.database_url) as connection:
        if connection.execute("select 1 from log.events limit 1").fetchone():
            raise RestoreRefused("cette base a déjà un journal : restaurez dans une base vide")
    with psycopg.connect(settings.keys_database_url) as connection:
        has_keys = connection.execute("select 1 from keys.epoch limit 1").fetchone() is not None
    if has_keys and keys is not None:
        raise RestoreRefused("cette base a déjà des clés : gardez-les (sans --keys), ou donnez une base vide")
    if not has_keys and keys is None:
        raise RestoreRefused("aucune clé dans la base des clés : indiquez leur sauvegarde par --keys")


def _load(url: str, schema: str, source: Path) -> None:
    # The schema was just made by the migrations, for the sake of its roles, and seen to be empty.
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"drop schema {schema} cascade".encode())
    programs.load(url, source)


def _begin_anew(settings: Settings, *, with_policies: bool) -> None:
    """Nothing that let somebody in goes on: what was ended since the backup cannot be known. Passwords and factors
    stay. `with_policies`: those that a backup says nothing of begin at the head, lest everybody be written to again.
    """
    with psycopg.connect(settings.database_url) as connection:
        connection.execute("update auth.session set ended_at = now(), ended_why = 'restored' where ended_at is null")
        connection.execute("update auth.token set revoked_at = now() where revoked_at is null")
        connection.execute("update auth.link set void_at = now() where used_at is null and void_at is null")
        # What was on its way then may be a document since, which this log does not know: it is not to be swept.
        connection.execute("delete from auth.deposit")
        if with_policies:
            connection.execute("update auth.policy set position = (select coalesce(max(position), 0) from log.events)")


def _compare(settings: Settings, manifest: Manifest) -> None:
    with psycopg.connect(settings.database_url, row_factory=dict_row) as connection:
        head = Head.of(connection)
        if head != manifest.head or digest_of_leaves(connection, head.origin) != manifest.leaves:
            raise BackupDamaged("le journal restauré n'est pas celui qui a été sauvegardé")


def _documents(settings: Settings, source: Path) -> int:
    """Put the encrypted bytes back, each checked against the inventory; how many are not there."""
    store = store_of(settings)
    # A backup without documents may lie on a medium that nothing can be made on.
    copies: Store = DirectoryStore(source / VAULT) if (source / VAULT).is_dir() else store
    absent = 0
    for line in (source / DOCUMENTS).read_bytes().splitlines():
        entry = orjson.loads(line)
        document_id = UUID(entry["document_id"])
        try:
            if not store.exists(document_id):
                restored = store.put(document_id, copies.get(document_id))
                if restored.sha256 != entry["stored_sha256"]:
                    store.remove(document_id)
                    absent += 1
                    continue
            store.protect(document_id, whole_term(settings, system_clock()))
        except NotStored:
            absent += 1
        except AlreadyStored:
            continue
    return absent


def _subjects(keys: Path | None, destroyed: Path | None) -> Iterator[UUID]:
    for path in (keys / DESTROYED if keys else None, destroyed):
        if path is not None:
            yield from (UUID(line) for line in path.read_text(encoding="ascii").split())


def _fold(service: services.Service) -> None:
    with Engine(service.database, service.keyring, ALL, batch=20_000) as engine:
        engine.catch_up()
