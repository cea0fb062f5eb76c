"""What a deployment sets: read once from the environment, checked, and never read again elsewhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from gateway.settings_values import (
    Frontend,
    Network,
    OidcProvider,
    SettingsError,
    SmtpServer,
    directory,
    frontends,
    is_loopback,
    listed,
    networks,
    number,
    public_url,
)
from gateway.settings_vault import VaultSettings

__all__ = ["Frontend", "OidcProvider", "Settings", "SettingsError", "SmtpServer", "VaultSettings"]

DEFAULT_DATA_DIR: Final = "./var/data"
JSON_LIMIT_BYTES: Final = 1024 * 1024
_LOG_LEVELS: Final = ("debug", "info", "warning", "error")
ARGON2_MEMORY_KIB: Final = 65_536


@dataclass(frozen=True)
class Settings:
    """The deployment's settings. URLs hold passwords: they are kept out of the repr.

    `database_url` and `keys_database_url` are any PostgreSQL 15+, two databases with separate backups, at PostgreSQL's
    own address; `pooler_url` is that of a transaction pooler before the first, for the gateway alone. `metrics_port` 0
    opens no listener for metrics. `public_url` is what the deployment set, or None: `public_origin` is what to use.
    `demo` (mails are shown on a page) is set by our own code alone, never by the environment.
    """

    database_url: str = field(repr=False)
    keys_database_url: str = field(repr=False)
    pooler_url: str | None = field(default=None, repr=False)
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
    # People: where they reach us, how they sign in, what is sent to them (docs/operating.md).
    public_url: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[Network, ...] = ()
    session_idle_minutes: int = 30
    session_hours: int = 10
    argon2_concurrency: int = 2
    argon2_memory_kib: int = ARGON2_MEMORY_KIB
    smtp: SmtpServer | None = None
    mail_dir: Path | None = None
    mail_from: str | None = None
    fund_name: str = "Fonds de formation"
    fund_team: str = "L'équipe du fonds de formation"
    fund_contact: str = ""
    fund_file: Path | None = None
    terms_dir: Path | None = None
    oidc: OidcProvider | None = None
    frontends: tuple[Frontend, ...] = ()
    journal_months: int = 12
    streams: int = 2000
    streams_per_account: int = 10
    vault: VaultSettings = field(default_factory=VaultSettings)
    demo: bool = False

    @property
    def master_key_path(self) -> Path:
        """Where the master key is kept when the environment does not hold it."""
        return self.master_key_file or self.data_dir / "master.key"

    @property
    def vault_dir(self) -> Path:
        """Where the documents' encrypted bytes are kept."""
        return self.data_dir / "vault"

    @property
    def incoming_dir(self) -> Path:
        """Where deposits are received, encrypted, before a store takes them: on the file system of a store of files."""
        return self.vault_dir / "incoming"

    @property
    def outside_path(self) -> Path:
        """Where the log's head is noted: best on another machine than the database's (OUTSIDE_DIR)."""
        return self.outside_dir or self.data_dir / "outside"

    @property
    def public_origin(self) -> str:
        """The origin that people's browsers use, no final slash: links in mails and origin checks stand on it."""
        return self.public_url or f"http://localhost:{self.port}"

    @property
    def public_host(self) -> str:
        """The host of `public_origin`, without its port."""
        return urlsplit(self.public_origin).hostname or "localhost"

    @property
    def sender(self) -> str:
        """Whom mails come from (MAIL_FROM): an address that nobody answers to."""
        return self.mail_from or f"no-reply@{self.public_host}"

    def answers_to(self, host: str) -> bool:
        """Whether `host` (a name or an address, no port) is one of ours; on a loopback origin, any loopback name is."""
        name = host.lower().rstrip(".")
        if is_loopback(self.public_host) and is_loopback(name):
            return True
        return name == self.public_host or name in self.allowed_hosts

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """The settings of `environment`; SettingsError names the first variable at fault."""
        master = environment.get("MASTER_KEY_FILE")
        outside = environment.get("OUTSIDE_DIR")
        database_url = _required(environment, "DATABASE_URL")
        direct_url = environment.get("DATABASE_DIRECT_URL")
        return cls(
            database_url=direct_url or database_url,
            pooler_url=database_url if direct_url else None,
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
            public_url=public_url(environment),
            allowed_hosts=tuple(host.lower().rstrip(".") for host in listed(environment, "ALLOWED_HOSTS")),
            trusted_proxies=networks(environment, "TRUSTED_PROXIES"),
            session_idle_minutes=number(
                environment, "SESSION_IDLE_MINUTES", cls.session_idle_minutes, least=1, most=720
            ),
            session_hours=number(environment, "SESSION_HOURS", cls.session_hours, least=1, most=24),
            argon2_concurrency=number(environment, "ARGON2_CONCURRENCY", cls.argon2_concurrency, least=1, most=64),
            argon2_memory_kib=_argon2_memory(environment),
            smtp=SmtpServer.parse(environment["SMTP_URL"]) if environment.get("SMTP_URL") else None,
            mail_dir=directory(environment, "MAIL_DIR"),
            mail_from=_address(environment, "MAIL_FROM"),
            fund_name=environment.get("FUND_NAME") or cls.fund_name,
            fund_team=environment.get("FUND_TEAM") or cls.fund_team,
            fund_contact=environment.get("FUND_CONTACT", cls.fund_contact),
            fund_file=Path(environment["FUND_FILE"]) if environment.get("FUND_FILE") else None,
            terms_dir=directory(environment, "TERMS_DIR"),
            oidc=OidcProvider.read(environment),
            frontends=frontends(environment),
            journal_months=number(environment, "JOURNAL_MONTHS", cls.journal_months, least=1, most=120),
            streams=number(environment, "STREAMS", cls.streams, least=1, most=100_000),
            streams_per_account=number(environment, "STREAMS_PER_ACCOUNT", cls.streams_per_account, least=1, most=1000),
            vault=VaultSettings.read(environment),
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


def _argon2_memory(environment: Mapping[str, str]) -> int:
    """64 MiB or more: less is for tests, whose passwords protect nothing."""
    memory = number(environment, "ARGON2_MEMORY_KIB", ARGON2_MEMORY_KIB, least=8, most=4 * 1024 * 1024)
    if memory < ARGON2_MEMORY_KIB and environment.get("LEDGER_FICTITIOUS") != "1":
        raise SettingsError(f"ARGON2_MEMORY_KIB is {ARGON2_MEMORY_KIB} at least (but with LEDGER_FICTITIOUS=1)")
    return memory


def _address(environment: Mapping[str, str], name: str) -> str | None:
    text = environment.get(name, "")
    local, _, domain = text.partition("@")
    if text and not (local and domain and text.isascii() and text.isprintable() and " " not in text):
        raise SettingsError(f"{name} is not an e-mail address")
    return text or None
