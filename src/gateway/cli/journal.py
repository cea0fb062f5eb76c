"""`dossier-ledger journal`: the security journal, where the API does not answer, or not any more."""

from __future__ import annotations

from typing import Annotated, Final, get_args
from uuid import UUID

import typer

from gateway.cli.deployment import DataDir, opened
from gateway.cli.exits import CommandError, ExitCode
from gateway.journal.journal import Entry, Kind, write
from gateway.journal.reading import Line, Sought, page, statement
from gateway.journal.words import KIND_LABELS
from ledger.kit.clock import PARIS, parse_date
from ledger.log.database import Role

app: Final = typer.Typer(no_args_is_help=True, help="Journal de sécurité.")
_PAGE: Final = 200


@app.callback()
def journal() -> None:
    """Journal de sécurité : connexions, refus, droits, jetons, mandats."""


@app.command("list")
def list_entries(
    *,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="À partir de ce jour (Paris).")] = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="Jusqu'à ce jour compris.")] = None,
    kind: Annotated[str | None, typer.Option(help=f"Une nature : {', '.join(get_args(Kind))}.")] = None,
    account_id: Annotated[UUID | None, typer.Option("--account", help="Ce qui concerne ce compte.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Nombre de lignes.")] = _PAGE,
    data_dir: DataDir = None,
) -> None:
    """Lister le journal, les lignes les plus récentes d'abord."""
    if kind is not None and kind not in get_args(Kind):
        raise CommandError(f"--kind est l'une de : {', '.join(get_args(Kind))}.", ExitCode.USAGE)
    sought = Sought(
        kind=kind,
        account_id=account_id,
        since=parse_date(since, field="since") if since else None,
        until=parse_date(until, field="until") if until else None,
    )
    cursor: str | None = None
    with opened(data_dir) as service:
        # Whoever reads it here is not known to us: that it was read is.
        with service.database.transaction(Role.AUTH) as connection:
            write(connection, Entry("journal", "listed", account_id=account_id, facts={"via": "cli"}))
        while limit > 0:
            rows_wanted = min(limit, _PAGE)
            question, values = statement(sought, limit=rows_wanted, cursor=cursor)
            with service.database.transaction(Role.AUTH) as connection:
                found = page(connection.execute(question, values).fetchall(), rows_wanted)
            for line in found.items:
                typer.echo(_told(line))
            limit -= len(found.items)
            cursor = found.next_cursor
            if cursor is None:
                return


def _told(line: Line) -> str:
    ids = {"compte": line.account_id, "par": line.actor_id, "cible": line.target_id, "adresse": line.address}
    told = [f"{name} {value}" for name, value in ids.items() if value is not None]
    told += [f"{name}={value}" for name, value in line.facts.items()]
    head = f"{line.at.astimezone(PARIS):%d/%m/%Y %H:%M:%S}  {KIND_LABELS.get(line.kind, line.kind)} ({line.outcome})"
    return "  ".join([head, *told])
