"""A forgotten password (row O2): the request, whose answer never tells whether there is an account."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from gateway.api.authentication import Anonymous
from gateway.api.bodies import json_object, parse
from gateway.api.client import address, facts
from gateway.api.described import body
from gateway.api.noted import Noted, noted
from gateway.api.orders import refuse_parameters
from gateway.api.problems import too_many
from gateway.auth.limits import MAIL_RECIPIENT, RESET, spend
from gateway.journal.journal import THROTTLED, note
from gateway.mail.wishes import wish
from gateway.service import Service
from ledger.kit.identifiers import check_email
from ledger.log.database import Role

router: Final = APIRouter(prefix="/v1", tags=["sign-in"])
_ANSWER: Final = "Si cette adresse est celle d'un compte, un message vient d'y être envoyé avec un lien."


class PasswordReset(BaseModel):
    """The identifier of the account: its e-mail."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    email: Annotated[str, Field(max_length=254)]


@router.post(
    "/password-reset",
    operation_id="request_password_reset",
    summary="Demander un lien pour choisir un nouveau mot de passe",
    status_code=202,
    response_model=Noted,
    openapi_extra=body(PasswordReset, {"email": "ariane@example.org"}),
)
async def request_password_reset(request: Request, _: Anonymous) -> Response:
    """La réponse est la même pour une adresse inconnue."""
    refuse_parameters(request)
    asked = parse(PasswordReset, await json_object(request))
    await ask_for_reset(request, check_email(asked.email))
    return noted(_ANSWER)


async def ask_for_reset(request: Request, email: str) -> None:
    """Note the request of a link for whoever may hold this address (normalised): equal work for any."""
    service: Service = request.app.state.service
    wait = await spend(service, RESET, str(address(request))) or await spend(service, MAIL_RECIPIENT, email)
    if wait:
        await note(service, "refusal", THROTTLED, request=facts(request), action="request_password_reset")
        raise too_many(wait)
    digest = service.keyring.digest("email", email)
    async with service.queries.transaction(Role.AUTH) as connection:
        await wish(connection, "password-reset", email_digest=digest)
    await note(service, "password", "reset-requested", request=facts(request))
