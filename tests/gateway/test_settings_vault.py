"""What a deployment sets of its documents: the store, the locks, the scanner."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.settings import Settings, SettingsError, VaultSettings
from gateway.settings_vault import S3Bucket
from gateway.vault.opening import store_of
from ledger.vault.directory import DirectoryStore
from ledger.vault.former import StoreWithFormer
from ledger.vault.s3 import S3Store

DATABASES = {"DATABASE_URL": "postgresql://a/ledger", "KEYS_DATABASE_URL": "postgresql://a/keys"}
S3 = {"S3_ENDPOINT": "https://s3.example:9000/documents", "S3_ACCESS_KEY": "qui", "S3_SECRET_KEY": "mot-secret"}


def read(**variables: str) -> Settings:
    return Settings.from_environment({**DATABASES, **variables})


def test_without_settings_documents_are_files_that_nobody_locks_or_scans(tmp_path: Path):
    settings = read(DATA_DIR=str(tmp_path))
    assert settings.vault == VaultSettings()
    assert (settings.vault.s3, settings.vault.clamd, settings.vault.max_bytes) == (None, None, None)
    assert isinstance(store_of(settings), DirectoryStore)
    assert settings.incoming_dir == tmp_path / "vault" / "incoming"


def test_a_bucket_is_read_whole(tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("mot-de-fichier\n")
    settings = read(
        DATA_DIR=str(tmp_path),
        **{**S3, "S3_SECRET_KEY": ""},
        S3_SECRET_KEY_FILE=str(secret),
        S3_REGION="fr-par",
        S3_PREFIX="fonds/documents/",
        S3_LOCK="compliance",
        DOCUMENT_LOCK_YEARS="6",
        VAULT_FORMER="directory",
        CLAMD="unix:/run/clamd.sock",
        RESCAN_DAYS="0",
        DOCUMENT_MAX_MIB="1100",
        PDF_ACTIVE="contract,other",
    )
    assert settings.vault.s3 == S3Bucket(
        "s3.example:9000", "documents", "qui", "mot-de-fichier",
        region="fr-par", prefix="fonds/documents/", lock=True,
    )  # fmt: skip
    assert (settings.vault.lock_years, settings.vault.former, settings.vault.rescan_days) == (6, "directory", 0)
    assert settings.vault.max_bytes == 1100 * 1024 * 1024
    assert settings.vault.pdf_active == ("contract", "other")
    store = store_of(settings)
    assert isinstance(store, StoreWithFormer)
    assert (type(store.new), type(store.former)) == (S3Store, DirectoryStore)


def test_a_server_without_tls_is_for_the_loopback_or_said_to_be_wanted():
    """A signature over a connection in clear is only as secret as the network is."""
    assert not read(**{**S3, "S3_ENDPOINT": "http://127.0.0.1:9000/documents"}).vault.s3.tls
    in_clear = {**S3, "S3_ENDPOINT": "http://s3:8333/documents"}
    with pytest.raises(SettingsError, match="S3_INSECURE"):
        read(**in_clear)
    assert read(**in_clear, S3_INSECURE="1").vault.s3.server == "s3:8333"


def test_no_secret_is_shown():
    settings = read(**S3)
    assert "mot-secret" not in repr(settings)
    assert "qui" not in repr(settings.vault)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("S3_ENDPOINT", "https://s3.example"),
        ("S3_ENDPOINT", "https://s3.example/a/b"),
        ("S3_ENDPOINT", "https://moi:secret@s3.example/documents"),
        ("S3_ENDPOINT", "s3://s3.example/documents"),
        ("S3_ENDPOINT", "https://s3.example:port/documents"),
        ("S3_ENDPOINT", "https://s3.example/Documents"),
        ("S3_ACCESS_KEY", ""),
        ("S3_SECRET_KEY", ""),
        ("S3_SECRET_KEY_FILE", "/nulle/part/secret"),
        ("S3_PREFIX", "documents"),
        ("S3_PREFIX", "/documents/"),
        ("S3_LOCK", "governance"),
        ("DOCUMENT_LOCK_YEARS", "0"),
        ("VAULT_FORMER", "s3"),
        ("CLAMD", "clamd"),
        ("CLAMD_SECONDS", "0"),
        ("CLAMD_INLINE_SECONDS", "61"),
        ("RESCAN_DAYS", "-1"),
        ("DOCUMENT_MAX_MIB", "beaucoup"),
        ("PDF_ACTIVE", "Contract"),
    ],
)
def test_a_setting_that_would_not_hold_is_refused_by_name(name: str, text: str):
    """The text names the variable and quotes nothing of it: it may hold a secret."""
    with pytest.raises(SettingsError) as refused:
        read(**{**S3, name: text})
    assert name in str(refused.value)
    assert "secret" not in str(refused.value).replace("S3_SECRET", "")


def test_a_former_store_without_a_new_one_makes_no_sense():
    with pytest.raises(SettingsError, match="VAULT_FORMER"):
        read(VAULT_FORMER="directory")
