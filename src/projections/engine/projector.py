"""The projector: pure folds over named events, and what the engine must know to run them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, TypeVar

from ledger.kit.event import Event
from projections.engine.entry import Entry
from projections.engine.needs import Need
from projections.engine.rows import Rows
from projections.engine.table import Table

Fold = Callable[[Any, Entry, Rows], None]
Needs = Callable[[Entry], Iterable[Need]]
F = TypeVar("F", bound=Fold)


class Handler(NamedTuple):
    """How one projector takes one kind of event; `fold` is the plain function, called with the projector first."""

    fold: Fold
    needs: Needs


def on(*events: type[Event], needs: Needs) -> Callable[[F], F]:
    """Subscribe a method of a projector to events, by their published names.

    `needs` names the rows that the method will ask for, from the entry alone. A row that can only be known from another
    row may be left out: asking for it then costs a query of its own, once.
    """

    def mark(fold: F) -> F:
        handlers: dict[str, Handler] = fold.__dict__.setdefault("_handlers", {})
        handlers.update({event.NAME: Handler(fold, needs) for event in events})
        return fold

    return mark


class Projector:
    """A fold of the log into tables. It has no state, no SQL and no clock: what it knows is in its rows.

    NAME and TABLES are unique among projectors. VERSION goes up by one with any change of a fold or of `table.sql`:
    the engine then leaves the live rows as they are and reports « à reconstruire ». OPENS are the payload fields that
    the folds read in clear (`last_name`; `address.street` for a nested one); the engine opens them, a batch at a time.
    """

    NAME: ClassVar[str]
    VERSION: ClassVar[int]
    TABLES: ClassVar[tuple[Table, ...]]
    OPENS: ClassVar[frozenset[str]] = frozenset()
    HANDLERS: ClassVar[Mapping[str, Handler]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own: dict[str, Handler] = {}
        for member in vars(cls).values():
            for name, handler in getattr(member, "_handlers", {}).items():
                if name in own:
                    raise TypeError(f"{cls.__name__} handles {name} twice")
                own[name] = handler
        cls.HANDLERS = {**cls.HANDLERS, **own}

    def ddl(self) -> str:
        """SQL that makes the tables, with `{schema}` where the schema's name goes: `table.sql` beside the module.

        Tables only, with their indexes, grants, row security and policies: a swap moves tables, nothing else.
        """
        return Path(inspect.getfile(type(self))).with_name("table.sql").read_text("utf-8")
