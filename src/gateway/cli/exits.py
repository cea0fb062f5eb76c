"""How a command ends: exit codes that mean something, and errors that are one French line, without a traceback.

The codes are documented in `docs/operating.md`.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """0 done · 1 fault · 2 bad use or unusable input · 3 done in part · 4 refused by a rule, or not found."""

    DONE = 0
    FAULT = 1
    USAGE = 2
    PARTIAL = 3
    REFUSED = 4


class CommandError(Exception):
    """A command cannot go on. `message` is French and holds nothing personal."""

    def __init__(self, message: str, code: ExitCode = ExitCode.FAULT) -> None:
        self.message = message
        self.code = code
        super().__init__(message)
