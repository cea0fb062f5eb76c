"""What a deployment sets: read once from the environment, checked, and never read again elsewhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

DEFAULT_DATA_DIR: Final = "./var/data"
JSON_LIMIT_BYTES: Final = 1024 * 1024
_LOG_LEVELS: Final = ("debug", "info", "warning", "error")


class SettingsError(Exception):
    """A setting is missing or cannot be used. Its text names the variable and never quotes a secret."""


@dataclass(frozen=True)
class Settings:
    """The deployment's settings. URLs hold passwords: they are kept out of the repr.

    `database_url` and `keys_database_url` are any PostgreSQL 15+, two databases with separate backups. `metrics_port` 0
    opens no listener for metrics.
    """

    database_url: str = field(repr=False)
    keys_database_url: str = field(repr=False)
    data_dir: Path = Path(DEFAULT_DATA_DIR)
    master_key_file: Path | None = None
    outside_dir: Path | None = None
    origin: str = "dossier-ledger.local"
    host: str = "127.0.0.1"
    port: int = 8000
    metrics_host: str = "127.0.0.1"
    metrics_port: int = 0
    log_level: str = "info"
    json_limit_bytes: int = JSON_LIMIT_BYTES
    ready_max_lag: int = 100_000

    @property
    def master_key_path(self) -> Path:
        """Where the master key is kept when the environment does not hold it."""
        return self.master_key_file or self.data_dir / "master.key"

    @property
    def vault_dir(self) -> Path:
        """Where the documents' encrypted bytes are kept."""
        return self.data_dir / "vault"

    @property
    def outside_path(self) -> Path:
        """Where the log's head is noted: best on another machine than the database's (OUTSIDE_DIR)."""
        return self.outside_dir or self.data_dir / "outside"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """The settings of `environment`; SettingsError names the first variable at fault."""
        master = environment.get("MASTER_KEY_FILE")
        outside = environment.get("OUTSIDE_DIR")
        return cls(
            database_url=_required(environment, "DATABASE_URL"),
            keys_database_url=_required(environment, "KEYS_DATABASE_URL"),
            data_dir=Path(environment.get("DATA_DIR", DEFAULT_DATA_DIR)),
            master_key_file=Path(master) if master else None,
            outside_dir=Path(outside) if outside else None,
            origin=environment.get("ORIGIN", cls.origin),
            host=environment.get("HOST", cls.host),
            port=_port(environment, "PORT", cls.port),
            metrics_host=environment.get("METRICS_HOST", cls.metrics_host),
            metrics_port=_port(environment, "METRICS_PORT", cls.metrics_port),
            log_level=_log_level(environment),
        )


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise SettingsError(f"{name} is not set")
    return value


def _port(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not 0 <= int(text) < 65536:
        raise SettingsError(f"{name} is not a port number")
    return int(text)


def _log_level(environment: Mapping[str, str]) -> str:
    level = environment.get("LOG_LEVEL", "info").lower()
    if level not in _LOG_LEVELS:
        raise SettingsError(f"LOG_LEVEL is one of {', '.join(_LOG_LEVELS)}")
    return level
