"""Another e-mail for one's own account: the demand, answered the same whether the address is free or not."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from gateway.api.authentication import Authenticated
from gateway.api.bodies import json_object, parse
from gateway.api.described import body
from gateway.api.limits import spare_mailboxes
from gateway.api.noted import Noted, noted
from gateway.api.orders import refuse_parameters
from gateway.auth.caller import Caller
from gateway.people import email_change
from gateway.service import Service
from ledger.kit.identifiers import Email

router: Final = APIRouter(prefix="/v1/me", tags=["sign-in"])
_ANSWER: Final = (
    "Un message vient d'être envoyé à votre adresse actuelle et à la nouvelle. "
    "L'adresse ne changera qu'une fois confirmée aux deux."
)


class EmailWanted(BaseModel):
    """The address that is to sign in from now on."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    email: Email


@router.post(
    "/email",
    operation_id="change_email",
    summary="Changer l'adresse de son compte",
    status_code=202,
    response_model=Noted,
    openapi_extra=body(EmailWanted, {"email": "ariane@example.org"}),
)
async def change_email(request: Request, caller: Authenticated) -> Response:
    refuse_parameters(request)
    await ask_for_email(request, caller, parse(EmailWanted, await json_object(request)))
    return noted(_ANSWER)


async def ask_for_email(request: Request, caller: Caller, asked: EmailWanted) -> None:
    """Both mailboxes are written to. The problem `too-many-attempts` where either has had enough for now."""
    service: Service = request.app.state.service
    await spare_mailboxes(request, caller.account_id, asked.email)
    await email_change.ask(service, caller, asked.email)
