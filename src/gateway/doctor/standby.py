"""A synchronous standby that is not there: every order waits for it, and none is refused or lost."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.doctor.finding import Finding, Patient, Runbook, fail, ok

_LOOK = """
select current_setting('synchronous_standby_names') as names,
       (select count(*) from pg_stat_replication) as followers,
       (select count(*) from pg_stat_activity where wait_event = 'SyncRep') as waiting
"""


def synchronous(patient: Patient) -> Iterator[Finding]:
    """A server that was promoted has often inherited the names of standbys that nobody is any more."""
    row = patient.connection.execute(_LOOK).fetchone()
    if row is None or not row["names"]:
        yield ok("secours", "aucun secours synchrone n'est attendu")
    elif row["followers"] == 0 or row["waiting"] > 0:
        told = f"{row['waiting']} validations attendent un secours synchrone ; {row['followers']} serveurs suivent"
        remedy = "Rendre le secours, ou vider synchronous_standby_names."
        yield fail("secours", told, remedy, Runbook.STANDBY)
    else:
        yield ok("secours", "chaque validation attend un secours synchrone, qui répond")
