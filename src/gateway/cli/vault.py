"""`dossier-ledger vault`: the documents' bytes, for operators (`docs/vault.md`)."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO, Final, TypeVar

import psycopg
import typer
from rich.console import Console
from rich.progress import Progress

from gateway.cli.deployment import DataDir, located, opened
from gateway.cli.exits import CommandError, ExitCode
from gateway.cli.stopping import until_told
from gateway.settings import Settings
from gateway.vault import verifying
from gateway.vault.moving import FAILED, Outcome, move, remove_moved
from gateway.vault.opening import store_of
from gateway.vault.rescans import rescan
from gateway.vault.sweeping import sweep
from gateway.vault.verifying import DAMAGING, Destroyed, Found, InDatabase, Listed, NotKnown, Selection
from ledger.kit.clock import PARIS, parse_date
from ledger.log.database import Database
from ledger.vault.former import StoreWithFormer
from ledger.vault.verification import Finding

app: Final = typer.Typer(no_args_is_help=True, help="Coffre : vérifier, analyser, déplacer, nettoyer les documents.")

_SHOWN: Final = 20
_WORDS: Final = {
    Finding.WHOLE: ("intègre", "intègres"),
    Finding.ERASED: ("effacé", "effacés"),
    Finding.DAMAGED: ("abîmé", "abîmés"),
    Finding.ABSENT: ("absent", "absents"),
    Finding.OVERLAID: ("recouvert", "recouverts"),
    Finding.UNREAD: ("illisible pour le moment", "illisibles pour le moment"),
    Finding.STRANGER: ("étranger au registre", "étrangers au registre"),
    Finding.UNDERWAY: ("en cours de dépôt", "en cours de dépôt"),
}
_OUTCOMES: Final = {
    Outcome.MOVED: ("copié", "copiés"),
    Outcome.THERE: ("déjà en place", "déjà en place"),
    Outcome.REMOVED: ("retiré du répertoire", "retirés du répertoire"),
    Outcome.ABSENT: ("absent", "absents"),
    Outcome.DAMAGED: ("abîmé", "abîmés"),
}
Kind = TypeVar("Kind", bound=StrEnum)


@app.callback()
def vault() -> None:
    """Coffre : les octets des documents."""


@app.command("verify")
def verify_command(
    sample: Annotated[
        int | None, typer.Option("--sample", metavar="N", min=1, help="N documents tirés au sort, et non tous.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Documents enregistrés depuis ce jour.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FICHIER", help="Y écrire une ligne JSON par document.")
    ] = None,
    destroyed: Annotated[
        Path | None,
        typer.Option("--destroyed", metavar="FICHIER", exists=True, help="Clés détruites (destroyed.txt)."),
    ] = None,
    *,
    with_strangers: Annotated[
        bool, typer.Option("--strangers/--no-strangers", help="Chercher aussi ce qu'aucun événement ne nomme.")
    ] = True,
    data_dir: DataDir = None,
) -> None:
    """Relire chaque document et le comparer au registre, sans aucune clé.

    Code 1 si un document est abîmé, absent, recouvert ou illisible ; 3 s'il n'y a que des étrangers.
    """
    selection = Selection(_instant(since) if since else None, sample)
    tally: Counter[Finding] = Counter()
    with until_told(), located(data_dir) as settings, Database(settings.database_url, max_size=3) as database:
        store = store_of(settings)
        with _destroyed(settings, destroyed) as erased, _report(report) as file, _progress() as passed:
            for found in verifying.documents(database, store, erased, selection, passed):
                _note(found, tally, file)
            for found in verifying.strangers(database, store) if with_strangers else ():
                _note(found, tally, file)
        _conclude(tally)
        return
    raise CommandError("Vérification interrompue.", ExitCode.PARTIAL)


@app.command("rescan")
def rescan_command(
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Documents déposés depuis ce jour.")
    ] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Tous les documents.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Faire analyser de nouveau par « work » : tout, ou ce qui est déposé depuis un jour.

    Les documents « non analysés », déposés sans antivirus, le sont aussi.
    """
    if everything == (since is not None):
        raise CommandError("Dire --all, ou --since DATE.", ExitCode.USAGE)
    day = parse_date(since, field="since") if since else None
    with opened(data_dir) as service:
        asked = rescan(service.database, day)
        is_configured = service.settings.vault.clamd is not None
    typer.echo(f"{asked} document(s) à analyser.")
    if not is_configured:
        typer.echo("CLAMD n'est pas réglé : ils attendront.", err=True)


@app.command("move")
def move_command(
    *,
    remove: Annotated[
        bool, typer.Option("--remove", help="Retirer du répertoire ce que le stockage S3 a, relu entier.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Copier les documents du répertoire vers le stockage S3, chacun relu. Peut être interrompu et relancé.

    Code 3 si un document manque ou est abîmé.
    """
    tally: Counter[Outcome] = Counter()
    with until_told(), located(data_dir) as settings, Database(settings.database_url, max_size=3) as database:
        store = store_of(settings)
        if not isinstance(store, StoreWithFormer):
            message = "Régler d'abord S3_ENDPOINT et VAULT_FORMER=directory, et redémarrer « serve » et « work » ainsi."
            raise CommandError(message, ExitCode.USAGE)
        store.prove()
        with _progress() as passed:
            moved = remove_moved(database, store, passed) if remove else move(database, store, settings, passed)
            for each in moved:
                tally[each.outcome] += 1
                if each.outcome in FAILED and tally[each.outcome] <= _SHOWN:
                    typer.echo(f"{each.document_id} : {_OUTCOMES[each.outcome][0]}, position {each.position}")
        typer.echo("Documents : " + _told(_OUTCOMES, tally, Outcome.THERE))
        if any(tally[each] for each in FAILED):
            raise typer.Exit(ExitCode.PARTIAL)
        return
    raise CommandError("Déplacement interrompu : relancez-le pour la suite.", ExitCode.PARTIAL)


@app.command("sweep")
def sweep_command(
    *,
    with_strangers: Annotated[
        bool,
        typer.Option("--strangers", help="Retirer aussi ce qu'aucun événement ne nomme, vieux de plus d'une semaine."),
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Retirer ce qu'ont laissé des dépôts interrompus depuis plus d'un jour ; « work » le fait toutes les heures.

    Le registre est consulté avant tout retrait : un document enregistré n'est jamais touché.
    """
    with opened(data_dir) as service:
        swept = sweep(service, with_strangers=with_strangers)
    told = [f"{swept.removed} retiré(s)", f"{swept.ended} enregistré(s) après tout"]
    if swept.kept:
        told.append(f"{swept.kept} retenu(s) par un verrou")
    typer.echo("Dépôts interrompus : " + ", ".join(told))
    typer.echo(f"Brouillons : {swept.drafts} retiré(s)")
    if with_strangers:
        typer.echo(f"Étrangers au registre : {swept.strangers} retiré(s)")


def _note(found: Found, tally: Counter[Finding], report: BinaryIO | None) -> None:
    tally[found.finding] += 1
    if report is not None:
        report.write(verifying.as_line(found))
    if found.finding in DAMAGING | {Finding.STRANGER} and tally[found.finding] <= _SHOWN:
        at = f", position {found.position}" if found.position else ""
        typer.echo(f"{found.document_id} : {_WORDS[found.finding][0]}{at}")


def _conclude(tally: Counter[Finding]) -> None:
    typer.echo("Documents : " + _told(_WORDS, tally, Finding.WHOLE))
    if any(tally[each] for each in DAMAGING):
        raise typer.Exit(ExitCode.FAULT)
    if tally[Finding.STRANGER]:
        raise typer.Exit(ExitCode.PARTIAL)


def _told(words: Mapping[Kind, tuple[str, str]], tally: Counter[Kind], always: Kind) -> str:
    named = [each for each in words if tally[each] or each is always]
    return ", ".join(f"{tally[each]} {words[each][tally[each] > 1]}" for each in named)


@contextmanager
def _destroyed(settings: Settings, listed: Path | None) -> Iterator[Destroyed]:
    """The keys' database where it answers; else the list that was given; else nobody knows, which is said."""
    try:
        known = InDatabase.of(settings.keys_database_url)
    except psycopg.OperationalError:
        if listed is None:
            typer.echo("La base des clés ne répond pas : un document effacé sera dit absent ou intègre.", err=True)
        yield Listed(listed) if listed else NotKnown()
        return
    with closing(known):
        yield known


@contextmanager
def _report(path: Path | None) -> Iterator[BinaryIO | None]:
    if path is None:
        yield None
        return
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        yield file


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar over the log's positions, on a terminal; nothing elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _position, _head: None
        return
    with Progress(console=console) as bars:
        task = bars.add_task("Documents", total=None)
        yield lambda position, head: bars.update(task, completed=position, total=head)


def _instant(text: str) -> datetime:
    return datetime.combine(parse_date(text, field="since"), time.min, PARIS)
