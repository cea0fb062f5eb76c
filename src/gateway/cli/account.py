"""`dossier-ledger account`: the first accounts of a deployment; afterwards the API makes them."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

import typer

from gateway.audit.replay import roles_of
from gateway.auth.resetting import reset_factors
from gateway.cli.deployment import DataDir, opened
from gateway.cli.words import invalid_fields
from gateway.journal.journal import Entry, write
from gateway.mail import links
from ledger.account.commands import CreateAccount
from ledger.account.events import Role
from ledger.kit.clock import parse_date
from ledger.kit.errors import NotFound
from ledger.log.database import Role as DatabaseRole

app: Final = typer.Typer(no_args_is_help=True, help="Comptes : créer les premiers.")


@app.callback()
def account() -> None:
    """Comptes : créer les premiers d'un déploiement."""


@app.command("create")
def create(
    role: Annotated[Role, typer.Argument(help="Le rôle du compte.")],
    *,
    # Asked for rather than given: a command line is kept in histories and shown in process lists.
    last_name: Annotated[str, typer.Option(prompt="Nom", help="Demandé s'il n'est pas donné.")],
    first_name: Annotated[str, typer.Option(prompt="Prénom", help="Demandé s'il n'est pas donné.")],
    email: Annotated[str, typer.Option(prompt="E-mail", help="Demandé s'il n'est pas donné.")],
    ends_on: Annotated[str | None, typer.Option(metavar="DATE", help="Fin du mandat d'un auditeur.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Créer un compte ; affiche son identifiant."""
    with invalid_fields():
        command = CreateAccount(
            last_name=last_name,
            first_name=first_name,
            email=email,
            role=role,
            ends_on=parse_date(ends_on, field="ends_on") if ends_on else None,
        )
    with opened(data_dir) as service:
        typer.echo(service.ledger.execute(command, actor=None).resource_id)


@app.command("link")
def link(
    account_id: Annotated[UUID, typer.Argument(help="Le compte dont le mot de passe est à choisir.")],
    data_dir: DataDir = None,
) -> None:
    """Montrer une fois un lien pour choisir le mot de passe du compte, là où aucun courriel ne part encore."""
    with opened(data_dir) as service:
        with service.database.transaction(DatabaseRole.AUDITOR) as connection:
            if account_id not in roles_of(connection, [account_id]):
                raise NotFound(field="account_id")
        with service.database.transaction(DatabaseRole.AUTH) as connection:
            made = links.make(connection, "password", account_id=account_id)
            write(connection, Entry("link", "shown", account_id=account_id, target_id=made.link_id))
        address = links.address(service.settings.public_origin, made.secret)
    typer.echo("Ce lien ne sert qu'une fois, pendant 24 heures ; il remplace ceux d'avant :", err=True)
    typer.echo(address)


@app.command("reset-factors")
def reset(
    account_id: Annotated[UUID, typer.Argument(help="Le compte qui a perdu tous ses moyens de connexion.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Ne pas demander de confirmation.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Retirer mot de passe et seconds facteurs, fermer les sessions, envoyer un lien à l'adresse du compte."""
    if not yes:
        typer.confirm("La personne a-t-elle été reconnue de vive voix ?", abort=True, err=True)
    with opened(data_dir) as service:
        reset_factors(service, account_id)
    typer.echo("C'est fait : un lien part à l'adresse du compte, et le journal de sécurité l'a noté.")
