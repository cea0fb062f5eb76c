"""What pages of lists share: addresses with what they ask, a filter's choices, faults in their places."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from gateway.api.establishment_reading import EstablishmentSearch, read_establishments
from gateway.portal.forms import Form
from gateway.portal.visit import Visit
from ledger.account.events import Role as AccountRole

MOST_CHOICES: Final = 200
"""Establishments that a filter lists by name; a reader of more of them finds a dossier by its number or its trainee."""


def link(path: str, asked: Mapping[str, str | None]) -> str:
    """The path and what is asked of it; what is absent is left out."""
    told = {name: text for name, text in asked.items() if text}
    return f"{path}?{urlencode(told)}" if told else path


def placed(form: Form, fields: Collection[str]) -> Form:
    """The form, with faults at its fields alone: of what has no field on the page they are the whole form's."""
    faults: dict[str, list[str]] = {}
    for name, texts in form.faults.items():
        told = texts if name in fields else [f"L'adresse de cette page n'est pas comprise. {text}" for text in texts]
        faults.setdefault(name if name in fields else "", []).extend(told)
    return form.with_faults(faults)


async def establishment_choices(visit: Visit) -> list[tuple[UUID, str]]:
    """The establishments of a filter, by their raison sociale: (id, « raison sociale – SIRET »). None for the staff,
    who see all of the fund's, and come to one's lists from its own page.
    """
    if visit.caller.role != AccountRole.PORTAL:
        return []
    held = await read_establishments(visit.call, EstablishmentSearch(limit=MOST_CHOICES))
    named = [(each.establishment_id, f"{each.name or 'Nom effacé'} – {each.siret}") for each in held.shown.items]
    return sorted(named, key=lambda choice: (choice[1].casefold(), choice[0]))
