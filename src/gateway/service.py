"""Everything that a process of the gateway holds open, opened and closed in one place."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.auth import TokenStore
from gateway.auth import migrate as migrate_auth
from gateway.auth.passwords import Passwords
from gateway.auth.sessions import Sessions
from gateway.fund.fund import Fund
from gateway.settings import Settings
from gateway.terms.texts import Terms
from gateway.vault.opening import store_of
from ledger.application import Ledger
from ledger.kit.keyring import Keyring, MasterKey
from ledger.kit.keyring import migrate as migrate_keys
from ledger.kit.master_keys import MasterKeyFiles
from ledger.log.database import AsyncDatabase, Database
from ledger.log.migrations import migrate as migrate_log
from ledger.log.outside import Outside, guard
from ledger.vault.store import Store
from ledger.vault.vault import Vault
from projections.engine.schema import install
from projections.registry import ALL


@dataclass(frozen=True)
class Service:
    """What commands need; the API adds `queries`."""

    settings: Settings
    database: Database
    queries: AsyncDatabase
    keyring: Keyring
    ledger: Ledger
    store: Store
    vault: Vault
    tokens: TokenStore
    passwords: Passwords
    sessions: Sessions
    terms: Terms
    fund: Fund


def migrate(settings: Settings) -> None:
    """Bring both databases to this version: keys, log, tokens, read models. Safe in processes that start together."""
    migrate_keys(settings.keys_database_url)
    migrate_log(settings.database_url, origin=settings.origin)
    migrate_auth(settings.database_url)
    install(settings.database_url, ALL)


@contextmanager
def opened(settings: Settings, *, pooler_url: str | None = None) -> Iterator[Service]:
    """A service for commands; its pool for queries is not open yet (see `serving`)."""
    database_url = settings.database_url
    with Database(database_url, pooler_url=pooler_url) as database, open_keyring(settings) as keyring:
        store = store_of(settings)
        queries = AsyncDatabase(database_url, pooler_url=pooler_url)
        passwords = Passwords(database, settings)
        service = Service(
            settings=settings,
            database=database,
            queries=queries,
            keyring=keyring,
            ledger=Ledger(database, keyring),
            store=store,
            vault=Vault(store, keyring),
            tokens=TokenStore(database),
            passwords=passwords,
            sessions=Sessions(queries, settings),
            terms=Terms.of(settings),
            fund=Fund.of(settings),
        )
        try:
            yield service
        finally:
            passwords.close()


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Service]:
    """The same for the gateway: through the pooler, with the pool for queries open on the running event loop."""
    with opened(settings, pooler_url=settings.pooler_url) as service:
        guard(service.database, Outside(settings.outside_path))
        async with service.queries:
            yield service


def open_keyring(settings: Settings) -> Keyring:
    """The deployment's keyring, also for a process that needs nothing else."""
    master = MasterKey.from_environment() or MasterKey.from_file_or_new(_private(settings))
    beside = MasterKeyFiles(settings.master_key_path).beside
    return Keyring(settings.keys_database_url, master, others=beside)


def _private(settings: Settings) -> Path:
    settings.master_key_path.parent.mkdir(parents=True, exist_ok=True)
    return settings.master_key_path
