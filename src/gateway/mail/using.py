"""What a link can be for: the shape that each purpose fills, wherever it lives (`gateway.mail.purposes` lists them)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from gateway.api.client import RequestFacts
from gateway.api.problems import Fault
from gateway.mail.links import Link
from gateway.service import Service
from ledger.application import IdempotencyKey


@dataclass(frozen=True)
class Asked:
    """What a link's page says and asks. `identifier` is the e-mail of the account that the link is of, where one is.

    `password` asks for a new password, with its rules; `cancel` is the text of a second button, « Ce n'est pas moi »,
    that posts `cancel=1` beside.
    """

    title: str
    paragraphs: tuple[str, ...]
    button: str
    identifier: str | None = None
    password: bool = False
    cancel: str | None = None


@dataclass(frozen=True)
class Done:
    """What using a link did, in one sentence, and where one goes on."""

    message: str
    next: Literal["sign-in", "home"] = "sign-in"


def order_key(link: Link) -> IdempotencyKey:
    """The key of the one order that a link's use gives: however often it is tried, it is given once."""
    return IdempotencyKey(account_id=None, route="link", key=str(link.link_id), body=b"")


class Use(Protocol):
    """One purpose. `given` is what was posted: `password` where it is asked for, `cancel` where that was pressed.

    The connection acts as AUTH, in the transaction that holds the link: what is written on it is committed with the
    link's use, or not at all. Commands run with `order_key(link)`, so that a crash before the commit is harmless.
    Faults are returned before anything is done: the link stays usable.
    """

    async def asked(self, service: Service, connection: AsyncConnection[DictRow], link: Link) -> Asked | None:
        """What the page says; None where what the link is about is over: the link is answered as not valid."""

    async def use(
        self,
        service: Service,
        connection: AsyncConnection[DictRow],
        link: Link,
        given: Mapping[str, str],
        facts: RequestFacts,
    ) -> Done | list[Fault] | None:
        """Do it; None as in `asked`."""
