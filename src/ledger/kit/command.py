"""The base of every command: an order that may be refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from ledger.work import Work


class Command(BaseModel):
    """An order. Its fields may hold personal data in clear: it is never logged, stored or put in an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


C = TypeVar("C", bound=Command)
Handler = Callable[[Any, "Work"], UUID]

_handlers: dict[type[Command], Handler] = {}


def handles(command_class: type[C]) -> Callable[[Callable[[C, Work], UUID]], Callable[[C, Work], UUID]]:
    """Register the one handler of a command: it loads, asks the aggregate, returns the id of what it changed."""

    def register(handler: Callable[[C, Work], UUID]) -> Callable[[C, Work], UUID]:
        if command_class in _handlers:
            raise TypeError(f"{command_class.__name__} has two handlers")
        _handlers[command_class] = handler
        return handler

    return register


def handler_of(command_class: type[Command]) -> Handler:
    return _handlers[command_class]
