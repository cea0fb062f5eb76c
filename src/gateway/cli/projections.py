"""`dossier-ledger projections`: the read models, for operators (`docs/read-models.md`)."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import Progress as Bar

from gateway.cli.deployment import DataDir, opened
from gateway.cli.exits import CommandError, ExitCode
from gateway.service import open_keyring
from ledger.kit.clock import PARIS
from ledger.log.database import Database, Role
from ledger.log.reader import position_at
from projections.engine import Projector
from projections.engine import status as condition_of
from projections.engine.diff import DiffRefused, TableDifference, diff
from projections.engine.rebuild import Progress, RebuildRunning, RebuildStopped, rebuild
from projections.engine.schema import LIVE, NEXT, OLD, PAST
from projections.engine.sharing import Shared
from projections.engine.status import Condition, Status
from projections.engine.swap import SwapRefused, drop, swap
from projections.registry import ALL

app: Final = typer.Typer(no_args_is_help=True, help="Modèles de lecture : état, reconstruction, bascule.")
Names = Annotated[list[str] | None, typer.Argument(help="Lesquels (tous si rien n'est dit).", metavar="[NOM]...")]

_TICK: Final = timedelta(microseconds=1)
_UNWELL: Final = frozenset({Condition.FAILED, Condition.WAITING, Condition.MISSING, Condition.STALE})


@app.command("status")
def status_command(data_dir: DataDir = None) -> None:
    """Montrer où en est chaque modèle de lecture. Code 3 si l'un est arrêté, attend ou est à reconstruire."""
    with opened(data_dir) as service:
        found = condition_of.status(service.database, ALL)
    for each in found:
        typer.echo("\n".join(_lines(each)))
    if any(each.condition in _UNWELL for each in found):
        raise typer.Exit(ExitCode.PARTIAL)


@app.command("rebuild")
def rebuild_command(
    names: Names = None,
    *,
    processes: Annotated[
        int, typer.Option("--processes", min=1, help="Combien de processus y travaillent.", metavar="N")
    ] = 1,
    position: Annotated[
        int | None, typer.Option("--position", min=0, help=f"Tels qu'à cette position, dans {PAST}.", metavar="N")
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", help=f"Tels qu'à la fin de ce jour, ou à cet instant, dans {PAST}.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Reconstruire à côté, depuis le premier événement. Rien ne change pour les lecteurs avant la bascule."""
    chosen, instant = _chosen(names), None if at is None else _instant(at)
    if position is not None and instant is not None:
        raise CommandError("Donnez --position ou --at, pas les deux.", ExitCode.USAGE)
    with opened(data_dir) as service, _progress() as progress:
        upto = position if instant is None else _position_at(service.database, instant)
        shared = Shared(processes, partial(open_keyring, service.settings))
        into = NEXT if upto is None else PAST
        try:
            reached = rebuild(
                service.database, service.keyring, chosen, progress=progress, upto=upto, shared=shared, into=into
            )
        except RebuildRunning:
            raise CommandError("Une reconstruction est déjà en cours.", ExitCode.REFUSED) from None
        except RebuildStopped as stopped:
            raise CommandError(f"Reconstruction arrêtée : {stopped}") from None
    rest = " : basculez par « projections swap »." if into == NEXT else "."
    typer.echo(f"Reconstruit dans {into} jusqu'à la position {reached}{rest}")


@app.command("diff")
def diff_command(names: Names = None, data_dir: DataDir = None) -> None:
    """Comparer les lignes vivantes aux lignes reconstruites, à une même position. Code 4 si elles diffèrent."""
    with opened(data_dir) as service:
        try:
            found = diff(service.database, service.keyring, _chosen(names))
        except DiffRefused as refused:
            raise CommandError("\n".join(["Comparaison refusée :", *refused.reasons]), ExitCode.REFUSED) from None
    if not found:
        typer.echo(f"{LIVE} et {NEXT} ont les mêmes lignes.")
        return
    typer.echo("\n".join(line for each in found for line in _difference_lines(each)))
    raise typer.Exit(ExitCode.REFUSED)


@app.command("swap")
def swap_command(
    names: Names = None,
    *,
    back: Annotated[bool, typer.Option("--back", help=f"Revenir aux tables de {OLD}.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Mettre les tables reconstruites à la place des vivantes, en une transaction ; refusé si elles diffèrent."""
    with opened(data_dir) as service:
        try:
            swap(service.database, service.keyring, _chosen(names), back=back)
        except SwapRefused as refused:
            raise CommandError(
                "\n".join(["Bascule refusée, rien n'a changé :", *refused.reasons]), ExitCode.REFUSED
            ) from None
    typer.echo(f"Bascule faite ; les tables d'avant restent dans {NEXT if back else OLD}.")


@app.command("drop")
def drop_command(
    names: Names = None,
    *,
    beside: Annotated[bool, typer.Option("--next", help=f"Celles de {NEXT} plutôt que celles de {OLD}.")] = False,
    past: Annotated[bool, typer.Option("--past", help=f"Celles de {PAST} plutôt que celles de {OLD}.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Supprimer les tables qu'une bascule ou une reconstruction a laissées."""
    if beside and past:
        raise CommandError("Donnez --next ou --past, pas les deux.", ExitCode.USAGE)
    with opened(data_dir) as service:
        dropped = drop(service.database, _chosen(names), beside=beside, past=past)
    typer.echo(f"Supprimé : {', '.join(dropped)}" if dropped else "Rien à supprimer.")


@app.command("retry")
def retry_command(
    name: Annotated[str, typer.Argument(help="Celui qui s'est arrêté.", metavar="NOM")], data_dir: DataDir = None
) -> None:
    """Reprendre un modèle arrêté, à l'événement fautif, une fois la cause réparée."""
    _chosen([name])
    with opened(data_dir) as service:
        resumed = condition_of.retry(service.database, name)
    if not resumed:
        raise CommandError(f"« {name} » ne s'est pas arrêté : rien à reprendre.", ExitCode.REFUSED)
    typer.echo(f"« {name} » reprend.")


def _chosen(names: Sequence[str] | None) -> Sequence[Projector]:
    if not names:
        return ALL
    by_name = {projector.NAME: projector for projector in ALL}
    if unknown := sorted(set(names) - by_name.keys()):
        known = ", ".join(by_name)
        raise CommandError(f"Modèle inconnu : {', '.join(unknown)}. Il y a : {known}.", ExitCode.USAGE)
    return [projector for name, projector in by_name.items() if name in names]


def _lines(each: Status) -> Iterator[str]:
    late = f"{each.lag_events} événements de retard ({each.lag_seconds:.0f} s)" if each.lag_events else "sans retard"
    yield f"{each.name:<14} v{each.version or '–'}  position {each.position:>10}  {late}  {each.condition.label}"
    if stopped := each.stopped_at:
        instant = stopped.recorded_at.astimezone(PARIS)
        yield (
            f"{'':14} arrêté à la position {stopped.position} : {stopped.name} du flux {stopped.stream_id}, "
            f"{instant:%d/%m/%Y %H:%M:%S} — {stopped.reason}"
        )
    for schema, position in ((NEXT, each.beside), (OLD, each.old), (PAST, each.past)):
        if position is not None:
            yield f"{'':14} {schema} à la position {position} ({LIVE} à {each.position})"


def _difference_lines(each: TableDifference) -> Iterator[str]:
    """Keys and columns; never a value, which may be personal."""
    if each.columns:
        yield f"{each.table} : colonnes d'une seule des deux tables, non comparées : {', '.join(each.columns)}"
    if each.count:
        yield f"{each.table} : {each.count} ligne(s) diffèrent"
    for row in each.rows:
        key = " ".join(f"{name}={value}" for name, value in row.key.items())
        told = f"absente de {row.absent_from}" if row.absent_from else f"diffère par {', '.join(row.columns)}"
        yield f"  {key} : {told}"
    if each.count > len(each.rows):
        yield f"  … et {each.count - len(each.rows)} autre(s)"


def _instant(text: str) -> datetime:
    """The end of a day, or an instant; without an offset, at the hour of Paris."""
    try:
        if len(text) == len("2026-01-31"):
            return datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), PARIS) - _TICK
        instant = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        wanted = "une date (2026-01-31) ou un instant (2026-01-31T12:00:00+01:00)"
        raise CommandError(f"--at : {wanted} est attendu.", ExitCode.USAGE) from None
    return instant if instant.tzinfo else instant.replace(tzinfo=PARIS)


def _position_at(database: Database, instant: datetime) -> int:
    with database.transaction(Role.PROJECTOR) as connection:
        return position_at(connection, instant)


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """A bar on a terminal, nothing elsewhere: the result is one line."""
    console = Console(file=sys.stderr)
    if not console.is_terminal:
        yield None
        return
    with Bar(console=console) as bar:
        task = bar.add_task("reconstruction", total=None)
        yield lambda reached, goal: bar.update(task, completed=reached, total=goal)
