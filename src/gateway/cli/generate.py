"""`dossier-ledger generate`: the files of a fictitious fund (`docs/generator.md`)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.stopping import until_told
from gateway.demo.data import SCALE, SEED, written


def generate(
    directory: Annotated[Path, typer.Argument(file_okay=False, help="Où écrire les fichiers.")],
    seed: Annotated[int, typer.Option(help="La même graine donne les mêmes fichiers.")] = SEED,
    scale: Annotated[float, typer.Option(help="Taille : 1 pour un fonds national, 0,001 pour un millième.")] = SCALE,
) -> None:
    """Écrire les fichiers CSV et PDF d'un fonds fictif, prêts pour « import » (avec LEDGER_FICTITIOUS=1)."""
    with until_told():
        expected = written(directory, seed=seed, scale=scale)
        for kind, rows in expected.rows.items():
            typer.echo(f"{kind} : {rows}")
