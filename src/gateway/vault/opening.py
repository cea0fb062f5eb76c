"""The vault of a deployment, made from its settings, here alone."""

from __future__ import annotations

from typing import Final

import structlog

from gateway.settings import Settings
from ledger.kit.keyring import Keyring
from ledger.vault.directory import DirectoryStore
from ledger.vault.draft import sweep_drafts
from ledger.vault.former import StoreWithFormer
from ledger.vault.s3 import S3Store, client_of
from ledger.vault.store import Store, StoreUnavailable
from ledger.vault.vault import Vault

_log: Final = structlog.get_logger(__name__)


def store_of(settings: Settings) -> Store:
    """Where the deployment's documents are: in a bucket with S3_ENDPOINT, else in a directory. Nothing is asked yet.

    With VAULT_FORMER what the bucket does not have yet is read in the directory.
    """
    s3 = settings.vault.s3
    if s3 is None:
        return DirectoryStore(settings.vault_dir)
    client = client_of(s3.server, s3.access_key, s3.secret_key, tls=s3.tls, region=s3.region)
    store = S3Store(client, s3.bucket, incoming=settings.incoming_dir, prefix=s3.prefix, lock=s3.lock)
    return StoreWithFormer(store, DirectoryStore(settings.vault_dir)) if settings.vault.former else store


def vault_of(settings: Settings, keyring: Keyring) -> Vault:
    """The deployment's vault, for a process that needs nothing else of it."""
    return Vault(store_of(settings), keyring)


def proved(settings: Settings) -> None:
    """See at the start of a process whether the store does what documents need; StoreUnfit where it never will.

    One that does not answer is waited for: it is asked again before the first document. What this machine's deposits
    have left of their drafts is swept; `work` may run on another one.
    """
    store = store_of(settings)
    sweep_drafts(store.incoming)
    try:
        store.prove()
    except StoreUnavailable as unavailable:
        _log.warning("the documents' store does not answer", reason=unavailable.reason)
