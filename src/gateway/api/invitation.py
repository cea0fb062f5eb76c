"""Invitations: how a référent, or the fund, has somebody join an organisation's users (rows O20 to O22).

The answer is the same whether the e-mail is known or not: whoever holds the mailbox finds out, nobody else.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from fastapi import Request

from gateway.api.orders import Orders
from gateway.api.problems import too_many
from gateway.auth import limits
from gateway.auth.limits import Allowance
from gateway.service import Service
from ledger.invitation.commands import SendInvitation, SendInvitationAgain, WithdrawInvitation


async def _sending(request: Request, account_id: UUID, command: SendInvitation) -> None:
    await _spend(request, limits.MAIL_SENDER, str(account_id))
    await _spend(request, limits.MAIL_RECIPIENT, command.email)


async def _sending_again(request: Request, account_id: UUID, command: SendInvitationAgain) -> None:
    await _spend(request, limits.MAIL_SENDER, str(account_id))
    await _spend(request, limits.MAIL_RECIPIENT, str(command.invitation_id))


async def _spend(request: Request, allowance: Allowance, whose: str) -> None:
    service: Service = request.app.state.service
    if wait := await limits.spend(service, allowance, whose):
        raise too_many(wait)


orders: Final = Orders("invitations")
orders.post(
    "/teams/{organisation_id}/{kind}/invitations",
    SendInvitation,
    "Inviter un utilisateur",
    example={
        "civility": "Madame",
        "last_name": "Exemple",
        "first_name": "Ariane",
        "email": "ariane@example.org",
        "profile": "user",
        "establishment_ids": ["01890a5d-ac96-774b-bcce-b302099a8002"],
    },
    location="/v1/teams/{organisation_id}/{kind}/users/{id}",
    admit=_sending,
)
orders.post(
    "/invitations/{invitation_id}/again",
    SendInvitationAgain,
    "Envoyer de nouveau une invitation",
    example={},
    admit=_sending_again,
)
orders.post(
    "/invitations/{invitation_id}/withdrawal",
    WithdrawInvitation,
    "Retirer une invitation",
    example={},
)
