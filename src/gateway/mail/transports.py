"""Where a mail goes: a mail server, or a directory of files for those who only try things out."""

from __future__ import annotations

import asyncio
import os
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from pathlib import Path
from typing import Protocol

import aiosmtplib

from gateway.settings import Settings, SmtpServer

TIMEOUT_SECONDS = 30.0


class Refused(Exception):
    """The recipient's server will never take this mail: `code` is its answer (RFC 5321, 4.2)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Undelivered(Exception):
    """It may have gone, or not: it is tried again, under the same Message-ID. `code` says what happened."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Transport(Protocol):
    """One way of sending. Refused, Undelivered."""

    async def send(self, mail_id: str, message: EmailMessage) -> None: ...


def transport_of(settings: Settings, *, timeout_seconds: float = TIMEOUT_SECONDS) -> Transport | None:
    """The deployment's: SMTP_URL, else MAIL_DIR; None where neither is set, and mails wait."""
    if settings.smtp is not None:
        return Smtp(settings.smtp, local_hostname=settings.public_host, timeout_seconds=timeout_seconds)
    return Directory(settings.mail_dir) if settings.mail_dir is not None else None


class Smtp:
    """A mail server, one connection for each mail."""

    def __init__(self, server: SmtpServer, *, local_hostname: str, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._server = server
        self._local_hostname = local_hostname
        self._timeout_seconds = timeout_seconds

    async def send(self, mail_id: str, message: EmailMessage) -> None:
        del mail_id
        server = self._server
        try:
            # The library's time limit is for each command; a server that answers them one by one, slowly, is not ours
            # to wait for either.
            async with asyncio.timeout(2 * self._timeout_seconds):
                await aiosmtplib.send(
                    message,
                    hostname=server.host,
                    port=server.port,
                    username=server.username,
                    password=server.password,
                    use_tls=server.tls == "implicit",
                    start_tls=server.tls == "required",
                    local_hostname=self._local_hostname,
                    timeout=self._timeout_seconds,
                )
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise _judged(error) from None


class Directory:
    """A private directory: one file for each mail, whole or not at all."""

    def __init__(self, place: Path) -> None:
        self._place = place

    async def send(self, mail_id: str, message: EmailMessage) -> None:
        await asyncio.to_thread(self._write, mail_id, message.as_bytes(policy=WIRE))

    def _write(self, mail_id: str, content: bytes) -> None:
        self._place.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._place / f".{mail_id}.{os.getpid()}"
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        draft.rename(self._place / f"{mail_id}.eml")


def _judged(error: Exception) -> Refused | Undelivered:
    """What an error says of the mail. Its text is left behind: servers quote addresses in it.

    Only an answer about this recipient or this message is for ever. A sender, a password or a greeting that is refused
    is this deployment's fault, to be mended while mails wait.
    """
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        code = error.recipients[0].code if error.recipients else 450
        return Refused(str(code)) if code >= 500 else Undelivered(str(code))
    if isinstance(error, (aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPDataError)) and error.code >= 500:
        return Refused(str(error.code))
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return Undelivered(str(error.code))
    if isinstance(error, TimeoutError):
        return Undelivered("timeout")
    if isinstance(error, aiosmtplib.SMTPServerDisconnected):
        return Undelivered("dropped")
    return Undelivered("unreachable")
