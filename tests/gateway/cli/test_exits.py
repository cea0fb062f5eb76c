"""How commands end: exit codes that mean something, one line that never quotes a value."""

from __future__ import annotations

import os
import signal
import threading

import psycopg
import pytest

from gateway.cli.exits import CommandError, ExitCode
from gateway.cli.main import guarded
from gateway.cli.stopping import set_when_told, until_told
from gateway.settings import SettingsError
from ledger.embedded import EmbeddedStartError
from ledger.kit.errors import Invalid, NotFound
from ledger.kit.keyring import MasterKeyFault
from support.eventually import PATIENCE_SECONDS


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (CommandError("Rien à faire."), ExitCode.FAULT, "Rien à faire."),
        (CommandError("Mal écrit.", ExitCode.USAGE), ExitCode.USAGE, "Mal écrit."),
        (NotFound(field="dossier"), ExitCode.REFUSED, "dossier : Cet élément n'existe pas"),
        (Invalid(field="at", rule="Cette date n'existe pas."), ExitCode.USAGE, "at : Cette date n'existe pas."),
        (SettingsError("DATABASE_URL is not set"), ExitCode.USAGE, "Réglage : DATABASE_URL"),
        (MasterKeyFault("another master key"), ExitCode.FAULT, "another master key"),
        (EmbeddedStartError("see its log"), ExitCode.FAULT, "see its log"),
        (psycopg.OperationalError("host=h password=secret"), ExitCode.FAULT, "La base de données ne répond pas."),
    ],
)
def test_what_is_foreseen_ends_in_one_line_and_a_code(capsys, error, code, said):
    def command():
        raise error

    assert guarded(command) == code
    captured = capsys.readouterr()
    assert captured.err.startswith(said)
    assert captured.err.count("\n") == 1
    assert "secret" not in captured.err
    assert captured.out == ""


def test_a_bug_is_not_hidden():
    def command():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        guarded(command)


@pytest.mark.parametrize("request_", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_told_to_stop_a_command_closes_what_it_opened_and_ends_well(request_):
    """The second request does not interrupt the closing."""
    closed = []
    with until_told():
        try:
            os.kill(os.getpid(), request_)
            threading.Event().wait(PATIENCE_SECONDS)
            closed.append("too late")
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            closed.append("closed")
    assert closed == ["closed"]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_worker_is_told_and_finishes_what_is_under_way():
    stop = threading.Event()
    with set_when_told(stop):
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(PATIENCE_SECONDS)
