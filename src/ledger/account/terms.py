"""Orders about the terms of use: accepted or refused by the account itself, and recorded either way (rows O4, O5)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from ledger.account.aggregate import Account, TermsAnswer
from ledger.kit.command import Command, handles
from ledger.kit.errors import NotFound
from ledger.work import Work

TermsVersion = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class AcceptTerms(Command):
    """`sha256` is of the very bytes that were shown."""

    account_id: UUID
    version: TermsVersion
    sha256: Sha256


class RefuseTerms(Command):
    account_id: UUID
    version: TermsVersion
    sha256: Sha256


@handles(AcceptTerms)
def accept_terms(command: AcceptTerms, work: Work) -> UUID:
    """Nobody accepts for another. The same text accepted twice is recorded once. Refused: NotFound."""
    return _answer(command, work, accepted=True)


@handles(RefuseTerms)
def refuse_terms(command: RefuseTerms, work: Work) -> UUID:
    """Refused: NotFound."""
    return _answer(command, work, accepted=False)


def _answer(command: AcceptTerms | RefuseTerms, work: Work, *, accepted: bool) -> UUID:
    if work.actor != command.account_id:
        raise NotFound
    account = work.load(Account, command.account_id)
    account.answer_terms(TermsAnswer(command.version, command.sha256, accepted), at=work.now)
    return account.id
