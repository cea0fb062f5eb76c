"""`dossier-ledger mail`: how the outbox is doing. Neither addresses nor names are shown."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import typer

from gateway.cli.deployment import DataDir, opened
from gateway.mail import status as outbox
from ledger.kit.clock import PARIS
from ledger.kit.errors import NotFound
from ledger.log.database import Role

app: Final = typer.Typer(no_args_is_help=True, help="Courriels : ce qui attend, ce qui n'est pas parti.")


@app.command("status")
def status(data_dir: DataDir = None) -> None:
    """Dire ce qui attend, ce qui est parti depuis un jour, et ce qui n'a pas pu partir."""
    with opened(data_dir) as service, service.database.transaction(Role.AUTH) as connection:
        found = outbox.status(connection)
        troubled = outbox.troubled(connection)
        settings = service.settings
    if settings.smtp is None and settings.mail_dir is None:
        typer.echo("Rien ne part : ni SMTP_URL ni MAIL_DIR n'est réglé.")
    since = f", le plus ancien depuis le {_instant(found.oldest)}" if found.oldest else ""
    typer.echo(f"en attente              {found.waiting}{since}")
    typer.echo(f"dont remis à plus tard  {found.put_off}")
    typer.echo(f"abandonnés (7 jours)    {found.given_up}")
    typer.echo(f"partis (24 heures)      {found.sent}")
    for mail in troubled:
        end = "abandonné" if mail.given_up else f"{mail.attempts} essai(s)"
        typer.echo(f"{mail.mail_id}  {mail.kind}  {_instant(mail.made_at)}  {end}  {mail.last_code}")


@app.command("retry")
def retry(
    mail_id: Annotated[UUID | None, typer.Argument(help="Celui-ci seulement.")] = None, data_dir: DataDir = None
) -> None:
    """Essayer tout de suite ce qui est remis à plus tard."""
    with opened(data_dir) as service, service.database.transaction(Role.AUTH) as connection:
        tried = outbox.retry(connection, mail_id)
    if mail_id is not None and not tried:
        raise NotFound(field="mail_id")
    typer.echo(f"{tried} courriel(s) à envoyer maintenant.")


def _instant(instant: datetime) -> str:
    return f"{instant.astimezone(PARIS):%d/%m/%Y %H:%M}"
