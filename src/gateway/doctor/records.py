"""The log: gapless, readable by this release, agreeing with what is derived from it and with its outside head."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any, Final

from eventsourcing.persistence import StoredEvent
from psycopg.rows import DictRow
from pydantic import ValidationError

from gateway.doctor.finding import Finding, Patient, Runbook, fail, ok, warn
from gateway.doctor.keys import master_of
from ledger.kit.clock import system_clock
from ledger.kit.keyring import Keyring
from ledger.kit.names import UnknownName, published
from ledger.log import claims as claim_table
from ledger.log.codec import Codec
from ledger.log.outside import Outside, Verdict, read_only_reason
from ledger.log.reader import head
from projections.engine.reading import known_names

LAST: Final = 50_000  # positions that are looked at when not everything is
SAMPLE: Final = 2_000  # of these, payloads that are decoded
SHOWN: Final = 5
_LATE_SECONDS: Final = 60
_VERDICTS: Final = {
    Verdict.BEHIND: "le journal s'arrête avant sa tête notée à l'extérieur",
    Verdict.DIFFERENT: "le journal n'a pas l'événement de sa tête notée à l'extérieur",
    Verdict.UNREADABLE: "la tête notée à l'extérieur est illisible",
}


def clock(patient: Patient) -> Iterator[Finding]:
    """The server's clock against this machine's, and against the last event: it went back where that is ahead."""
    row = patient.connection.execute(
        "select extract(epoch from clock_timestamp())::float8 - %s as apart, "
        "(select extract(epoch from recorded_at - clock_timestamp())::float8 from log.events "
        "order by position desc limit 1) as ahead",
        (system_clock().timestamp(),),
    ).fetchone()
    apart, ahead = (float(row["apart"]), float(row["ahead"] or 0)) if row else (0.0, 0.0)
    if ahead > 1:
        told = f"le dernier événement est daté {ahead:.0f} s dans le futur : l'horloge du serveur a reculé"
        level = fail if ahead > _LATE_SECONDS else warn
        yield level("horloge", told, "Rétablir la synchronisation (NTP) du serveur.", Runbook.CLOCK)
    elif abs(apart) > 2:
        told = f"{abs(apart):.0f} s entre cette machine et le serveur"
        yield warn("horloge", told, "Vérifier la synchronisation (NTP) des deux.", Runbook.CLOCK)
    else:
        yield ok("horloge", "à l'heure")


def read_only(patient: Patient) -> Iterator[Finding]:
    """Both the flag that keeps appends out, and the comparison that would set it at the next start."""
    reason = read_only_reason(patient.connection)
    verdict = Outside(patient.settings.outside_path).compare(patient.connection)
    remedy = "Chercher les événements perdus, puis décider : « dossier-ledger doctor --accept-head »."
    if reason is not None or verdict.is_alarming:
        told = _VERDICTS.get(verdict, f"fermé en écriture ({reason})")
        yield fail("lecture seule", told, remedy, Runbook.LOG_READ_ONLY)
    elif verdict is Verdict.NO_NOTE:
        told = "aucune tête n'est notée à l'extérieur"
        yield warn("lecture seule", told, "Lancer « dossier-ledger work », qui la note.", Runbook.LOG_READ_ONLY)
    else:
        yield ok("lecture seule", "le journal est ouvert et accorde avec sa tête notée à l'extérieur")


def positions(patient: Patient) -> Iterator[Finding]:
    since = _since(patient)
    row = patient.connection.execute(
        "select count(*) as n, coalesce(max(position), 0) as last from log.events where position > %s", (since,)
    ).fetchone()
    missing = (row["last"] - since - row["n"]) if row and row["last"] else 0
    broken = _broken_streams(patient) if patient.thorough else []
    remedy = "Arrêter les écritures et comparer à la dernière sauvegarde."
    if missing:
        told = f"{missing} positions manquent après {since}"
        yield fail("positions", told, remedy, Runbook.LOG_DAMAGED)
    if broken:
        told = f"versions manquantes dans les flux {_some(broken)}"
        yield fail("positions", told, remedy, Runbook.LOG_DAMAGED)
    if not (missing or broken):
        yield ok("positions", f"sans trou jusqu'à {row['last'] if row else 0}{_extent(patient, since)}")


def dossiers(patient: Patient) -> Iterator[Finding]:
    """`event_dossier` says of each event what its own column says, no more and no less."""
    rows = patient.connection.execute(
        """
        with said as (select d as dossier_id, position from log.events, unnest(dossiers) d where position > %(since)s),
             kept as (select dossier_id, position from log.event_dossier where position > %(since)s)
        select position from ((table said except table kept) union (table kept except table said)) apart
        order by 1 limit %(shown)s
        """,
        {"since": _since(patient), "shown": SHOWN},
    ).fetchall()
    if rows:
        told = f"event_dossier n'accorde pas aux positions {_some([row['position'] for row in rows])}"
        yield fail("dossiers", told, "Comparer à la dernière sauvegarde.", Runbook.LOG_DAMAGED)
    else:
        yield ok("dossiers", "chaque événement est rattaché à ses dossiers")


def names(patient: Patient) -> Iterator[Finding]:
    known_names()  # imports every noun's events, so that `published` is whole
    rows = patient.connection.execute(
        "select name, min(position) as first, count(*) as n from log.events "
        "where position > %s and not name = any(%s) group by name order by 2",
        (_since(patient), list(published)),
    ).fetchall()
    for row in rows:
        told = f"« {row['name']} » inconnu de cette version, {row['n']} fois, d'abord à la position {row['first']}"
        remedy = "Déployer la version qui l'a écrit, « work » d'abord : les modèles attendent, rien n'est perdu."
        yield fail("noms d'événements", told, remedy, Runbook.READ_MODEL_STOPPED)
    if not rows:
        yield ok("noms d'événements", "tous connus de cette version")


def payloads(patient: Patient) -> Iterator[Finding]:
    """Whether events still pass their schema: a sample, or all of them."""
    codec, read, broken = Codec(), 0, []
    for row in _events(patient):
        read += 1
        if fault := _fault(codec, row):
            broken.append(f"{row['position']} ({row['name']} : {fault})")
    remedy = "Déployer une version qui lit cette forme, puis « projections retry »."
    if broken:
        told = f"{len(broken)} sur {read} hors de leur schéma, positions {_some(broken)}"
        yield fail("contenus", told, remedy, Runbook.LOG_DAMAGED)
    else:
        yield ok("contenus", f"{read} événements relus")


def claims(patient: Patient) -> Iterator[Finding]:
    """The table of unique values against a replay: only when everything is read."""
    if not patient.thorough:
        return
    with Keyring(patient.settings.keys_database_url, master_of(patient.settings)) as keyring:
        try:
            found = claim_table.compare(patient.database, keyring)
        except (UnknownName, ValidationError):
            remedy = "Lever d'abord les pannes citées plus haut."
            yield fail("valeurs uniques", "le journal ne peut pas être relu", remedy, Runbook.LOG_DAMAGED)
            return
    if found:
        told = f"{len(found.missing)} absentes, {len(found.superfluous)} de trop"
        yield fail("valeurs uniques", told, "Refaire la table depuis le journal.", Runbook.LOG_DAMAGED)
    else:
        yield ok("valeurs uniques", "accordent avec le journal")


def _since(patient: Patient) -> int:
    return 0 if patient.thorough else max(0, head(patient.connection) - LAST)


def _extent(patient: Patient, since: int) -> str:
    return "" if patient.thorough or not since else f" (depuis {since} ; tout : --all)"


def _broken_streams(patient: Patient) -> list[str]:
    rows = patient.connection.execute(
        "select stream_id from log.events group by stream_id "
        "having max(version) - min(version) + 1 <> count(*) limit %s",
        (SHOWN,),
    ).fetchall()
    return [str(row["stream_id"]) for row in rows]


def _events(patient: Patient) -> Iterator[DictRow]:
    """The events to decode: all, or the last ones and some chosen by chance."""
    end = head(patient.connection)
    if patient.thorough:
        for start in range(0, end, SAMPLE):
            yield from _at(patient, list(range(start + 1, min(start + SAMPLE, end) + 1)))
        return
    last = range(max(1, end - SAMPLE // 2 + 1), end + 1)
    before = range(1, last.start)
    chosen = random.sample(before, min(SAMPLE // 2, len(before)))
    yield from _at(patient, [*chosen, *last])


def _at(patient: Patient, wanted: Sequence[int]) -> list[DictRow]:
    return patient.connection.execute(
        "select position, stream_id, version, name, payload from log.events where position = any(%s) order by position",
        (list(wanted),),
        binary=True,
    ).fetchall()


def _fault(codec: Codec, row: DictRow) -> str | None:
    """What is wrong with an event: the fields' names, never their values. An unknown name is another check's."""
    stored = StoredEvent(row["stream_id"], row["version"], row["name"], bytes(row["payload"]))
    try:
        codec.to_domain_event(stored)
    except UnknownName:
        return None
    except ValidationError as error:
        return ", ".join(sorted({str(each["loc"][0]) for each in error.errors(include_input=False) if each["loc"]}))
    except (ValueError, TypeError) as error:
        return type(error).__name__
    return None


def _some(found: Sequence[Any]) -> str:
    shown = ", ".join(str(each) for each in found[:SHOWN])
    return shown + (", …" if len(found) > SHOWN else "")
