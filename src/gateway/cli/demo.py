"""`dossier-ledger demo`: the whole service on fictitious data, from nothing, on this machine alone."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import typer

from gateway import logging, service
from gateway.cli.deployment import DataDir, addresses
from gateway.cli.exits import CommandError
from gateway.cli.serve import Api, bound
from gateway.cli.stopping import until_told
from gateway.demo.accounts import accounts, tokens
from gateway.demo.credentials import PASSWORD, credentials
from gateway.demo.data import SCALE, imported, worth_replaying
from gateway.demo.instance import Instance
from gateway.demo.worker import worker
from gateway.fund.fund import demo_file
from gateway.generator import personas
from gateway.service import Service
from gateway.settings import Settings
from ledger import embedded
from ledger.log.database import Role
from ledger.log.reader import head
from projections.engine.waiting import wait_for

DEFAULT_DATA_DIR: Final = "./var/demo"
_LOOPBACK: Final = "127.0.0.1"
FILE: Final = "demo.json"


def demo(
    port: Annotated[int, typer.Option(envvar="PORT", help="Port de l'API, sur cette machine seulement.")] = 8000,
    scale: Annotated[float, typer.Option(help="Taille du fonds fictif, décidée au premier démarrage.")] = SCALE,
    data_dir: DataDir = None,
) -> None:
    """Démarrer tout le service sur des données fictives ; Ctrl-C arrête tout."""
    place = (data_dir or Path(os.environ.get("DATA_DIR") or DEFAULT_DATA_DIR)).resolve()
    # Never the DATABASE_URL of the environment: invented dossiers have no place in a real ledger.
    os.environ["LEDGER_FICTITIOUS"] = "1"
    os.environ.setdefault("LOG_LEVEL", "warning")
    logging.configure(os.environ["LOG_LEVEL"])
    with until_told(), bound(_LOOPBACK, port) as listener, embedded.running(place) as server:
        number = listener.getsockname()[1]
        # `localhost`, since browsers keep secure cookies for that name without https.
        pages = f"http://localhost:{number}"
        people = {"PUBLIC_URL": pages, "MAIL_DIR": str(place / "mails"), "SMTP_URL": "", "MAIL_FROM": ""}
        people["FUND_FILE"] = str(demo_file())
        variables = {**addresses(server, place), "METRICS_PORT": "0", "PORT": str(number), **people}
        settings = replace(Settings.from_environment({**os.environ, **variables}), demo=True)
        service.migrate(settings)
        with worker(variables, place / "work.log") as lost:
            with service.opened(settings) as opened:
                instance = _prepared(opened, place, scale, f"http://{_LOOPBACK}:{number}", pages)
                _until_read(opened, lost)
            instance.write(place / FILE)
            api = Api(settings, ready=lambda: typer.echo("\n".join(told(instance, place))), until=lost)
            api.run(sockets=[listener])
            if lost.is_set():
                raise CommandError(f"Les modèles de lecture ne sont plus tenus à jour : voir {place / 'work.log'}.")


def _prepared(opened: Service, place: Path, scale: float, url: str, pages: str) -> Instance:
    made, summary = imported(opened, place, scale)
    if summary is not None and summary.exit_code:
        raise CommandError(f"Des lignes fictives sont refusées : voir {place / 'import-refus.csv'}.")
    before = Instance.read(place / FILE)
    made_accounts = accounts(opened, personas(made.fund))
    secrets, issued = tokens(opened, made_accounts, before)
    factors = credentials(opened, made_accounts, before)
    return Instance(url, secrets, issued, worth_replaying(opened, made), pages, factors)


def _until_read(opened: Service, lost: threading.Event) -> None:
    """What was just imported is what the first request sees."""
    with opened.database.transaction(Role.AUDITOR) as connection:
        end = head(connection)
    while not wait_for(opened.database, end, 1.0):
        if lost.is_set():
            raise CommandError("Les modèles de lecture ne rattrapent pas le registre : voir work.log.")


def told(instance: Instance, place: Path) -> Iterator[str]:
    """What a person needs to go on: where it answers, as whom, where mails go, and three commands that work."""
    yield ""
    yield f"Le service répond sur {instance.url} (données fictives, cette machine seulement)."
    yield ""
    yield "Jetons :"
    for key, secret in instance.tokens.items():
        yield f"  {key:<18} {secret}"
    yield f"Ils sont aussi dans {place / FILE}."
    yield ""
    yield f"Comptes : <nom>@example.org pour chaque nom ci-dessus, mot de passe {PASSWORD}"
    yield "Second facteur (secret à copier dans une application d'authentification) :"
    for key, secret in instance.factors.items():
        yield f"  {key:<18} {secret}"
    yield f"Les courriels arrivent sur {instance.pages}/demo/mails"
    yield f"Le portail s'ouvre sur {instance.pages}/connexion"
    yield ""
    yield "À copier :"
    program, directory = shlex.quote(_program()), shlex.quote(str(place))
    yield f"  curl -sS -H 'Authorization: Bearer {instance.tokens['provider']}' '{instance.url}/v1/dossiers?limit=3'"
    yield f"  {program} audit replay {shlex.quote(instance.dossier)} --data-dir {directory}"
    yield f"  {program} projections status --data-dir {directory}"
    yield ""
    yield "Ctrl-C arrête tout."


def _program() -> str:
    """How to call this program from any directory: by its name where the path leads to it, else by its place."""
    ours = Path(sys.argv[0]).resolve()
    found = shutil.which("dossier-ledger")
    return "dossier-ledger" if found and Path(found).resolve() == ours else str(ours)
