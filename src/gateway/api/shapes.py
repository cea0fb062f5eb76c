"""Shapes that several nouns show."""

from __future__ import annotations

from typing import Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel

from projections.establishment.identity import Identity
from projections.page import Page

T = TypeVar("T")
R = TypeVar("R")


class Listed(BaseModel, Generic[T]):
    """A page. `total` says how many match, exactly up to 10 000; beyond, `total_is_capped` is true."""

    items: list[T]
    next_cursor: str | None
    total: int | None
    total_is_capped: bool


class Items(BaseModel, Generic[T]):
    """A short list, whole."""

    items: list[T]


class Party(BaseModel):
    """An establishment by its public identity. An erased name is null."""

    establishment_id: UUID
    siret: str
    name: str | None
    trade_name: str | None
    postcode: str
    town: str


def party(identity: Identity) -> Party:
    return Party(
        establishment_id=identity.establishment_id,
        siret=identity.siret,
        name=identity.name,
        trade_name=identity.trade_name,
        postcode=identity.postcode,
        town=identity.town,
    )


def paging(page: Page[R]) -> dict[str, object]:
    """What a page says beside its items."""
    return {"next_cursor": page.next_cursor, "total": page.total, "total_is_capped": page.total_is_capped}
