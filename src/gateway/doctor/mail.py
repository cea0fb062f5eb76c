"""Mail: whether what waits goes, and whether what should cause it follows the log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.doctor.finding import Finding, Patient, Runbook, ok, warn

LATE_SECONDS: Final = 1800.0
BEHIND: Final = 20_000
_MADE: Final = "select to_regclass('auth.mail') is not null and to_regclass('auth.policy') is not null as made"
_WAITING: Final = """
select count(*) as waiting, coalesce(extract(epoch from now() - min(made_at)), 0)::float8 as oldest
  from auth.mail where sent_at is null and gave_up_at is null
"""
_POLICIES: Final = """
select name, (select coalesce(max(position), 0) from log.events) - position as behind
  from auth.policy where name <> '' order by name
"""


def mail(patient: Patient) -> Iterator[Finding]:
    row = patient.connection.execute(_MADE).fetchone()
    if row is None or not row["made"]:
        return  # the migrations' check tells
    found = [*_waiting(patient), *_policies(patient)]
    yield from found or [ok("courriels", "rien n'attend depuis longtemps")]


def _waiting(patient: Patient) -> Iterator[Finding]:
    row = patient.connection.execute(_WAITING).fetchone() or {"waiting": 0, "oldest": 0.0}
    settings = patient.settings
    if row["waiting"] and settings.smtp is None and settings.mail_dir is None:
        yield warn("courriels", f"{row['waiting']} en attente, et rien ne les envoie", "Régler SMTP_URL.", Runbook.MAIL)
    elif row["oldest"] > LATE_SECONDS:
        told = f"{row['waiting']} en attente, le plus ancien depuis {row['oldest'] / 60:.0f} minutes"
        yield warn("courriels", told, "Voir « mail status », et si un « work » tourne.", Runbook.MAIL)


def _policies(patient: Patient) -> Iterator[Finding]:
    for policy in patient.connection.execute(_POLICIES):
        if policy["behind"] > BEHIND:
            told = f"{policy['behind']} événements de retard"
            yield warn(f"politique « {policy['name']} »", told, "Voir le journal de « work ».", Runbook.MAIL)
