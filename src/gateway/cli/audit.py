"""`dossier-ledger audit`: what an auditor asks of the log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import orjson
import typer

from gateway.audit.replay import Selection, replay
from gateway.audit.report import as_json, as_text
from gateway.cli.deployment import DataDir, opened
from gateway.cli.exits import CommandError, ExitCode
from gateway.service import Service
from ledger.kit.clock import PARIS, parse_date
from ledger.kit.errors import NotFound
from ledger.log.database import Role

app: Final = typer.Typer(no_args_is_help=True, help="Contrôler : rejouer un dossier.")


@app.callback()
def audit() -> None:
    """Contrôler : rejouer un dossier, événement par événement."""


@app.command("replay")
def replay_command(
    dossier: Annotated[str, typer.Argument(help="N° de dossier, ou son identifiant.")],
    at: Annotated[
        str | None, typer.Option("--at", metavar="DATE", help="Tel qu'il était à la fin de ce jour (date d'effet).")
    ] = None,
    known_at: Annotated[
        str | None, typer.Option("--known-at", metavar="INSTANT", help="Tel que le registre le connaissait alors.")
    ] = None,
    position: Annotated[
        int | None, typer.Option("--position", metavar="N", min=0, help="Tel que connu à cette position du registre.")
    ] = None,
    *,
    machine: Annotated[bool, typer.Option("--json", help="Forme pour machines, stable.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Rejouer un dossier : chaque événement, puis l'état qui en résulte."""
    selection = selection_of(at, known_at, position)
    with opened(data_dir) as service, service.database.transaction(Role.AUDITOR) as connection:
        replayed = replay(connection, _dossier_id(service, dossier), selection)
    if replayed is None:
        raise NotFound(field="dossier")
    if machine:
        typer.echo(orjson.dumps(as_json(replayed), option=orjson.OPT_INDENT_2))
    else:
        typer.echo("\n".join(as_text(replayed)))


def selection_of(at: str | None, known_at: str | None, position: int | None) -> Selection:
    """What was asked, at most one of the three; CommandError or Invalid otherwise."""
    if sum(given is not None for given in (at, known_at, position)) > 1:
        raise CommandError("Choisissez --at, --known-at ou --position, un seul à la fois.", ExitCode.USAGE)
    return Selection(
        at=parse_date(at, field="at") if at is not None else None,
        known_at=_instant(known_at) if known_at is not None else None,
        position=position,
    )


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError("L'instant s'écrit aaaa-mm-jjThh:mm[:ss], heure de Paris.", ExitCode.USAGE) from None
    return instant if instant.tzinfo else instant.replace(tzinfo=PARIS)


def _dossier_id(service: Service, dossier: str) -> UUID:
    """By its number, as the log's own claims know it, else by its id."""
    digest = service.keyring.digest("dossier-number", dossier.strip())
    if (found := service.ledger.log_recorder.select_claim("dossier-number", digest)) is not None:
        return found
    try:
        return UUID(dossier)
    except ValueError:
        raise NotFound(field="dossier") from None
