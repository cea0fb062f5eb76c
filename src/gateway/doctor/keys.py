"""The keys' database and the master key: reached, of one epoch, the right one. Nothing is made or opened."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
from psycopg.rows import dict_row

from gateway.doctor.finding import Finding, Runbook, fail, ok, warn
from gateway.settings import Settings
from ledger.kit.keyring import MasterKey, MasterKeyFault


def master_of(settings: Settings) -> MasterKey:
    """The deployment's master key, where there is one: looking for it never makes it. MasterKeyFault otherwise."""
    try:
        return MasterKey.from_environment() or MasterKey.from_file(settings.master_key_path)
    except FileNotFoundError:
        raise MasterKeyFault(f"{settings.master_key_path} does not exist") from None


def keys(settings: Settings) -> Iterator[Finding]:
    try:
        master = master_of(settings)
    except MasterKeyFault:
        remedy = "Remettre la clé maîtresse sauvegardée à part (0600) ; n'en créez jamais une autre."
        yield fail("clé maîtresse", "absente, illisible, mal formée ou lisible par d'autres", remedy, Runbook.KEYS)
        return
    try:
        yield from _epochs(settings, master)
    except psycopg.OperationalError:
        remedy = "Vérifier le serveur des clés et KEYS_DATABASE_URL."
        yield fail("clés", "leur base ne répond pas", remedy, Runbook.KEYS)
    except psycopg.Error as error:
        told = f"leur base n'a pas ses tables ({error.sqlstate})"
        yield fail("clés", told, "Lancer « dossier-ledger migrate ».", Runbook.MIGRATIONS)


def _epochs(settings: Settings, master: MasterKey) -> Iterator[Finding]:
    with psycopg.connect(
        settings.keys_database_url, row_factory=dict_row, connect_timeout=5, application_name="dossier-ledger doctor"
    ) as connection:
        rows = connection.execute("select number, fingerprint from keys.epoch").fetchall()
        older = connection.execute(
            "select exists (select from keys.subject_key where epoch < %(mine)s) "
            "or exists (select from keys.secret where epoch < %(mine)s) as some",
            {"mine": master.epoch},
        ).fetchone()
    known = {row["number"]: bytes(row["fingerprint"]) for row in rows}
    if known and known.get(master.epoch) != master.fingerprint:
        told = f"elles ne sont pas sous cette clé maîtresse (époque {master.epoch} ; la base en est à {max(known)})"
        yield fail("clés", told, "Remettre la clé maîtresse de cette époque.", Runbook.KEYS)
    elif known and max(known) > master.epoch:
        told = f"une rotation vers l'époque {max(known)} est en cours ou faite"
        yield warn("clés", told, "Donner la nouvelle clé maîtresse à ce processus.", Runbook.KEYS)
    elif older and older["some"]:
        told = f"certaines sont encore d'une époque d'avant {master.epoch}"
        yield warn("clés", told, "Relancer « dossier-ledger keys rotate ».", Runbook.KEYS)
    else:
        yield ok("clés", f"joignables, époque {master.epoch}")
