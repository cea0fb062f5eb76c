"""`dossier-ledger schemas`: the JSON Schemas of the published events, generated or checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import ledger.application  # noqa: F401 - fills the registry of published names
from gateway.cli.exits import CommandError, ExitCode
from ledger.log import schemas as event_schemas


def schemas(
    folder: Annotated[Path, typer.Argument(help="Le dossier des schémas.")] = Path("schemas"),
    *,
    check: Annotated[bool, typer.Option("--check", help="Vérifier seulement ; code 3 s'ils diffèrent.")] = False,
) -> None:
    """Régénérer les schémas des événements ; refuser ce que d'anciens événements ne supporteraient pas."""
    if check:
        if differences := event_schemas.drift(folder):
            raise CommandError("\n".join(differences), ExitCode.PARTIAL)
        typer.echo("Schémas à jour.")
        return
    try:
        written = event_schemas.write(folder)
    except event_schemas.IncompatibleSchema as error:
        raise CommandError(str(error), ExitCode.REFUSED) from None
    typer.echo("\n".join(map(str, written)) or "Schémas à jour.")
