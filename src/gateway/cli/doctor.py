"""`dossier-ledger doctor`: what is well, what is not, and what to do about it (`docs/runbooks/`)."""

from __future__ import annotations

from typing import Annotated

import psycopg
import typer
from psycopg.rows import dict_row

from gateway.cli.deployment import DataDir, located
from gateway.cli.exits import CommandError, ExitCode
from gateway.doctor import Finding, Level, Runbook, examine
from gateway.doctor.finding import fail
from gateway.settings import Settings
from ledger.embedded import EmbeddedHomeError, EmbeddedStartError
from ledger.log.outside import Head, Outside, reopen


def doctor(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Relire tout le journal, et non un échantillon.")] = False,
    accept_head: Annotated[
        bool, typer.Option("--accept-head", help="Décider que le journal est juste tel qu'il est, et le rouvrir.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Examiner le déploiement. Code 1 s'il y a une panne."""
    try:
        with located(data_dir) as settings:
            if accept_head:
                head = _accept(settings)
                typer.echo(f"Tête acceptée à la position {head.position} : le journal est ouvert en écriture.")
                return
            levels = [_said(finding) for finding in examine(settings, thorough=everything)]
    except (EmbeddedStartError, EmbeddedHomeError) as error:
        told = f"la base embarquée ne démarre pas ({error})"
        levels = [_said(fail("PostgreSQL", told, "Lire le journal qu'elle cite.", Runbook.DATABASE_DOWN))]
    if Level.FAIL in levels:
        raise typer.Exit(ExitCode.FAULT)


def _said(finding: Finding) -> Level:
    typer.echo("\n".join(finding.lines()))
    return finding.level


def _accept(settings: Settings) -> Head:
    outside = Outside(settings.outside_path)
    try:
        with psycopg.connect(settings.database_url, row_factory=dict_row) as connection:
            return reopen(connection, outside)
    except psycopg.errors.InsufficientPrivilege:
        raise CommandError("Seul le propriétaire de la base peut en décider.", ExitCode.REFUSED) from None
