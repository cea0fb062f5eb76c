"""How far an import has come, on a terminal and elsewhere."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from gateway.importer import Bars, Notes, follow


def test_plain_lines_where_there_is_no_terminal():
    written = StringIO()
    with follow(Console(file=written)) as follower:
        assert isinstance(follower, Notes)
        follower.begin("dossiers.csv", 25_000)
        for _ in range(50):
            follower.advance(500)
    assert written.getvalue().splitlines() == [
        "dossiers.csv : 25000 lignes", "dossiers.csv : 10000 / 25000", "dossiers.csv : 20000 / 25000",
    ]  # fmt: skip


def test_a_bar_for_each_file_on_a_terminal():
    written = StringIO()
    with follow(Console(file=written, force_terminal=True, width=100)) as follower:
        assert isinstance(follower, Bars)
        follower.begin("dossiers.csv", 10)
        follower.advance(10)
    assert "dossiers.csv" in written.getvalue()
    assert "10/10" in written.getvalue()
