"""From a queued mail to what is sent: one set of words, as plain text and as HTML, complete without any image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final
from uuid import UUID

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from gateway.mail.texts import KINDS
from ledger.kit.clock import PARIS

_TEMPLATES: Final = Environment(
    loader=PackageLoader("gateway.mail"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    keep_trailing_newline=True,
)


@dataclass(frozen=True)
class Fund:
    """Who writes: the fund's name, its team's signature, its regional contact (may be empty), and its web address."""

    name: str
    team: str
    contact: str
    site: str


@dataclass(frozen=True)
class Message:
    """A mail's subject and its two forms, which say the same."""

    subject: str
    text: str
    html: str


def render(kind: str, facts: Mapping[str, str], fund: Fund, *, identifier: str, link: str | None = None) -> Message:
    """The mail of `kind` in clear. KeyError where the kind is none, or a fact that it tells is missing."""
    words = KINDS[kind]
    told = {**facts, "identifier": identifier, "site": fund.site, "fund": fund.name}
    if "at" in told:
        told["at"] = _instant(told["at"])
    shown = {
        "subject": words.subject,
        "before": [line.format_map(told) for line in words.before],
        "action": words.action if link else None,
        "link": link,
        "after": [line.format_map(told) for line in words.after],
        "contact": fund.contact,
        "team": fund.team,
    }
    forms = (_TEMPLATES.get_template(f"mail.{form}").render(shown) for form in ("txt", "html"))
    return Message(words.subject, *forms)


def compose(
    message: Message, *, mail_id: UUID, made_at: datetime, origin: str, sender: str, sender_name: str, recipient: str
) -> EmailMessage:
    """The MIME message. What names it (Message-ID, Date) depends on the row alone: each try sends the same mail."""
    mail = EmailMessage()
    mail["Subject"] = message.subject
    mail["From"] = Address(sender_name, addr_spec=sender)
    mail["To"] = Address(addr_spec=recipient)
    mail["Date"] = format_datetime(made_at.astimezone(PARIS))
    mail["Message-ID"] = f"<{mail_id}@{origin}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence is answered to it
    mail["X-Auto-Response-Suppress"] = "All"
    mail["Content-Language"] = "fr"
    mail.set_content(message.text, charset="utf-8", cte="quoted-printable")
    mail.add_alternative(message.html, subtype="html", charset="utf-8", cte="quoted-printable")
    mail.set_boundary(f"={mail_id.hex}=")
    return mail


def _instant(text: str) -> str:
    """An ISO instant as people in France say it."""
    return f"{datetime.fromisoformat(text).astimezone(PARIS):%d/%m/%Y à %H:%M} (heure de Paris)"
