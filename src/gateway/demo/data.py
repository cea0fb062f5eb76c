"""The demonstration's data: generated once, imported through the front door, gone on with where it was interrupted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self
from uuid import UUID

import orjson

from gateway.demo.papers import Held, file_pieces
from gateway.generator import Expected, Fund, Size, personas, write_files
from gateway.generator.personas import Persona
from gateway.importer.importing import import_files
from gateway.importer.progress import follow
from gateway.importer.report import Summary
from gateway.service import Service
from ledger.account.events import Profile
from ledger.log.database import Role

SEED: Final = 20_261_031
SCALE: Final = 1 / 1000
"""Eighteen hundred dossiers: enough for every list to have pages, imported in half a minute by two processors."""

_LOOKED_AT: Final = 20_000
"""Positions among which a dossier worth showing is sought: enough of them, whatever the size."""


@dataclass(frozen=True)
class _Opening:
    """A dossier as it was opened, and how many events it has."""

    dossier_id: UUID
    events: int
    number: str
    company: UUID
    providers: tuple[UUID, ...]

    @property
    def parties(self) -> set[UUID]:
        return {self.company, *self.providers}


@dataclass(frozen=True)
class Made:
    """Which fund a directory holds, and whether it holds all of it."""

    seed: int = SEED
    scale: float = SCALE
    whole: bool = False

    @property
    def fund(self) -> Fund:
        return Fund(self.seed, Size(self.scale))

    @classmethod
    def read(cls, path: Path) -> Self | None:
        try:
            return cls(**orjson.loads(path.read_bytes()))
        except FileNotFoundError:
            return None

    def write(self, path: Path) -> None:
        path.write_bytes(orjson.dumps(asdict(self)))


def imported(service: Service, data_dir: Path, scale: float) -> tuple[Made, Summary | None]:
    """The fund of the directory, imported now unless it is there already (no summary then).

    The first start decides on the size: a directory never mixes two funds.
    """
    note = data_dir / "fund.json"
    made = Made.read(note) or Made(scale=scale)
    if made.whole:
        return made, None
    made.write(note)
    files = data_dir / "files"
    written(files, seed=made.seed, scale=made.scale)
    with follow() as follower:
        summary = import_files(
            service.ledger,
            service.keyring,
            service.vault,
            [files],
            report=data_dir / "import-refus.csv",
            progress=follower,
        )
    if summary.exit_code == 0:
        for persona in personas(made.fund):
            file_pieces(service, _dossiers_of(service, persona))
        made = Made(made.seed, made.scale, whole=True)
        made.write(note)
    return made, summary


def written(directory: Path, *, seed: int, scale: float) -> Expected:
    """The files of a fund, with progress."""
    with follow() as follower:
        follower.begin("génération (dossiers)", Size(scale).dossiers)
        return write_files(directory, seed=seed, scale=scale, progress=follower.advance)


def worth_replaying(service: Service, made: Made) -> str:
    """The number of a dossier of the first persona's that has an agreement, payments and a long history.

    It is the one with most events of those opened first: the log tells, whether or not the read models follow yet.
    """
    return next((each.number for each in _openings(service, personas(made.fund)[0])), "")


def _dossiers_of(service: Service, persona: Persona) -> list[Held]:
    """Those of a persona's dossiers that its pieces may be filed on, the longest histories first."""
    if persona.profile is not Profile.REFERENT:
        return []
    return [Held(each.dossier_id, each.company, each.providers[0]) for each in _openings(service, persona)]


def _openings(service: Service, persona: Persona) -> list[_Opening]:
    """The persona's dossiers among those opened first, those with most events before the others."""
    held = [service.keyring.digest("siret", siret) for siret in persona.sirets]
    establishments = {service.ledger.log_recorder.select_claim("siret", digest) for digest in held}
    with service.database.transaction(Role.AUDITOR) as connection:
        rows = connection.execute(
            "select e.stream_id, e.payload, "
            "(select count(*) from log.event_dossier d where d.dossier_id = e.stream_id) as events "
            "from log.events e where e.name = 'dossier.opened.v1' and e.position < %s",
            (_LOOKED_AT,),
        )
        opened = [_opening(row) for row in rows]
    return sorted((each for each in opened if establishments & each.parties), key=lambda one: -one.events)


def _opening(row: Mapping[str, Any]) -> _Opening:
    told = orjson.loads(row["payload"])
    providers = tuple(UUID(each) for each in told["provider_establishment_ids"])
    return _Opening(row["stream_id"], row["events"], told["number"], UUID(told["company_establishment_id"]), providers)
