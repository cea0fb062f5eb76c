"""`dossier-ledger keys`: changing the master key while everything runs (`docs/operating.md`)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import typer

from gateway.cli.deployment import DataDir, located, opened
from gateway.cli.exits import CommandError, ExitCode
from ledger.kit.keyring import MasterKey
from ledger.kit.master_keys import MasterKeyFiles

app: Final = typer.Typer(no_args_is_help=True, help="Clé maîtresse : préparer la suivante, puis passer à elle.")


@app.command("prepare")
def prepare(data_dir: DataDir = None) -> None:
    """Créer la clé maîtresse suivante, sans s'en servir. À copier sur chaque machine avant « keys rotate »."""
    with located(data_dir) as settings:
        files = _files(settings.master_key_path)
        if not files.current.exists():
            raise CommandError(f"{files.current} n'existe pas : rien n'est encore scellé.", ExitCode.REFUSED)
        try:
            made = files.make_next()
        except FileExistsError:
            raise CommandError(f"{files.next} existe déjà : passez à « keys rotate ».", ExitCode.REFUSED) from None
    typer.echo(f"Clé maîtresse de l'époque {made.epoch} créée dans {files.next}.")
    typer.echo("Sauvegardez-la à part, copiez-la sur chaque machine, puis lancez « dossier-ledger keys rotate ».")


@app.command("rotate")
def rotate(data_dir: DataDir = None) -> None:
    """Emballer chaque clé sous la clé maîtresse préparée. Les processus en marche la prennent d'eux-mêmes."""
    with opened(data_dir) as service:
        files = _files(service.settings.master_key_path)
        if not files.next.exists():
            raise CommandError(
                "Aucune clé préparée : lancez d'abord « dossier-ledger keys prepare ».", ExitCode.REFUSED
            )
        coming = MasterKey.from_file(files.next)
        count = 0
        # A process that had not noticed may have wrapped a last key under the old one meanwhile.
        while wrapped := service.keyring.rotate(coming):
            count += wrapped
        files.move_on()
    typer.echo(f"{count} clés emballées sous l'époque {coming.epoch}.")
    typer.echo(f"L'ancienne reste dans {files.retired(coming.epoch - 1)} tant qu'une sauvegarde des clés en a besoin.")


def _files(path: Path) -> MasterKeyFiles:
    if MasterKey.from_environment() is not None:
        told = "La clé maîtresse vient de LEDGER_MASTER_KEY : mettez-la dans un fichier le temps de la rotation."
        raise CommandError(told, ExitCode.USAGE)
    return MasterKeyFiles(path)
