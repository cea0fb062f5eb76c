"""The commands of operators and auditors, on a real deployment named by DATABASE_URL."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from gateway.cli.main import app, guarded
from ledger.kit.names import retired
from ledger.log import schemas
from projections.registry import ALL
from support.databases import ORIGIN

NOBODY = "01890a5d-ac96-774b-bcce-b302099a8999"
OPERATOR = ("--last-name", "Essaiquist", "--first-name", "Opale", "--email", "essaiquist@fonds.example")


@pytest.fixture
def run(ledger_url, keys_url, tmp_path, monkeypatch, capsys) -> Callable[..., tuple[int, str, str]]:
    """Runs a command line in this process: its exit code, its output, its errors."""
    for name, value in {
        "DATABASE_URL": ledger_url, "KEYS_DATABASE_URL": keys_url, "DATA_DIR": str(tmp_path), "ORIGIN": ORIGIN,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)

    def run_(*arguments: str) -> tuple[int, str, str]:
        try:
            code = guarded(lambda: app(list(arguments)))
        except SystemExit as end:
            code = end.code or 0
        captured = capsys.readouterr()
        return int(code), captured.out, captured.err

    assert run_("migrate") == (0, "Bases à jour.\n", "")
    return run_


def test_migrating_twice_changes_nothing(run):
    assert run("migrate")[0] == 0


def test_an_account_its_token_and_the_end_of_it(run):
    code, out, _ = run("account", "create", "operator", *OPERATOR)
    account = out.strip()
    assert code == 0
    code, secret, told = run("token", "create", account, "--label", "poste d'essai", "--days", "30")
    assert code == 0
    assert re.fullmatch(r"dlt_[A-Za-z0-9_-]{43}", secret.strip())
    token = re.search(r"Jeton ([0-9a-f-]{36})", told)[1]
    _, listed, _ = run("token", "list", "--account", account)
    assert token in listed
    assert "poste d'essai" in listed
    assert secret.strip() not in listed
    assert "révoqué le" in run("token", "revoke", token)[1]
    assert run("token", "revoke", NOBODY)[0] == 4


def test_a_token_of_nobody_is_refused(run):
    code, out, told = run("token", "create", NOBODY, "--label", "essai")
    assert (code, out) == (4, "")
    assert told.startswith("account_id : ")


@pytest.mark.parametrize("days", ["0", "367"])
def test_a_token_lives_a_year_at_most(run, days):
    account = run("account", "create", "operator", *OPERATOR)[1].strip()
    assert run("token", "create", account, "--label", "essai", "--days", days)[0] == 2


def test_what_is_refused_names_the_field_and_never_the_value(run):
    mail = ("--email", "pas une adresse")
    code, _, told = run("account", "create", "operator", *OPERATOR[:4], *mail)
    assert code == 2
    assert told.startswith("email : ")
    assert "pas une adresse" not in told
    assert run("account", "create", "operator", *OPERATOR)[0] == 0
    code, _, told = run("account", "create", "operator", *OPERATOR)
    assert code == 4
    assert told.startswith("email : ")
    assert "essaiquist" not in told
    assert run("account", "create", "auditor", *OPERATOR)[0] == 2  # a mandate ends


def test_read_models_are_rebuilt_swapped_and_dropped(run):
    assert run("account", "create", "operator", *OPERATOR)[0] == 0
    code, out, _ = run("projections", "status")
    assert code == 0
    assert "2 événements de retard" in out  # nobody works here
    assert run("projections", "swap")[0] == 4  # nothing was rebuilt
    assert run("projections", "rebuild", "person", "account")[0] == 0
    assert "read_next à la position 2" in run("projections", "status")[1]
    assert run("projections", "swap", "person", "account")[0] == 0
    code, out, _ = run("projections", "status")
    assert out.count("sans retard") == 2
    assert out.count("read_old") == 2
    assert run("projections", "swap", "person", "--back")[0] == 0
    assert "account" in run("projections", "drop")[1]
    assert run("projections", "drop", "--next")[1].strip() == "Supprimé : person"


def test_rebuilt_rows_are_compared_with_the_live_ones(run, ledger_url):
    """B6: operators see the differences, by key and column: exit code 4, and never a value."""
    assert run("projections", "diff") == (4, "", "Comparaison refusée :\n" + "\n".join(
        f"{projector.NAME} : aucune table dans read_next" for projector in ALL) + "\n")  # fmt: skip
    assert run("account", "create", "operator", *OPERATOR)[0] == 0
    assert run("projections", "rebuild", "person", "--processes", "2")[0] == 0
    assert run("projections", "swap", "person")[0] == 0
    assert run("projections", "rebuild", "person")[0] == 0
    assert run("projections", "diff", "person") == (0, "read et read_next ont les mêmes lignes.\n", "")
    with psycopg.connect(ledger_url) as connection:
        connection.execute("update read.person set last_name = 'Essaiquist-Autre'")
        connection.execute("insert into read.person_party select gen_random_uuid(), '{}' from generate_series(1, 22)")
    code, out, _ = run("projections", "diff", "person")
    lines = out.splitlines()
    assert (code, lines[0]) == (4, "person : 1 ligne(s) diffèrent")
    assert lines[1].startswith("  person_id=")
    assert lines[1].endswith(" : diffère par last_name")
    assert lines[2] == "person_party : 22 ligne(s) diffèrent"
    assert lines[3].endswith(" : absente de read_next")
    assert lines[-1] == "  … et 2 autre(s)"
    assert "quist" not in out.lower()


def test_read_models_as_they_stood_are_made_apart(run):
    """What was read on a day, by what was recorded then: beside everything else, and never swapped."""
    assert run("account", "create", "operator", *OPERATOR)[0] == 0
    assert run("projections", "rebuild", "--position", "1", "person") == (
        0, "Reconstruit dans read_past jusqu'à la position 1.\n", "")  # fmt: skip
    assert "read_past à la position 1" in run("projections", "status")[1]
    assert run("projections", "swap", "person")[0] == 4
    for when, position in (
        ("2020-01-31", 0),
        ("2020-01-31T12:00:00+01:00", 0),
        ("9998-12-31", 2),
        ("2999-01-01T08:00", 2),
    ):
        code, out, _ = run("projections", "rebuild", "--at", when, "person")
        assert (code, out) == (0, f"Reconstruit dans read_past jusqu'à la position {position}.\n")
    assert run("projections", "drop", "--past")[1].strip() == "Supprimé : person"
    for wrong in (("--at", "hier"), ("--at", "9999-12-31"), ("--at", "2020-01-31", "--position", "1")):
        assert run("projections", "rebuild", *wrong)[0] == 2
    assert run("projections", "drop", "--past", "--next")[0] == 2


def test_a_read_model_that_stopped_is_an_alarm_until_it_goes_on(run, ledger_url):
    assert run("projections", "retry", "person")[0] == 4  # it has not stopped
    with psycopg.connect(ledger_url) as connection:
        connection.execute("update read.position set state = 'failed', error = 'essai' where projector = 'person'")
    code, out, _ = run("projections", "status")
    assert code == 3
    assert "arrêtée sur un événement" in out
    assert run("projections", "retry", "person") == (0, "« person » reprend.\n", "")
    assert run("projections", "status")[0] == 0


def test_an_unknown_read_model_is_named_with_those_that_there_are(run):
    code, _, told = run("projections", "rebuild", "dossier", "inconnu")
    assert code == 2
    assert "inconnu" in told
    assert "transfer" in told


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--at", "2023-02-30"), 2),
        (("--at", "mars"), 2),
        (("--known-at", "hier"), 2),
        (("--position", "-1"), 2),
        (("--at", "2023-01-01", "--position", "3"), 2),
        ((), 4),
    ],
)
def test_a_replay_that_cannot_be_asked_for(run, options, code):
    assert run("audit", "replay", "sans-dossier", *options)[0] == code


def test_schemas_are_checked_and_written(run, tmp_path):
    folder = tmp_path / "schemas"
    assert run("schemas", str(folder), "--check")[0] == 3
    assert run("schemas", str(folder))[0] == 0
    # What a retired name's schema was is not generated any more: it is kept, or missed.
    for kept in map(schemas.path_of, retired()):
        assert str(kept) in run("schemas", str(folder), "--check")[2]
        shutil.copy2(Path(__file__).parents[3] / "schemas" / kept, folder / kept)
    assert run("schemas", str(folder), "--check") == (0, "Schémas à jour.\n", "")
    agreement = folder / "dossier" / "agreement-issued.v1.json"
    changed = json.loads(agreement.read_text())
    changed["properties"]["bonus"] = {"type": "integer"}
    agreement.write_text(json.dumps(changed))
    code, _, told = run("schemas", str(folder))
    assert (code, told) == (4, "dossier/agreement-issued.v1.json: bonus: removed\n")


def test_generated_files_are_imported_once(run, tmp_path, monkeypatch):
    """B7: the second import finds everything there already; a refused line is reported and makes the code 3."""
    monkeypatch.setenv("LEDGER_FICTITIOUS", "1")
    files = tmp_path / "files"
    assert run("generate", str(files), "--scale", "0.00002")[0] == 0
    code, out, _ = run("import", str(files))
    assert code == 0
    assert "dossiers : 40 lues, 40 importées" in out
    code, out, _ = run("import", str(files))
    assert code == 0
    assert "dossiers : 40 lues, 0 importées, 40 déjà présentes" in out
    (organisations,) = files.glob("organisations*.csv")
    header, first, *_ = organisations.read_text(encoding="utf-8-sig").splitlines()
    bad = tmp_path / "organisations.csv"
    bad.write_text("\n".join([header, first.replace(re.search(r"\d{9}", first)[0], "123456789"), ""]))
    code, out, _ = run("import", str(bad), "--report", str(tmp_path / "refus.csv"))
    assert code == 3
    assert "siren" in (tmp_path / "refus.csv").read_text()
    assert run("import", str(tmp_path / "absent.csv"))[0] == 2


def test_a_directory_without_a_database_is_refused_not_filled(run, tmp_path, monkeypatch):
    """A mistyped path must not look like an empty ledger."""
    nowhere = tmp_path / "nulle-part"
    code, _, told = run("projections", "status", "--data-dir", str(nowhere))
    assert code == 2
    assert str(nowhere) in told
    assert not nowhere.exists()


def test_a_database_that_does_not_answer_is_a_fault_without_its_address(run, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://login:motdepasse@127.0.0.1:1/ledger?connect_timeout=1")
    code, out, told = run("migrate")
    assert code == 1
    assert "motdepasse" not in out + told


def test_every_command_is_documented_for_operators():
    """docs/: each command line that exists stands in a page."""
    pages = "\n".join(path.read_text() for path in (Path(__file__).parents[3] / "docs").glob("*.md"))
    commands = {"audit replay", "account create", "token create", "token list", "token revoke", "migrate", "serve",
                "work", "import", "generate", "demo", "projections status", "projections rebuild", "projections swap",
                "projections drop", "projections retry", "projections diff", "schemas", "doctor", "backup",
                "restore", "keys prepare", "keys rotate", "vault verify", "vault move"}  # fmt: skip
    assert {each for each in commands if f"dossier-ledger {each}" not in pages} == set()
