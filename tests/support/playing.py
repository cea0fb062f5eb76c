"""How a history is played: what is known so far, and orders made of it, their particulars drawn at random."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from ledger.application import Ledger
from ledger.establishment import commands as establishments
from ledger.kit.aggregate import Aggregate
from ledger.kit.command import Command
from ledger.kit.errors import Refusal
from ledger.kit.fictitious import FICTITIOUS_BIC, fictitious_iban, fictitious_siren, fictitious_siret
from ledger.organisation.commands import RegisterOrganisation
from ledger.organisation.events import OrganisationKind

A = TypeVar("A", bound=Aggregate)

NAMES = ("Aubin", "Bastide", "Cœur", "De la Forêt", "Éloi", "Zéphirin-Aubin")
DAY = date(2023, 3, 2)


ORDERS: dict[str, Callable[[History], None]] = {}
"""Every kind of order, by its name: `support.histories` and `support.histories_of_people` fill it."""


@dataclass
class History:
    """`play` gives one order of a kind, its particulars drawn from `random`. Ids are kept by noun."""

    ledger: Ledger
    random: Random
    ids: dict[str, list[Any]] = field(default_factory=dict)
    recorded: int = 0
    latest: bool = False

    def play(self, kind: str) -> None:
        ORDERS[kind](self)

    def begin(self) -> None:
        """What every fund has: two providers, two companies, a portal account, some dossiers."""
        for kind in (OrganisationKind.PROVIDER, OrganisationKind.MEMBER):
            for _ in range(2):
                self.organisation(kind)
        for _ in range(3):
            self.play("open dossier")
        self.play("create account")
        self.play("invite")
        self.play("open lot")

    def do(self, noun: str | None, command: Callable[[], Command], *, actor: UUID | None = None) -> UUID | None:
        """Give an order, and keep the id of what it made; None where it was refused, or nothing could be ordered."""
        try:
            made = self.ledger.execute(command(), actor=actor).resource_id
        except (Refusal, LookupError):
            return None
        self.recorded += 1
        if noun is not None and made not in self.ids.setdefault(noun, []):
            self.ids[noun].append(made)
        return made

    def any(self, noun: str) -> Any:
        """One of the ids of a noun, the last made half of the time; LookupError where there is none."""
        known = self.ids.get(noun, [])
        return known[-1] if known and (self.latest or self.random.random() < 0.5) else self.random.choice(known)

    def some(self, noun: str, most: int) -> tuple[Any, ...]:
        known = self.ids.get(noun, [])
        if not known:
            raise LookupError(noun)
        return tuple(self.random.sample(known, min(len(known), self.random.randint(1, most))))

    def state(self, aggregate_class: type[A], stream_id: UUID) -> A:
        aggregate = self.ledger.repository.get(stream_id)
        assert isinstance(aggregate, aggregate_class)
        return aggregate

    def day(self) -> date:
        return DAY + timedelta(days=self.random.randint(0, 3))

    def name(self) -> str:
        return self.random.choice(NAMES)

    def cents(self) -> int:
        return self.random.choice((1, 10_000, 25_000, 40_000))

    def number(self) -> int:
        self.ids.setdefault("number", []).append(None)
        return len(self.ids["number"])

    def organisation(self, kind: OrganisationKind) -> None:
        n = self.number()
        organisation_id = self.do(
            f"{kind} organisation",
            lambda: RegisterOrganisation(siren=fictitious_siren(n), name=self.name(), kinds=frozenset({kind})),
        )
        for nth in range(2):
            made = self.do(
                kind.value,
                lambda nth=nth: establishments.RegisterEstablishment(  # type: ignore[misc]
                    organisation_id=organisation_id,
                    number=str(n * 10 + nth),
                    siret=fictitious_siret(n, nth),
                    name=self.name(),
                    postcode="99000",
                    town="Essaiville",
                ),
            )
            self.ids.setdefault(f"places of {organisation_id}", []).append(made)
            self.do(
                None,
                lambda made=made, nth=nth: establishments.RecordBankDetails(  # type: ignore[misc]
                    establishment_id=made, iban=fictitious_iban(n * 10 + nth), bic=FICTITIOUS_BIC, on=date(2020, 1, 1)
                ),
            )


def chain(*kinds: str | tuple[str, ...]) -> Callable[[History], None]:
    """Orders one after the other, each about the last made of its noun; a tuple is a choice."""

    def order(h: History) -> None:
        h.latest = True
        for kind in kinds:
            h.play(kind if isinstance(kind, str) else h.random.choice(kind))
        h.latest = False

    return order


def simple(
    command: type[Command], noun: str, key: str, **fields: Callable[[History], Any]
) -> Callable[[History], None]:
    """An order about one thing that there is."""

    def order(h: History) -> None:
        h.do(None, lambda: command(**{key: h.any(noun)}, **{name: make(h) for name, make in fields.items()}))

    return order
