"""Invitations: how a référent, or the fund, has somebody join an organisation's users (rows O20 to O22).

The answer is the same whether the e-mail is known or not: whoever holds the mailbox finds out, nobody else.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from fastapi import Request

from gateway.api.limits import spare_mailboxes
from gateway.api.orders import Orders
from ledger.invitation.commands import SendInvitation, SendInvitationAgain, WithdrawInvitation


async def sending(request: Request, account_id: UUID, command: SendInvitation) -> None:
    """One mail more, of the sender's and of the mailbox's allowance. The problem `too-many-attempts`."""
    await spare_mailboxes(request, account_id, command.email)


async def sending_again(request: Request, account_id: UUID, command: SendInvitationAgain) -> None:
    """The same; the mailbox is the invitation's."""
    await spare_mailboxes(request, account_id, str(command.invitation_id))


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
    admit=sending,
)
orders.post(
    "/invitations/{invitation_id}/again",
    SendInvitationAgain,
    "Envoyer de nouveau une invitation",
    example={},
    admit=sending_again,
)
orders.post(
    "/invitations/{invitation_id}/withdrawal",
    WithdrawInvitation,
    "Retirer une invitation",
    example={},
)
