"""Why an append wrote nothing: each of log.append's refusals as an exception."""

from __future__ import annotations

import psycopg
from eventsourcing.persistence import DatabaseError, IntegrityError, OperationalError

from ledger.kit.errors import LogReadOnly


class AppendRefused(IntegrityError):
    """The transaction wrote nothing. `command` is the index, in the batch, of the append at fault."""

    def __init__(self, command: int, message: str) -> None:
        super().__init__(message)
        self.command = command


class KeyUsed(AppendRefused):
    """The idempotency key was used before: what it was answered is in the log."""


class GuardBroken(AppendRefused):
    """A stream that the decision depended on has moved on."""


class ClaimTaken(AppendRefused):
    """A unique value is another stream's. `kind` names it."""

    def __init__(self, command: int, kind: str) -> None:
        super().__init__(command, f"value claimed: {kind}")
        self.kind = kind


class StreamConflict(IntegrityError):
    """A stream already has a version that the batch wanted to write."""


class AppendVoided(OperationalError):
    """The connection was lost; the append was not recorded and never will be. The order may be given again."""


class PositionTaken(BaseException):
    """Two events with one position: a bug in the append. It is no Exception, so that nothing catches it and goes on."""


def refusal(error: psycopg.DatabaseError) -> BaseException:
    """What a database error of log.append means."""
    detail = error.diag.message_detail or ""
    match error.sqlstate:
        case "LK001":
            return KeyUsed(int(detail) - 1, "idempotency key used")
        case "LK002":
            return GuardBroken(int(detail) - 1, "guard broken")
        case "LK003":
            command, _, kind = detail.partition(":")
            return ClaimTaken(int(command) - 1, kind)
        case "LK004":
            return LogReadOnly()
        case "23505" if error.diag.constraint_name == "events_stream_version":
            return StreamConflict("a stream has this version already")
        case "23505" if error.diag.constraint_name == "events_position":
            return PositionTaken(detail)
        case "23505":
            return IntegrityError(error.diag.constraint_name or "")
        case _ if isinstance(error, psycopg.OperationalError):
            return error  # a lock not had, a full disk, a time-out: of the moment, and undone whole
        case _:
            return DatabaseError(str(error))


def is_disconnection(error: psycopg.Error) -> bool:
    """True where nobody can say whether the transaction was committed: no answer came (no SQLSTATE), or the server
    went away (class 57P, 08).
    """
    return error.sqlstate is None or error.sqlstate.startswith(("57P", "08"))
