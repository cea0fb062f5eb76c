"""`dossier-ledger token`: the bearer tokens of the API, each bound to an account."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import typer

from gateway.audit.replay import roles_of
from gateway.auth.tokens import Token
from gateway.cli.deployment import DataDir, opened
from gateway.journal.journal import Entry, write
from gateway.service import Service
from ledger.kit.clock import PARIS
from ledger.kit.errors import NotFound
from ledger.log.database import Role

app: Final = typer.Typer(no_args_is_help=True, help="Jetons d'accès à l'API.")


@app.command("create")
def create(
    account_id: Annotated[UUID, typer.Argument(help="Le compte au nom duquel le jeton agit.")],
    label: Annotated[str, typer.Option(help="À quoi il sert (aucun nom de personne).")],
    days: Annotated[int, typer.Option(help="Durée en jours, de 1 à 366.")] = 90,
    grave: Annotated[
        bool, typer.Option(help="Ce jeton peut ce qui demande à une personne de confirmer son identité.")
    ] = True,
    data_dir: DataDir = None,
) -> None:
    """Créer un jeton. Son secret est montré une seule fois."""
    with opened(data_dir) as service:
        with service.database.transaction(Role.AUDITOR) as connection:
            if account_id not in roles_of(connection, [account_id]):
                raise NotFound(field="account_id")
        secret, token = service.tokens.create(account_id, label=label, days=days, grave=grave)
        _note(service, "created", token, grave=grave)
    typer.echo(f"Jeton {token.token_id}, valable jusqu'au {_instant(token.expires_at)}", err=True)
    typer.echo(secret)


@app.command("list")
def list_tokens(
    account_id: Annotated[UUID | None, typer.Option("--account", help="Ceux de ce compte seulement.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Lister les jetons, sans leur secret."""
    with opened(data_dir) as service:
        for token in service.tokens.all(account_id=account_id):
            typer.echo(_line(token))


@app.command("revoke")
def revoke(
    token_id: Annotated[UUID, typer.Argument(help="Le jeton, tel que la liste le montre.")], data_dir: DataDir = None
) -> None:
    """Révoquer un jeton, aussitôt."""
    with opened(data_dir) as service:
        token = service.tokens.revoke(token_id)
        _note(service, "revoked", token)
    typer.echo(_line(token))


def _note(service: Service, outcome: str, token: Token, **facts: bool) -> None:
    """In the security journal, like the tokens of the API; who does it here is not known to us."""
    entry = Entry(
        "token", outcome, account_id=token.account_id, target_id=token.token_id, facts={"via": "cli", **facts}
    )
    with service.database.transaction(Role.AUTH) as connection:
        write(connection, entry)


def _line(token: Token) -> str:
    used = _instant(token.last_used_at) if token.last_used_at else "jamais"
    end = f"révoqué le {_instant(token.revoked_at)}" if token.revoked_at else f"expire le {_instant(token.expires_at)}"
    limit = "" if token.grave else "  sans actes sensibles"
    return f"{token.token_id}  compte {token.account_id}  {token.label}  {end}  dernier usage {used}{limit}"


def _instant(instant: datetime) -> str:
    return f"{instant.astimezone(PARIS):%d/%m/%Y %H:%M}"
