"""What a deployment sets of its documents: where they are kept, for how long they are locked, who scans them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, Self

from gateway.settings_values import SettingsError, is_loopback, listed, number, secret, split_address

MEBIBYTE: Final = 1024 * 1024
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX: Final = re.compile(r"([A-Za-z0-9_.-]+/)*")
_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}")
_CATEGORY: Final = re.compile(r"[a-z][a-z-]{1,39}")


@dataclass(frozen=True)
class S3Bucket:
    """A bucket of an S3 server. `server` is host[:port]; `lock`: documents get a COMPLIANCE lock."""

    server: str
    bucket: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    tls: bool = True
    region: str = "us-east-1"
    prefix: str = "documents/"
    lock: bool = False

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self | None:
        """The bucket that S3_ENDPOINT names, `https://host:port/bucket`; None without it."""
        endpoint = environment.get("S3_ENDPOINT", "")
        if not endpoint:
            return None
        server, bucket, tls = _endpoint(endpoint, insecure=environment.get("S3_INSECURE") == "1")
        prefix = environment.get("S3_PREFIX") or cls.prefix
        if not _PREFIX.fullmatch(prefix):
            raise SettingsError("S3_PREFIX is made of names, each with a / at its end")
        lock = environment.get("S3_LOCK") or "none"
        if lock not in {"none", "compliance"}:
            raise SettingsError("S3_LOCK is none or compliance")
        return cls(
            server=server,
            bucket=bucket,
            access_key=_needed(environment, "S3_ACCESS_KEY"),
            secret_key=_secret_key(environment),
            tls=tls,
            region=environment.get("S3_REGION") or cls.region,
            prefix=prefix,
            lock=lock == "compliance",
        )


@dataclass(frozen=True)
class VaultSettings:
    """The vault's settings; without any, documents are files of DATA_DIR, and nobody scans them.

    `clamd` is `host:port` or `unix:/path`. `max_bytes` raises every category's limit. `pdf_active` are the codes of the
    categories whose PDFs may have scripts.
    """

    s3: S3Bucket | None = None
    lock_years: int = 10
    former: Literal["directory"] | None = None
    clamd: str | None = None
    clamd_seconds: int = 120
    clamd_inline_seconds: int = 10
    rescan_days: int = 30
    max_bytes: int | None = None
    pdf_active: tuple[str, ...] = ()

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """The settings of `environment`; SettingsError names the first variable at fault."""
        s3 = S3Bucket.read(environment)
        mebibytes = number(environment, "DOCUMENT_MAX_MIB", 0, least=0, most=65_536)
        return cls(
            s3=s3,
            lock_years=number(environment, "DOCUMENT_LOCK_YEARS", cls.lock_years, least=1, most=100),
            former=_former(environment, s3),
            clamd=_clamd(environment),
            clamd_seconds=number(environment, "CLAMD_SECONDS", cls.clamd_seconds, least=1, most=3_600),
            clamd_inline_seconds=number(
                environment, "CLAMD_INLINE_SECONDS", cls.clamd_inline_seconds, least=0, most=60
            ),
            rescan_days=number(environment, "RESCAN_DAYS", cls.rescan_days, least=0, most=3_650),
            max_bytes=mebibytes * MEBIBYTE or None,
            pdf_active=_categories(environment),
        )


def _endpoint(text: str, *, insecure: bool) -> tuple[str, str, bool]:
    url = split_address(text, "S3_ENDPOINT")
    bucket = url.path.strip("/")
    extra = url.query or url.fragment or url.username or url.password
    if url.scheme not in {"https", "http"} or not url.hostname or extra or not _BUCKET.fullmatch(bucket):
        raise SettingsError("S3_ENDPOINT is not https://host:port/bucket")
    if url.scheme == "http" and not insecure and not is_loopback(url.hostname):
        raise SettingsError("S3_ENDPOINT is not https:// (http:// is for the loopback, or with S3_INSECURE=1)")
    return url.netloc, bucket, url.scheme == "https"


def _needed(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise SettingsError(f"{name} is not set, and S3_ENDPOINT is")
    return value


def _secret_key(environment: Mapping[str, str]) -> str:
    file = environment.get("S3_SECRET_KEY_FILE", "")
    return secret(file, "S3_SECRET_KEY_FILE") if file else _needed(environment, "S3_SECRET_KEY")


def _former(environment: Mapping[str, str], s3: S3Bucket | None) -> Literal["directory"] | None:
    former = environment.get("VAULT_FORMER", "")
    if former not in {"", "directory"}:
        raise SettingsError("VAULT_FORMER is directory, or not set")
    if former and s3 is None:
        raise SettingsError("VAULT_FORMER is where documents were before S3: S3_ENDPOINT is not set")
    return "directory" if former else None


def _clamd(environment: Mapping[str, str]) -> str | None:
    address = environment.get("CLAMD", "")
    if address and not address.startswith("unix:/") and not _HOST.fullmatch(address):
        raise SettingsError("CLAMD is not host:port or unix:/path")
    return address or None


def _categories(environment: Mapping[str, str]) -> tuple[str, ...]:
    codes = listed(environment, "PDF_ACTIVE")
    if not all(_CATEGORY.fullmatch(code) for code in codes):
        raise SettingsError("PDF_ACTIVE is a list of categories' codes")
    return codes
