"""`dossier-ledger backup` and `restore` (`docs/operating.md`)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from gateway.backup import BackupDamaged, ProgramFailed, Restored, RestoreRefused, save, save_keys
from gateway.backup import restore as restore_from
from gateway.backup.restoring import checked
from gateway.cli.deployment import DataDir, located
from gateway.cli.exits import CommandError, ExitCode
from gateway.settings import Settings

Target = Annotated[Path, typer.Argument(help="Répertoire à créer.", metavar="RÉPERTOIRE")]
Source = Annotated[Path, typer.Argument(help="La sauvegarde.", metavar="RÉPERTOIRE")]


def backup(
    target: Target,
    *,
    keys: Annotated[Path | None, typer.Option("--keys", help="Où sauvegarder les clés, à part du journal.")] = None,
    without_keys: Annotated[bool, typer.Option("--without-keys", help="Archive longue : jamais de clés.")] = False,
    without_documents: Annotated[
        bool, typer.Option("--without-documents", help="Sans le contenu des documents.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Sauvegarder le journal et les documents, et les clés à part. Code 3 si un document manque."""
    if (keys is None) != without_keys:
        raise CommandError("Indiquez où vont les clés par --keys, ou --without-keys.", ExitCode.USAGE)
    _refuse_together(target, keys)
    with located(data_dir) as settings:
        try:
            manifest = save(settings, target, with_documents=not without_documents, with_sign_in=not without_keys)
            typer.echo(f"Journal sauvegardé jusqu'à la position {manifest.position}.")
            typer.echo(f"Documents : {manifest.documents}, dont {len(manifest.absent)} absents ou abîmés.")
            if keys is not None:
                of_keys = save_keys(settings, keys, origin=manifest.origin, position=manifest.position)
                typer.echo(f"Clés : {of_keys.keys}, dont {of_keys.destroyed} détruites.")
        except FileExistsError as error:
            raise CommandError(f"{error} n'est pas vide : donnez un nouveau répertoire.", ExitCode.USAGE) from None
        except ProgramFailed as error:
            raise CommandError(str(error)) from None
    if manifest.absent:
        raise typer.Exit(ExitCode.PARTIAL)


def restore(
    source: Source,
    *,
    keys: Annotated[
        Path | None, typer.Option("--keys", help="La sauvegarde des clés (sinon : la base qui reste).")
    ] = None,
    destroyed: Annotated[
        Path | None, typer.Option("--destroyed", help="Liste plus récente de clés à détruire de nouveau.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Refaire un déploiement dans des bases vides. Code 3 si des documents manquent ou si le journal reste fermé."""
    try:
        # Before anything is made: an embedded database keeps for ever the origin that it is made with.
        checked(source, keys, os.environ.get("ORIGIN", Settings.origin))
        with located(data_dir, create=True) as settings:
            restored = restore_from(settings, source, keys=keys, destroyed=destroyed)
    except BackupDamaged as error:
        raise CommandError(f"Sauvegarde inutilisable : {error}.", ExitCode.USAGE) from None
    except RestoreRefused as error:
        raise CommandError(f"Restauration refusée : {error}.", ExitCode.REFUSED) from None
    except ProgramFailed as error:
        raise CommandError(str(error)) from None
    typer.echo("\n".join(_told(restored)))
    if restored.absent or restored.verdict.is_alarming:
        raise typer.Exit(ExitCode.PARTIAL)


def _refuse_together(target: Path, keys: Path | None) -> None:
    """Whoever is given the log's backup must not have the keys with it; nothing is begun that cannot be finished."""
    if keys is None:
        return
    places = (target.resolve(), keys.resolve())
    if places[0].is_relative_to(places[1]) or places[1].is_relative_to(places[0]):
        raise CommandError("Le journal et les clés vont dans deux répertoires, aucun dans l'autre.", ExitCode.USAGE)
    if keys.exists() and any(keys.iterdir()):
        raise CommandError(f"{keys} n'est pas vide : donnez un nouveau répertoire.", ExitCode.USAGE)


def _told(restored: Restored) -> list[str]:
    lines = [
        f"Journal restauré et vérifié jusqu'à la position {restored.head.position} ; modèles de lecture refaits.",
        f"Documents : {restored.documents}, dont {restored.absent} absents.",
        f"Clés détruites de nouveau : {restored.destroyed_again}.",
        "Les effacements faits après la sauvegarde des clés ne peuvent être connus : refaites-les.",
        "Les jetons ne sont pas sauvegardés : créez-en de nouveaux.",
    ]
    if restored.claims_mended:
        lines.append(f"Valeurs uniques remises d'accord avec le journal : {restored.claims_mended}.")
    if restored.verdict.is_alarming:
        lines.append("Le journal s'arrête avant sa tête notée à l'extérieur : il reste en lecture seule (doctor).")
    return lines
