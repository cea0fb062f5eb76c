"""Making a backup while everything runs: one snapshot of the log, then keys and documents, which are never older."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson
import psycopg
from psycopg import Connection, IsolationLevel
from psycopg.rows import DictRow, dict_row

from gateway.backup import programs
from gateway.backup.leaves import digest_of_leaves
from gateway.backup.manifest import KeysManifest, Manifest, files
from gateway.settings import Settings
from gateway.vault.opening import store_of
from ledger.document.events import DocumentDeposited
from ledger.kit.clock import system_clock
from ledger.kit.names import versions_of
from ledger.log.outside import Head, Outside
from ledger.vault.directory import DirectoryStore
from ledger.vault.store import NotStored

LOG: Final = "log.dump"
AUTH: Final = "auth.dump"
KEYS: Final = "keys.dump"
DOCUMENTS: Final = "documents.jsonl"
DESTROYED: Final = "destroyed.txt"
VAULT: Final = "vault"


def save(settings: Settings, target: Path, *, with_documents: bool = True, with_sign_in: bool = True) -> Manifest:
    """The log and the documents' inventory (with their encrypted bytes) into a new directory; notes the head outside.

    `with_sign_in` adds passwords, factors and the security journal, which an archive that is kept for long never holds.
    FileExistsError where `target` holds something. Nobody is kept from working meanwhile.
    """
    _make(target)
    with _reading(settings.database_url) as connection:
        head = Head.of(connection)
        snapshot = connection.execute("select pg_export_snapshot() as name").fetchone()
        name = snapshot["name"] if snapshot else None
        dumps = {"log": LOG, "auth": AUTH} if with_sign_in else {"log": LOG}
        for schema, file in dumps.items():
            programs.dump(settings.database_url, schema, target / file, snapshot=name)
        leaves = digest_of_leaves(connection, head.origin)
        inventory = list(_deposited(connection))
        agrees = not Outside(settings.outside_path).compare(connection).is_alarming
    (target / DOCUMENTS).write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in inventory))
    absent = _copy(settings, target, inventory) if with_documents else ()
    manifest = Manifest(
        origin=head.origin,
        made_at=system_clock(),
        position=head.position,
        leaf=head.leaf,
        leaves=leaves,
        documents=len(inventory),
        documents_copied=with_documents,
        absent=absent,
        files=files(target, (*dumps.values(), DOCUMENTS)),
    )
    manifest.write(target)
    if agrees and head.position:
        Outside(settings.outside_path).note(head)
    return manifest


def save_keys(settings: Settings, target: Path, *, origin: str, position: int) -> KeysManifest:
    """The keys, wrapped as they are stored, into a directory of their own; and the list of those destroyed.

    To be made after the log's: a key commits before its first event, so that every event of the log then finds its own.
    """
    _make(target)
    with _reading(settings.keys_database_url) as connection:
        snapshot = connection.execute("select pg_export_snapshot() as name").fetchone()
        programs.dump(
            settings.keys_database_url, "keys", target / KEYS, snapshot=snapshot["name"] if snapshot else None
        )
        count = connection.execute("select count(*) as n from keys.subject_key").fetchone()
        rows = connection.execute("select subject from keys.subject_key where destroyed_at is not null order by 1")
        destroyed = [str(row["subject"]) for row in rows]
    (target / DESTROYED).write_text("".join(f"{each}\n" for each in destroyed), encoding="ascii")
    manifest = KeysManifest(
        origin=origin,
        made_at=system_clock(),
        position=position,
        keys=count["n"] if count else 0,
        destroyed=len(destroyed),
        files=files(target, (KEYS, DESTROYED)),
    )
    manifest.write(target)
    return manifest


def _reading(url: str) -> Connection[DictRow]:
    """One view of a database for as long as the program that dumps it takes: no time-out of the server's may end it."""
    connection = psycopg.connect(
        url,
        row_factory=dict_row,
        application_name="dossier-ledger backup",
        options="-c idle_in_transaction_session_timeout=0 -c statement_timeout=0",
    )
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    return connection


def _make(target: Path) -> None:
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(target.iterdir()):
        raise FileExistsError(target)
    target.chmod(0o700)


def _deposited(connection: Connection[DictRow]) -> Iterator[dict[str, Any]]:
    with connection.cursor("documents") as cursor:
        cursor.execute(
            "select position, stream_id, payload from log.events where name = any(%s) order by position",
            (versions_of(DocumentDeposited),),
            binary=True,
        )
        for row in cursor:
            data = orjson.loads(row["payload"])
            yield {
                "document_id": str(row["stream_id"]),
                "position": row["position"],
                "stored_bytes": data["stored_bytes"],
                "stored_sha256": data["stored_sha256"],
            }


def _copy(settings: Settings, target: Path, inventory: list[dict[str, Any]]) -> tuple[str, ...]:
    """Copy the encrypted bytes, each checked on its way; the ids of those that are not there, or not as recorded."""
    source, copies = store_of(settings), DirectoryStore(target / VAULT)
    absent = []
    for line in inventory:
        document_id = UUID(line["document_id"])
        try:
            copied = copies.put(document_id, source.get(document_id))
        except NotStored:
            absent.append(line["document_id"])
            continue
        if copied.sha256 != line["stored_sha256"]:
            copies.remove(document_id)
            absent.append(line["document_id"])
    return tuple(absent)
