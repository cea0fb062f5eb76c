"""The tables of `docs/import.md`, made from the columns themselves."""

from __future__ import annotations

from gateway.importer.kinds import Kind


def table(kind: Kind) -> str:
    """The Markdown table of a kind's columns, as the documentation must show it."""
    rows = [
        f"| `{column.name}` | {'yes' if column.required else ''} | {_cell(column.form)} | {_cell(column.meaning)} |"
        for column in kind.columns
    ]
    return "\n".join(["| column | required | form | meaning |", "|---|---|---|---|", *rows])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
