"""The command line of people and mail: a link where no mail goes yet, and how the outbox is doing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway import service as services
from gateway.cli import main
from gateway.mail.creation import CreationMails
from gateway.policies.runner import Runner
from gateway.service import Service
from gateway.settings import Settings
from ledger.log.database import Role
from support.databases import ORIGIN, Databases


@pytest.fixture
def service(
    make_databases: Callable[[], Databases], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Service]:
    databases = make_databases()
    settings = {
        "DATABASE_URL": databases.ledger,
        "KEYS_DATABASE_URL": databases.keys,
        "DATA_DIR": str(tmp_path),
        "ORIGIN": ORIGIN,
        "PUBLIC_URL": "https://portail.example",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    made = Settings.from_environment(settings)
    services.migrate(made)
    with services.opened(made) as opened:
        yield opened


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main.app, list(arguments))


def account(role: str = "operator") -> str:
    names = ["--last-name", "Kravgnolle", "--first-name", "Vadimion", "--email", "vadimion@example.org"]
    made = run("account", "create", role, *names)
    assert made.exit_code == 0, made.output
    return made.stdout.strip()


def test_the_first_account_gets_a_link_on_the_terminal_where_no_mail_goes_yet(service):
    """It is shown once, journalled, and a newer one makes it void."""
    account_id = account()
    first, second = (run("account", "link", account_id) for _ in range(2))
    assert first.stdout.startswith("https://portail.example/liens/")
    assert "24 heures" in first.stderr
    with service.database.transaction(Role.AUTH) as connection:
        found = connection.execute("select void_at is null as open from auth.link order by made_at").fetchall()
        noted = connection.execute("select kind, outcome, account_id::text from auth.journal").fetchall()
        everything = str(connection.execute("select * from auth.journal").fetchall())
    assert [row["open"] for row in found] == [False, True]
    assert [tuple(row.values()) for row in noted] == [("link", "shown", account_id)] * 2
    assert second.stdout.strip().rpartition("/")[2] not in everything


def test_an_account_that_does_not_exist_has_no_link(service):
    refused = run("account", "link", "01890a5d-ac96-774b-bcce-b302099a8001")
    assert refused.exit_code != 0
    assert "liens" not in refused.output


def test_the_outbox_says_what_waits_and_what_did_not_go(service):
    """Neither addresses nor names: ids, kinds and codes."""
    account()
    Runner(service, [CreationMails(service)]).catch_up()
    with service.database.transaction(Role.AUTH) as connection:
        connection.execute(
            "update auth.mail set attempts = 2, last_code = '451', next_at = now() + interval '1 hour' "
            "returning mail_id"
        )
    told = run("mail", "status")
    assert told.exit_code == 0, told.output
    assert "Rien ne part" in told.stdout
    assert "2 essai(s)  451" in told.stdout
    assert "vadimion" not in told.output.casefold()
    assert "1 courriel(s)" in run("mail", "retry").stdout
    with service.database.transaction(Role.AUTH) as connection:
        (row,) = connection.execute("select next_at <= now() as now from auth.mail").fetchall()
    assert row["now"]
    assert run("mail", "retry", "01890a5d-ac96-774b-bcce-b302099a8001").exit_code != 0
