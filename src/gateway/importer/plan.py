"""How a line becomes an order: its natural key, what it refers to, its command, and the columns that refusals name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import orjson
from pydantic import ValidationError

from gateway.importer.kinds import Kind
from gateway.importer.references import Name, References
from ledger.application import IdempotencyKey, Order
from ledger.kit.command import Command
from ledger.kit.errors import IdempotencyMismatch, Refusal
from ledger.unit_of_work import Foreseen

Values = Mapping[str, Any]
Fault = tuple[str, str]
"""A column (empty for the whole line) and a French rule."""

_CHANGED: Final = "Cette ligne a déjà été importée avec un autre contenu : l'import ajoute, il ne corrige pas."
_OUT_OF_RULES: Final = "La valeur n'est pas admise."


def _refers_to_nothing(values: Values) -> Iterable[Name]:
    del values
    return ()


@dataclass(frozen=True, slots=True)
class Plan:
    """`key` makes the line's repeats harmless, under the `route`; `columns` maps the fields of refusals to columns."""

    kind: Kind
    key: Callable[[Values], str]
    command: Callable[[Values, References], Command]
    refers: Callable[[Values], Iterable[Name]] = _refers_to_nothing
    columns: Mapping[str, str] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()  # columns that belong to another step, and may be filled in later
    seeks: Callable[[Values, References], tuple[Name, ...]] = lambda _, __: ()  # values that it claims, or looks for
    new_subjects: int = 0  # streams that it opens and seals personal data for

    def order(self, values: Values, references: References) -> Order:
        """The order that a line stands for. Raises a Refusal or a ValidationError."""
        body = {name: value for name, value in values.items() if name not in self.ignored}
        command = self.command(values, references)
        foreseen = Foreseen(named_streams(command), self.seeks(values, references), self.new_subjects)
        return Order(command, keyed(self.kind.name, self.key(values), body), foreseen)

    def faults(self, error: Refusal | ValidationError) -> list[Fault]:
        """What the report says of a refusal."""
        return faults(error, self.kind, self.columns)


def named_streams(command: Command) -> tuple[UUID, ...]:
    """The streams that a command names: its handler loads them."""
    named: list[UUID] = []
    for _, value in command:
        if isinstance(value, UUID):
            named.append(value)
        elif isinstance(value, tuple):
            named.extend(each for each in value if isinstance(each, UUID))
    return tuple(named)


def keyed(step: str, key: str, body: Mapping[str, Any]) -> IdempotencyKey:
    """The idempotency key of one step of a line: the same values, however they were written, are the same body."""
    canonical = orjson.dumps(body, option=orjson.OPT_SORT_KEYS, default=str)
    return IdempotencyKey(account_id=None, route=f"import:{step}", key=key, body=canonical)


def faults(error: Refusal | ValidationError, kind: Kind, columns: Mapping[str, str]) -> list[Fault]:
    """The columns and rules of a refusal. pydantic's own messages are English, and only ours are French."""

    def column(name: str | None) -> str:
        named = columns.get(name or "", name or "")
        return named if named in kind.by_name else ""

    if isinstance(error, ValidationError):
        return [
            (
                column(str(fault["loc"][0]) if fault["loc"] else None),
                fault["msg"] if fault["type"] == "rule" else _OUT_OF_RULES,
            )
            for fault in error.errors(include_input=False, include_url=False)
        ]
    if isinstance(error, IdempotencyMismatch):
        return [("", _CHANGED)]
    return [(column(error.field), error.message)]
