"""`dossier-ledger import`: a back office's CSV files (`docs/import.md`)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from gateway import service
from gateway.cli.deployment import DataDir, located
from gateway.cli.exits import CommandError, ExitCode
from gateway.cli.stopping import until_told
from gateway.importer.importing import import_files
from gateway.importer.progress import follow
from gateway.importer.report import Summary

REPORT: Final = Path("import-refus.csv")


def import_(
    paths: Annotated[list[Path], typer.Argument(exists=True, help="Fichiers, ou dossiers de fichiers .csv.")],
    report: Annotated[Path, typer.Option(help="Où écrire les lignes refusées.")] = REPORT,
    data_dir: DataDir = None,
) -> None:
    """Importer des fichiers CSV. Peut être interrompu et relancé : rien n'est doublé, rien n'est perdu."""
    with until_told(), located(data_dir, create=True) as settings, service.opened(settings) as opened:
        with follow() as follower:
            summary = import_files(opened.ledger, opened.keyring, opened.vault, paths, report=report, progress=follower)
        typer.echo("\n".join(summary_lines(summary, report)))
        raise typer.Exit(summary.exit_code)
    raise CommandError("Import interrompu : relancez-le pour la suite.", ExitCode.PARTIAL)


def summary_lines(summary: Summary, report: Path) -> list[str]:
    """What came of it, by kind, in French."""
    lines = [
        f"{kind} : {tally.read} lues, {tally.imported} importées, {tally.already_there} déjà présentes, "
        f"{tally.refused} refusées"
        for kind, tally in summary.tallies.items()
    ]
    lines += [f"{unusable.path.name} : {unusable.rule}" for unusable in summary.unusable]
    lines += [f"Lot {reference} : non libéré, des lignes en sont refusées" for reference in summary.held_lots]
    return lines + ([f"Lignes refusées : {report}"] if summary.exit_code else [])
