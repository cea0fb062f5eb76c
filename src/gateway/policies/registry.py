"""The policies that `dossier-ledger work` runs. A policy of another package adds its line here."""

from __future__ import annotations

from gateway.auth.ending import Endings
from gateway.journal.following import Journal
from gateway.mail.creation import CreationMails
from gateway.policies.policy import Policy
from gateway.service import Service
from gateway.vault.locks import locks
from gateway.vault.scans import Scans


def policies(service: Service) -> tuple[Policy, ...]:
    """One of each, in the order in which they follow the log."""
    return (CreationMails(service), Endings(), Journal(), Scans(), *locks(service))
