"""PostgreSQL itself: reached, of an age, migrated, its roles as made, its connections and locks free."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Final

import psycopg

from gateway.auth import migrations as auth_migrations
from gateway.doctor.finding import Finding, Patient, Runbook, fail, ok, warn
from ledger.log.database import Role
from ledger.log.migrations import scripts

OLDEST: Final = 15
SHORTEST_SECONDS: Final = 10  # of a statement: a group of appends may wait for the lock that long
IDLE_SECONDS: Final = 10
PATIENCE: Final = "60s"  # of one statement of ours, unless everything is read
_EXHAUSTED: Final = ("too many clients", "too many connections", "remaining connection slots")
_TRIGGERS: Final = ("events_append_only", "events_read_only", "event_dossier_append_only")


def unreachable(error: psycopg.OperationalError) -> Finding:
    """Why no connection was had, from libpq's text, which is not repeated: it may hold an address or a login."""
    if any(each in str(error) for each in _EXHAUSTED):
        remedy = "Fermer des connexions ou relever la limite, puis relancer."
        return fail("PostgreSQL", "plus aucune connexion libre", remedy, Runbook.CONNECTIONS)
    remedy = "Vérifier que le serveur tourne et que DATABASE_URL est juste."
    return fail("PostgreSQL", "ne répond pas", remedy, Runbook.DATABASE_DOWN)


def version(patient: Patient) -> Iterator[Finding]:
    number = patient.connection.info.server_version // 10_000
    if number < OLDEST:
        yield fail("PostgreSQL", f"version {number}", f"Passer à {OLDEST} ou plus.", Runbook.MIGRATIONS)
    else:
        yield ok("PostgreSQL", f"version {number}, joignable")


def statement_timeouts(patient: Patient) -> Iterator[Finding]:
    """A time-out that is shorter than the append's own wait refuses orders under load."""
    # Our own first, or what is looked for would cut the looking; `reset_val` is what the session began with.
    patient.connection.execute(f"set statement_timeout = '{0 if patient.thorough else PATIENCE}'".encode())
    shortest = _row(patient, "select reset_val::bigint as ms from pg_settings where name = 'statement_timeout'")["ms"]
    if 0 < shortest < SHORTEST_SECONDS * 1000:
        remedy = f"Retirer statement_timeout de ce compte ou de cette base, ou le porter à {SHORTEST_SECONDS} s."
        yield fail("délais", f"une requête est coupée après {shortest} ms", remedy, Runbook.DATABASE_SLOW)
    else:
        yield ok("délais", "aucune coupure trop courte des requêtes")


def durability(patient: Patient) -> Iterator[Finding]:
    settings = ("fsync", "full_page_writes", "synchronous_commit")
    rows = patient.connection.execute(
        "select name from pg_settings where name = any(%s) and setting in ('off', 'local')", (list(settings),)
    ).fetchall()
    if rows:
        told = f"désactivé : {', '.join(sorted(row['name'] for row in rows))}"
        yield fail("durabilité", told, "Une coupure perdrait ce qui a été confirmé.", Runbook.DURABILITY)
    else:
        yield ok("durabilité", "ce qui est confirmé est sur disque")


def migrations(patient: Patient) -> Iterator[Finding]:
    rows = patient.connection.execute("select name, sha256 from log.migration").fetchall()
    done = {row["name"]: row["sha256"] for row in rows}
    auth = {row["name"] for row in patient.connection.execute("select name from auth.migration").fetchall()}
    known = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in scripts().items()}
    missing = sorted((known.keys() - done.keys()) | (set(auth_migrations.scripts()) - auth))
    changed = sorted(name for name in known.keys() & done.keys() if known[name] != done[name])
    newer = sorted(done.keys() - known.keys())
    if missing:
        told = f"manquent : {', '.join(missing)}"
        yield fail("migrations", told, "Lancer « dossier-ledger migrate ».", Runbook.MIGRATIONS)
    if changed:
        told = f"texte changé depuis leur passage : {', '.join(changed)}"
        yield fail("migrations", told, "Déployer la version qui les a passées.", Runbook.MIGRATIONS)
    if newer:
        told = f"d'une version plus récente : {', '.join(newer)}"
        yield warn("migrations", told, "Déployer cette version ici aussi.", Runbook.MIGRATIONS)
    if not (missing or changed or newer):
        yield ok("migrations", f"{len(done) + len(auth)} passées")


def origin(patient: Patient) -> Iterator[Finding]:
    row = patient.connection.execute("select origin from log.deployment").fetchone()
    found, wanted = row["origin"] if row else None, patient.settings.origin
    if found != wanted:
        told = f"la base est celle de « {found} », ORIGIN dit « {wanted} »"
        yield fail("origine", told, "Corriger ORIGIN ou DATABASE_URL.", Runbook.MIGRATIONS)
    else:
        yield ok("origine", wanted)


def roles(patient: Patient) -> Iterator[Finding]:
    rows = patient.connection.execute(
        "select wanted as name, r.oid is not null as made, "
        "case when r.oid is not null then pg_has_role(current_user, r.oid, 'member') end as ours "
        "from unnest(%s::text[]) wanted left join pg_roles r on r.rolname = wanted",
        ([role.value for role in Role],),
    ).fetchall()
    wrong = [row["name"] for row in rows if not row["ours"]]
    if wrong:
        told = f"absents ou interdits à ce compte : {', '.join(wrong)}"
        yield fail("rôles", told, "Lancer « migrate » avec le propriétaire de la base.", Runbook.MIGRATIONS)
    else:
        yield ok("rôles", f"{len(rows)} en place")


def grants(patient: Patient) -> Iterator[Finding]:
    """Nobody may change the log; whoever reads for portals may not read it at all; its triggers are on."""
    rows = patient.connection.execute(
        "select role, has_table_privilege(role, t, 'update, delete, truncate') as may_change, "
        "has_table_privilege(role, t, 'select') as may_read from unnest(%s::text[]) role, "
        "unnest(array['log.events', 'log.event_dossier']) t",
        ([role.value for role in Role],),
    ).fetchall()
    portals = {Role.GATEWAY.value, Role.STAFF.value}
    wrong = {row["role"] for row in rows if row["may_change"] or (row["may_read"] and row["role"] in portals)}
    enabled = patient.connection.execute(
        "select count(*) as n from pg_trigger where tgname = any(%s) and tgenabled in ('O', 'A')", (list(_TRIGGERS),)
    ).fetchone()
    if wrong:
        told = f"trop étendus sur le journal : {', '.join(sorted(wrong))}"
        yield fail("droits", told, "Les retirer (revoke) aussitôt.", Runbook.LOG_DAMAGED)
    if enabled is None or enabled["n"] != len(_TRIGGERS):
        told = "un déclencheur qui protège le journal est désactivé"
        yield fail("droits", told, "Le réactiver, puis chercher ce qui a changé.", Runbook.LOG_DAMAGED)
    elif not wrong:
        yield ok("droits", "le journal ne peut être ni modifié ni vidé")


def connections(patient: Patient) -> Iterator[Finding]:
    """Against the nearest limit: the server's, the database's, or the login's."""
    row = _row(
        patient,
        """
        select (select count(*) from pg_stat_activity where backend_type = 'client backend') as used,
               current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as most,
               (select count(*) from pg_stat_activity where datname = current_database()) as of_database,
               (select datconnlimit from pg_database where datname = current_database()) as database_most,
               (select count(*) from pg_stat_activity where usename = current_user) as of_login,
               (select rolconnlimit from pg_roles where rolname = current_user) as login_most
        """,
    )
    uses = [
        (row["used"], row["most"]),
        (row["of_database"], row["database_most"]),
        (row["of_login"], row["login_most"]),
    ]
    used, most = max((each for each in uses if each[1] > 0), key=lambda each: each[0] / each[1])
    told = f"{used} sur {most}"
    if used >= 0.8 * most:
        level = fail if used >= most else warn
        remedy = "Chercher qui les garde, ou relever la limite."
        yield level("connexions", told, remedy, Runbook.CONNECTIONS)
    else:
        yield ok("connexions", told)


def locks(patient: Patient) -> Iterator[Finding]:
    """Transactions that were begun and left: they hold locks, and keep vacuum from cleaning."""
    rows = patient.connection.execute(
        """
        select pid, application_name, usename, extract(epoch from now() - state_change)::int as seconds,
               exists (select from pg_stat_activity w where a.pid = any(pg_blocking_pids(w.pid))) as blocks
        from pg_stat_activity a
        where state like 'idle in transaction%%' and pid <> pg_backend_pid() and datname = current_database()
        order by pid
        """
    ).fetchall()
    found = [row for row in rows if row["blocks"] or row["seconds"] >= IDLE_SECONDS]
    for row in found:
        who = f"processus {row['pid']} ({row['application_name'] or row['usename']})"
        told = f"{who} laisse une transaction ouverte depuis {row['seconds']} s"
        remedy = f"L'arrêter : select pg_terminate_backend({row['pid']})."
        level, more = (fail, " et bloque d'autres") if row["blocks"] else (warn, "")
        yield level("verrous", told + more, remedy, Runbook.DATABASE_SLOW)
    if not found:
        yield ok("verrous", "aucune transaction oubliée")


def dead_rows(patient: Patient) -> Iterator[Finding]:
    rows = patient.connection.execute(
        "select schemaname || '.' || relname as name, n_dead_tup as dead, n_live_tup as live from pg_stat_user_tables "
        "where n_dead_tup > 100000 and n_dead_tup > n_live_tup / 2 order by n_dead_tup desc"
    ).fetchall()
    for row in rows:
        told = f"{row['name']} : {row['dead']} lignes mortes pour {row['live']} vivantes"
        yield warn("tables", told, "Voir ce qui retient autovacuum.", Runbook.DATABASE_SLOW)
    if not rows:
        yield ok("tables", "peu de lignes mortes")


def _row(patient: Patient, query: str) -> dict[str, Any]:
    row = patient.connection.execute(query.encode()).fetchone()
    if row is None:
        raise LookupError("a query of one row answered none")
    return row
