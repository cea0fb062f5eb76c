"""A member company creates its account alone (row E1): the demand, answered the same whatever is true."""

from __future__ import annotations

import re
from typing import Annotated, Final

from fastapi import APIRouter, Request
from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from gateway.api.authentication import Anonymous
from gateway.api.bodies import json_object, parse
from gateway.api.client import address, facts
from gateway.api.described import body
from gateway.api.noted import Noted, noted
from gateway.api.orders import refuse_parameters
from gateway.api.problems import too_many
from gateway.auth import limits
from gateway.journal.journal import THROTTLED, note
from gateway.people import registration
from gateway.service import Service
from ledger.kit.identifiers import Email, MemberNumber, OneLine, Siret

router: Final = APIRouter(prefix="/v1/registrations", tags=["registrations"])
ANSWER: Final = (
    "Si ces numéros sont ceux d'un adhérent, un message vient d'être envoyé au contact que nous lui connaissons. "
    "Après sa confirmation, vous recevrez à votre tour un message pour choisir votre mot de passe."
)

_NAME: Final = re.compile(r"(?:[^\W\d_]|[\u0300-\u036f '\u2019-]|\.(?![^\W\d_])){1,80}")
_NAME_RULE: Final = "Un nom comporte 1 à 80 lettres, espaces, apostrophes et traits d'union."


def _check_name(text: str) -> str:
    """Anybody has the company's contact written to under this name: there is no room in it for the address of a page,
    which the mail's reader would be shown as a link.
    """
    if _NAME.fullmatch(text) is None:
        raise PydanticCustomError("rule", _NAME_RULE)
    return text


Name = Annotated[OneLine, AfterValidator(_check_name)]


class RegisterMember(BaseModel):
    """`siret` of one of the company's establishments, and its member number (« numéro d'adhérent »)."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    siret: Siret
    member_number: MemberNumber
    civility: Name
    last_name: Name
    first_name: Name
    email: Email


@router.post(
    "",
    operation_id="register_member",
    summary="Créer le premier compte d'un adhérent",
    status_code=202,
    response_model=Noted,
    openapi_extra=body(
        RegisterMember,
        {
            "siret": "99900001199009",
            "member_number": "0123456",
            "civility": "Madame",
            "last_name": "Exemple",
            "first_name": "Ariane",
            "email": "ariane@example.org",
        },
    ),
)
async def register_member(request: Request, _: Anonymous) -> Response:
    refuse_parameters(request)
    await ask_for_account(request, parse(RegisterMember, await json_object(request)))
    return noted(ANSWER)


async def ask_for_account(request: Request, asked: RegisterMember, *, demand: str = "") -> None:
    """Note the demand, once for each `demand` of a form. Raises the problem `too-many-attempts`."""
    service: Service = request.app.state.service
    if wait := await limits.spend(service, limits.REGISTRATION, str(address(request))):
        await note(service, "registration", THROTTLED, request=facts(request))
        raise too_many(wait)
    await registration.ask(service, asked.model_dump(), demand=demand)
