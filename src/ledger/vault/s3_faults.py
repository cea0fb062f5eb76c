"""What an S3 server or the way to it did wrong, in our own few words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final
from xml.etree.ElementTree import ParseError

from minio.error import MinioException, S3Error
from urllib3 import exceptions

from ledger.vault.store import StoreUnavailable

ABSENT: Final = frozenset({"NoSuchKey", "NoSuchVersion"})
"""All that means « it is not there »: an answer that is refused or broken says nothing about a document."""

_REASONS: Final[Mapping[str, str]] = {
    "AccessDenied": "denied",
    "InvalidAccessKeyId": "secret",
    "SignatureDoesNotMatch": "secret",
    "RequestTimeTooSkewed": "skew",
    "RequestTimeout": "timeout",
    "NoSuchBucket": "bucket",
    "QuotaExceeded": "full",
    "EntityTooLarge": "full",
    "XMinioStorageFull": "full",
}


@contextmanager
def asking() -> Iterator[None]:
    """Ask a server: any fault becomes StoreUnavailable, without the text, which may quote a key or a signature."""
    try:
        yield
    except (MinioException, exceptions.HTTPError, ParseError, ConnectionError, TimeoutError) as error:
        raise StoreUnavailable(reason_of(error)) from None


def reason_of(error: Exception) -> str:
    """The code of a fault: refused, timeout, tls, cut, secret, denied, skew, bucket, full, or server."""
    if isinstance(error, S3Error):
        return _REASONS.get(str(error.code), "server")
    if isinstance(error, exceptions.MaxRetryError):
        return reason_of(error.reason) if error.reason else "server"
    if isinstance(error, exceptions.NewConnectionError):
        return "refused"
    if isinstance(error, (exceptions.TimeoutError, TimeoutError)):
        return "timeout"
    if isinstance(error, exceptions.SSLError):
        return "tls"
    if isinstance(error, (exceptions.ProtocolError, ConnectionError)):
        return "cut"
    return "server"
