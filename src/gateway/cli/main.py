"""The `dossier-ledger` command. English names, French texts; exit codes in `docs/operating.md`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final

import psycopg
import typer

from gateway import logging
from gateway.cli import (
    account,
    audit,
    backup,
    demo,
    doctor,
    generate,
    import_,
    journal,
    keys,
    mail,
    migrate,
    projections,
    schemas,
    serve,
    token,
    vault,
    work,
)
from gateway.cli.exits import CommandError, ExitCode
from gateway.settings import SettingsError
from gateway.vault.words import told
from ledger.embedded import EmbeddedHomeError, EmbeddedStartError
from ledger.kit.errors import Invalid, Refusal
from ledger.kit.keyring import KeyringFault
from ledger.vault.store import VaultFault

app: Final = typer.Typer(
    name="dossier-ledger",
    help="Registre des dossiers et des règlements d'un fonds de formation.",
    no_args_is_help=True,
    add_completion=False,
    # A pretty traceback prints local variables, which may be personal.
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("work")(work.work)
app.command("migrate")(migrate.migrate)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("doctor")(doctor.doctor)
app.command("generate")(generate.generate)
app.command("import")(import_.import_)
app.command("schemas")(schemas.schemas)
app.add_typer(account.app, name="account")
app.add_typer(audit.app, name="audit")
app.add_typer(journal.app, name="journal")
app.add_typer(keys.app, name="keys")
app.add_typer(mail.app, name="mail")
app.add_typer(projections.app, name="projections")
app.add_typer(token.app, name="token")
app.add_typer(vault.app, name="vault")


def main() -> None:
    """Run the command that `sys.argv` asks for, and exit with its code."""
    # Only what goes wrong: a command's output is its answer. Services set their own level.
    logging.configure("warning")
    sys.exit(guarded(app))


def guarded(command: Callable[[], object]) -> int:
    """Run; what we foresee becomes one line on standard error with its exit code, anything else is a bug and shows."""
    try:
        command()
    except CommandError as error:
        return _fail(error.message, error.code)
    except Refusal as refusal:
        code = ExitCode.USAGE if isinstance(refusal, Invalid) else ExitCode.REFUSED
        return _fail(refusal.message if refusal.field is None else f"{refusal.field} : {refusal}", code)
    except SettingsError as error:
        return _fail(f"Réglage : {error}", ExitCode.USAGE)
    except (EmbeddedStartError, EmbeddedHomeError, KeyringFault) as error:
        return _fail(str(error), ExitCode.FAULT)
    except VaultFault as fault:
        return _fail(f"Stockage des documents : {told(fault)}.", ExitCode.FAULT)
    except psycopg.OperationalError:
        # Its text holds the address, sometimes the password.
        return _fail("La base de données ne répond pas.", ExitCode.FAULT)
    return ExitCode.DONE


def _fail(message: str, code: ExitCode) -> int:
    typer.echo(message, err=True)
    return code


if __name__ == "__main__":
    main()
