"""The manifest: what a backup holds, and the hashes by which it is known to be whole. It is written last."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from ledger.kit.durable import sync
from ledger.log.outside import Head

FILE: Final = "manifest.json"
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class BackupDamaged(RuntimeError):
    """A backup is incomplete, or not as it was made."""


class File(BaseModel):
    """One file of a backup: its size and the SHA-256 of its bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size_bytes: int
    sha256: Sha256

    @classmethod
    def of(cls, path: Path) -> Self:
        with path.open("rb") as file:
            return cls(size_bytes=path.stat().st_size, sha256=hashlib.file_digest(file, "sha256").hexdigest())


class Base(BaseModel):
    """What both manifests have. `position` is the log's head when it was made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    origin: str
    made_at: AwareDatetime
    position: int
    files: dict[str, File]

    @classmethod
    def read(cls, directory: Path) -> Self:
        """The manifest of a backup whose files were all checked against it; BackupDamaged otherwise."""
        try:
            manifest = cls.model_validate_json((directory / FILE).read_bytes())
        except FileNotFoundError:
            raise BackupDamaged(f"{directory} n'a pas de {FILE} : la sauvegarde n'a pas été finie") from None
        except ValidationError:
            raise BackupDamaged(f"{directory / FILE} n'est pas celui d'une sauvegarde") from None
        for name, wanted in manifest.files.items():
            if not (directory / name).is_file() or File.of(directory / name) != wanted:
                raise BackupDamaged(f"{directory / name} est absent, ou n'est plus tel qu'il a été sauvegardé")
        return manifest

    def write(self, directory: Path) -> None:
        """Durably, and after everything else: a backup without it was never finished."""
        draft = directory / f".{FILE}"
        with draft.open("w", encoding="utf-8") as file:
            file.write(self.model_dump_json(indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())
        draft.rename(directory / FILE)
        sync(directory)


class Manifest(Base):
    """Of the log and the documents. `leaf` is the head's; `leaves` the SHA-256 of all leaves in order; `absent` are the
    documents whose bytes were not there, or not the recorded ones, when they were to be copied.
    """

    leaf: str
    leaves: Sha256
    documents: int
    documents_copied: bool
    absent: tuple[str, ...]

    @property
    def head(self) -> Head:
        return Head(self.origin, self.position, self.leaf)


class KeysManifest(Base):
    """Of the keys."""

    keys: int
    destroyed: int


def files(directory: Path, names: Iterable[str]) -> dict[str, File]:
    """The entries of these files, made durable first."""
    for name in names:
        sync(directory / name)
    return {name: File.of(directory / name) for name in names}
