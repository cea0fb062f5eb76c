"""The mails of a demonstration, shown on a page: they go nowhere else. Anywhere else this page does not exist."""

from __future__ import annotations

import email
import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Final
from uuid import UUID

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from gateway.api.problems import not_found
from gateway.portal.pages import page, page_router
from gateway.settings import Settings
from ledger.kit.clock import PARIS

router: Final = page_router()
MOST: Final = 200
_ADDRESS: Final = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class Shown:
    """A mail as the page shows it: `lines` are text, and whether that text is an address to go to."""

    mail_id: str
    subject: str
    recipient: str
    sent: str
    lines: tuple[tuple[str, bool], ...]


@router.get("/demo/mails", name="show_demo_mails")
async def show_demo_mails(request: Request) -> Response:
    """The latest mails, newest first."""
    mails = await run_in_threadpool(_latest, _directory(request))
    return page(request, "mails.html", mails=mails, most=MOST)


@router.get("/demo/mails/{mail_id}", name="show_demo_mail")
async def show_demo_mail(request: Request, mail_id: UUID) -> Response:
    """One mail, its link included."""
    file = _directory(request) / f"{mail_id}.eml"
    if not file.exists():
        raise not_found()
    return page(request, "mail.html", mail=await run_in_threadpool(_read, file))


def _directory(request: Request) -> Path:
    settings: Settings = request.app.state.service.settings
    if not settings.demo or settings.mail_dir is None:
        raise not_found()
    return settings.mail_dir


def _latest(directory: Path) -> list[Shown]:
    """Names are time-ordered ids."""
    files = sorted(directory.glob("*.eml"), key=lambda file: file.name, reverse=True)
    return [_read(file) for file in files[:MOST]]


def _read(file: Path) -> Shown:
    message = email.message_from_bytes(file.read_bytes(), policy=default)
    sent = datetime.strptime(str(message["Date"]), "%a, %d %b %Y %H:%M:%S %z").astimezone(PARIS)
    return Shown(file.stem, str(message["Subject"]), str(message["To"]), f"{sent:%d/%m/%Y %H:%M:%S}", _lines(message))


def _lines(message: EmailMessage) -> tuple[tuple[str, bool], ...]:
    part = message.get_body(("plain",))
    text = str(part.get_content()) if part is not None else ""
    return tuple((line, _ADDRESS.fullmatch(line) is not None) for line in text.splitlines())
