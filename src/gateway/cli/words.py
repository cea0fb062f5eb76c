"""What the command line says of a bad input: the field and the rule, never the value."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError

from gateway.cli.exits import CommandError, ExitCode


@contextmanager
def invalid_fields() -> Iterator[None]:
    """Turn a command's own checks into one French error that names each field at fault."""
    try:
        yield
    except ValidationError as error:
        faults = [
            f"{'.'.join(map(str, fault['loc'])) or 'saisie'} : {_rule(fault['type'], fault['msg'])}"
            for fault in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise CommandError("\n".join(faults), ExitCode.USAGE) from None


def _rule(kind: str, message: str) -> str:
    return message if kind == "rule" else "valeur invalide"
