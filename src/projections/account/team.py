"""A team: the users of one organisation, as provider or as member. Its key is one text, which `led.managed` names."""

from __future__ import annotations

from uuid import UUID


def team_of(organisation_id: UUID | str, kind: str) -> str:
    """`<organisation_id>:<kind>`, the same in tables, in settings and in callers."""
    return f"{organisation_id}:{kind}"
