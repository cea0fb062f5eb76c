"""What the doctor says: one finding a line, what to do about it, and the page that explains it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from psycopg import Connection
from psycopg.rows import DictRow

from gateway.settings import Settings
from ledger.log.database import Database


class Level(StrEnum):
    """How bad it is: only a failure makes the exit code 1."""

    OK = "ok"
    WARN = "alerte"
    FAIL = "panne"


class Runbook(StrEnum):
    """The pages of `docs/runbooks/`, one for each kind of incident."""

    DATABASE_DOWN = "database-down"
    DATABASE_SLOW = "database-slow"
    CONNECTIONS = "connections"
    DURABILITY = "durability"
    STANDBY = "standby"
    MIGRATIONS = "migrations"
    LOG_READ_ONLY = "log-read-only"
    LOG_DAMAGED = "log-damaged"
    READ_MODEL_STOPPED = "read-model-stopped"
    READ_MODEL_LATE = "read-model-late"
    KEYS = "keys"
    VAULT = "vault"
    DISK = "disk"
    CLOCK = "clock"
    MAIL = "mail"
    SCANNING = "scanning"

    @property
    def page(self) -> str:
        return f"docs/runbooks/{self}.md"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. `told` and `remedy` are French, and hold nothing personal: ids, positions, names of events, figures."""

    subject: str
    level: Level
    told: str
    remedy: str | None = None
    runbook: Runbook | None = None

    def lines(self) -> Iterator[str]:
        yield f"{self.level:<6} {self.subject} : {self.told}"
        if self.remedy is not None and self.runbook is not None:
            yield f"{'':6} → {self.remedy} ({self.runbook.page})"


@dataclass(frozen=True)
class Patient:
    """What the checks look at. `connection` is the owner's, in autocommit; `thorough` reads the whole log."""

    settings: Settings
    connection: Connection[DictRow]
    database: Database
    thorough: bool = False


Check = Callable[[Patient], Iterator[Finding]]


def ok(subject: str, told: str) -> Finding:
    return Finding(subject, Level.OK, told)


def trouble(level: Level, subject: str, told: str, remedy: str, runbook: Runbook) -> Finding:
    return Finding(subject, level, told, remedy, runbook)


warn = partial(trouble, Level.WARN)
fail = partial(trouble, Level.FAIL)
