"""`dossier-ledger projections`: the read models, for operators (`docs/read-models.md`)."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import Progress as Bar

from gateway.cli.deployment import DataDir, opened
from gateway.cli.exits import CommandError, ExitCode
from ledger.kit.clock import PARIS
from projections.engine import Projector
from projections.engine import status as condition_of
from projections.engine.rebuild import Progress, RebuildRunning, RebuildStopped, rebuild
from projections.engine.schema import LIVE, NEXT, OLD
from projections.engine.status import Condition, Status
from projections.engine.swap import SwapRefused, drop, swap
from projections.registry import ALL

app: Final = typer.Typer(no_args_is_help=True, help="Modèles de lecture : état, reconstruction, bascule.")
Names = Annotated[list[str] | None, typer.Argument(help="Lesquels (tous si rien n'est dit).", metavar="[NOM]...")]

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
def rebuild_command(names: Names = None, data_dir: DataDir = None) -> None:
    """Reconstruire à côté, depuis le premier événement. Rien ne change pour les lecteurs avant la bascule."""
    chosen = _chosen(names)
    with opened(data_dir) as service, _progress() as progress:
        try:
            reached = rebuild(service.database, service.keyring, chosen, progress=progress)
        except RebuildRunning:
            raise CommandError("Une reconstruction est déjà en cours.", ExitCode.REFUSED) from None
        except RebuildStopped as stopped:
            raise CommandError(f"Reconstruction arrêtée : {stopped}") from None
    typer.echo(f"Reconstruit dans {NEXT} jusqu'à la position {reached} : basculez par « projections swap ».")


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
    data_dir: DataDir = None,
) -> None:
    """Supprimer les tables qu'une bascule a laissées."""
    with opened(data_dir) as service:
        dropped = drop(service.database, _chosen(names), beside=beside)
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
    for schema, position in ((NEXT, each.beside), (OLD, each.old)):
        if position is not None:
            yield f"{'':14} {schema} à la position {position} ({LIVE} à {each.position})"


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
