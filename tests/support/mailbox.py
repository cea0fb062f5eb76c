"""A mail server for tests: a real one on the loopback, that also refuses, delays and drops when it is told to."""

from __future__ import annotations

import asyncio
import email
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from support.eventually import PATIENCE_SECONDS, eventually
from support.programs import free_port

LINK = re.compile(r"^(https?://\S+/liens/[A-Za-z0-9_-]{43})$", re.MULTILINE)


@dataclass(frozen=True)
class Mail:
    """What arrived: to whom it was handed over, and its two forms."""

    recipient: str
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")

    @property
    def html(self) -> str:
        part = self.message.get_body(("html",))
        assert part is not None
        return str(part.get_content())

    @property
    def link(self) -> str:
        """The one link, on a line of its own."""
        (found,) = LINK.findall(self.text)
        return found

    @property
    def secret(self) -> str:
        return self.link.rpartition("/")[2]


@dataclass
class Mailbox:
    """Everybody's mailbox. `answers` says what becomes of the next mails, one each; afterwards all is well.

    An answer is an SMTP reply (`"451 try later"`), given at RCPT (`"rcpt 550 …"`) or after DATA, or `"drop"` (the
    message is kept, the connection cut before the reply), `"delay 2"` (2 seconds, then all is well), or `"hold 2"` (the
    message is kept at once, the reply comes after 2 seconds).
    """

    port: int
    mails: list[Mail] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    tries: int = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?tls=none"

    def to(self, recipient: str) -> list[Mail]:
        return [mail for mail in list(self.mails) if mail.recipient == recipient]

    def wait(self, recipient: str, subject: str = "", *, count: int = 1) -> Mail:
        """The `count`-th mail of a recipient whose subject holds a text, as soon as it is there."""

        def found() -> list[Mail]:
            return [mail for mail in self.to(recipient) if subject in mail.subject][count - 1 :]

        return eventually(found, lambda: f"no mail {subject!r}: {[mail.subject for mail in self.mails]}")[0]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        self.tries += 1
        if self.answers and self.answers[0].startswith("rcpt "):
            return self.answers.pop(0).removeprefix("rcpt ")
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        del session
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("delay "):
            await asyncio.sleep(float(answer.removeprefix("delay ")))
            answer = "250 OK"
        if answer[0] in "45":
            return answer
        content: Any = envelope.content
        message = email.message_from_bytes(content, policy=default)
        self.mails += [Mail(recipient, message) for recipient in envelope.rcpt_tos]
        if answer.startswith("hold "):
            await asyncio.sleep(float(answer.removeprefix("hold ")))
        if answer == "drop":
            assert server.transport is not None
            server.transport.abort()
        return "250 OK"


@contextmanager
def open_mailbox(port: int | None = None) -> Iterator[Mailbox]:
    """A server on a port of the loopback, for the length of the block."""
    mailbox = Mailbox(port or free_port())
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port, ready_timeout=PATIENCE_SECONDS)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
