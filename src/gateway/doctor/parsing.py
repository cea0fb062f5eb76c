"""Parsing what comes in: whether a child process answers about a file, and whether the kernel's filter holds it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Final

from gateway.doctor.finding import Finding, Runbook, fail, ok, warn
from gateway.generator.pdf import one_page
from ledger.vault.isolated.running import MEMORY_MIB, SECONDS, Nursery, Unexamined, ask_of

_SUBJECT: Final = "examen des fichiers"


def parsing(nursery: Nursery | None = None) -> Iterator[Finding]:
    """Ask about a PDF of one page, as a deposit does."""
    asked, paper = nursery or Nursery(), io.BytesIO(one_page(["Essai"]))
    try:
        answer = ask_of(asked, "pdf", paper, seconds=SECONDS, memory_mib=MEMORY_MIB, told={"active": False})
    except Unexamined as silence:
        told = f"aucun fichier ne peut être examiné ({silence.reason}) : les dépôts sont refusés"
        yield fail(_SUBJECT, told, "Voir la mémoire et les limites de processus.", Runbook.VAULT)
        return
    finally:
        asked.stop()
    if answer.fenced:
        yield ok(_SUBJECT, "dans un processus à part, que le noyau tient par un filtre d'appels")
    else:
        told = "dans un processus à part, sans filtre d'appels : ses limites seules le tiennent"
        yield warn(_SUBJECT, told, "Permettre seccomp dans le conteneur ou le noyau.", Runbook.VAULT)
