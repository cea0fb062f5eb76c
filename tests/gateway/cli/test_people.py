"""The command line's part in tokens and terms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from support.databases import ORIGIN

ACCOUNT = ("--last-name", "Essaiquist", "--first-name", "Opale", "--email", "opale@fonds.example")


@pytest.fixture
def run(ledger_url: str, keys_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Any:
    """Runs a command line in this process: its exit code, its output, its errors."""
    from gateway.cli.main import app, guarded

    settings = {
        "DATABASE_URL": ledger_url, "KEYS_DATABASE_URL": keys_url, "DATA_DIR": str(tmp_path), "ORIGIN": ORIGIN,
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    def run_(*arguments: str) -> tuple[int, str, str]:
        try:
            code = guarded(lambda: app(list(arguments)))
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capsys.readouterr()
        return int(code), captured.out, captured.err

    assert run_("migrate")[0] == 0
    return run_


def test_a_token_is_made_with_or_without_what_is_grave(run: Any, ledger_url: str):
    """An integration that only reads need not hold what asks a person for a fresh proof."""
    account = run("account", "create", "operator", *ACCOUNT)[1].splitlines()[0].strip()
    assert run("token", "create", account, "--label", "tout")[0] == 0
    assert run("token", "create", account, "--label", "lecture", "--no-grave")[0] == 0
    with psycopg.connect(ledger_url) as connection:
        found = connection.execute("select label, grave from auth.token order by label").fetchall()
    assert found == [("lecture", False), ("tout", True)]
    listed = {line.split("  ")[2]: line for line in run("token", "list")[1].splitlines()}
    assert "sans actes sensibles" in listed["lecture"]
    assert "sans actes sensibles" not in listed["tout"]


@pytest.mark.parametrize("name", ["conditions.fr.md", "2999-01-01.fr.md"])
def test_terms_that_cannot_be_held_to_stop_the_start(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
):
    """Row O5: a text whose day nobody can tell, or none in force: the service says so, and does not start."""
    texts = tmp_path / "textes"
    texts.mkdir()
    (texts / name).write_text("# Conditions\n")
    monkeypatch.setenv("TERMS_DIR", str(texts))
    code, _, told = run("token", "list")
    assert code != 0
    assert "TERMS_DIR" in told
    assert "Traceback" not in told
