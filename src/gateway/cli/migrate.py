"""`dossier-ledger migrate`: bring both databases to this version."""

from __future__ import annotations

import typer

from gateway import service
from gateway.cli.deployment import DataDir, located


def migrate(data_dir: DataDir = None) -> None:
    """Mettre les bases au niveau de cette version (sans effet si elles y sont)."""
    with located(data_dir, create=True) as settings:
        service.migrate(settings)
    typer.echo("Bases à jour.")
