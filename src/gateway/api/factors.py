"""Second factors: proving one at the sign-in and again later, enrolling and removing them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from gateway.api.authentication import Authenticated, unauthenticated
from gateway.api.client import facts
from gateway.api.described import body
from gateway.api.orders import refuse_parameters
from gateway.api.problems import Problem, invalid, not_found
from gateway.api.session import Model, about, form_of, nothing, own_session, service_of
from gateway.api.signed_in import JSON, SessionShown, answer_opened, answer_signed_in, device_of
from gateway.auth import opaque, recovery
from gateway.auth.caller import Caller
from gateway.auth.factors import remove_passkey, remove_totp, tell
from gateway.auth.holder import Holder, current_holder, required
from gateway.auth.passkeys import Offer, Passkeys
from gateway.auth.sessions import Opened, SessionOver
from gateway.auth.sign_in import SignedIn, SignIn
from gateway.auth.totp import Totp
from gateway.journal.journal import note
from ledger.kit.identifiers import OneLine

router: Final = APIRouter(prefix="/v1/me/factors", tags=["sign-in"])
_CREDENTIAL: Final = {
    "id": "AAAA",
    "rawId": "AAAA",
    "type": "public-key",
    "response": {"clientDataJSON": "AAAA", "attestationObject": "AAAA"},
}


class PasskeyShown(BaseModel):
    """`credential_id` in base64url."""

    credential_id: str
    label: str
    created_at: datetime
    used_at: datetime | None


class FactorsShown(BaseModel):
    """The caller's second factors; `required` where its role must have one, `recovery_codes` are those left."""

    totp: bool
    passkeys: list[PasskeyShown]
    recovery_codes: int
    required: bool


class TotpOffered(BaseModel):
    """To be copied into an authenticator app; shown this once."""

    secret: str
    uri: str


class TotpConfirmation(Model):
    totp: Annotated[str, Field(max_length=20)]


class PasskeyOffered(BaseModel):
    """`options` go to `navigator.credentials`; its answer comes back with `challenge_id`, within five minutes."""

    challenge_id: UUID
    options: dict[str, Any]


class PasskeyMade(Model):
    """What `navigator.credentials.create` answered; `label` says which device it is."""

    challenge_id: UUID
    credential: dict[str, Any]
    label: Annotated[OneLine, Field(max_length=60)]


class RecoveryCodes(BaseModel):
    """Ten codes, shown this once; the ones before are void."""

    codes: list[str]


@router.get("", operation_id="list_factors", summary="Mes seconds facteurs", response_model=FactorsShown)
async def list_factors(request: Request, caller: Authenticated) -> Response:
    refuse_parameters(request)
    return Response((await read_factors(request, caller)).model_dump_json(), media_type=JSON)


async def read_factors(request: Request, caller: Caller) -> FactorsShown:
    """What the caller has, and what its role must have."""
    holder = await _holder(request, caller)
    keys = await Passkeys(service_of(request)).of(caller.account_id)
    return FactorsShown(
        totp=holder.totp,
        passkeys=[
            PasskeyShown(
                credential_id=opaque.base64url(each.credential_id),
                label=each.label,
                created_at=each.created_at,
                used_at=each.used_at,
            )
            for each in keys
        ],
        recovery_codes=holder.recovery,
        required=required(holder.role),
    )


@router.post("/totp", operation_id="begin_totp", summary="Préparer une application", response_model=TotpOffered)
async def begin_totp(request: Request, caller: Authenticated) -> Response:
    """The secret serves once one of its codes has been confirmed; until then what was there goes on."""
    await nothing(request)
    return Response((await offer_totp(request, caller)).model_dump_json(), media_type=JSON)


async def offer_totp(request: Request, caller: Caller) -> TotpOffered:
    """A new secret for the caller, of no use before a code of it was given."""
    own_session(caller)
    offered = await Totp(service_of(request)).offer(await _enrolling(request, caller))
    return TotpOffered(secret=offered.secret, uri=offered.uri)


async def pending_totp(request: Request, caller: Caller) -> TotpOffered | None:
    """The secret that waits for its first code: the page of a mistyped one shows it again. None where none waits."""
    own_session(caller)
    offered = await Totp(service_of(request)).pending(await _enrolling(request, caller))
    return TotpOffered(secret=offered.secret, uri=offered.uri) if offered else None


@router.post(
    "/totp/confirmation",
    operation_id="confirm_totp",
    summary="Enregistrer une application",
    response_model=SessionShown,
    openapi_extra=body(TotpConfirmation, {"totp": "123456"}),
)
async def confirm_totp(request: Request, caller: Authenticated) -> Response:
    form: TotpConfirmation = await form_of(request, TotpConfirmation)
    return await _answer(request, await enrol_totp(request, caller, form.totp))


async def enrol_totp(request: Request, caller: Caller, code: str) -> SignedIn | Opened:
    """The secret that was offered last serves from now on. The problem `invalid` at `/totp` for another code."""
    own_session(caller)
    await _enrolling(request, caller)
    if not await Totp(service_of(request)).confirm(caller.account_id, code):
        raise invalid("body", "/totp", "wrong-code", "Ce code n'est pas celui de l'application : essayez le suivant.")
    return await _enrolled(request, caller, "totp")


@router.post("/totp/removal", operation_id="remove_totp", summary="Retirer l'application", response_model=SessionShown)
async def remove_own_totp(request: Request, caller: Authenticated) -> Response:
    await nothing(request)
    return await _answer(request, await take_totp(request, caller))


async def take_totp(request: Request, caller: Caller) -> Opened:
    """The application serves no more. Refused where the caller's role must have a factor and this is the last one."""
    session_id = own_session(caller)
    await remove_totp(service_of(request), await _holder(request, caller))
    return await _removed(request, caller, session_id, "totp")


@router.post(
    "/passkeys/options", operation_id="begin_passkey", summary="Préparer une clé", response_model=PasskeyOffered
)
async def begin_passkey(request: Request, caller: Authenticated) -> Response:
    await nothing(request)
    return offered(await offer_passkey(request, caller))


async def offer_passkey(request: Request, caller: Caller) -> Offer:
    """What a browser needs to make a passkey for the caller, within five minutes."""
    session_id = own_session(caller)
    holder = await _enrolling(request, caller)
    return await Passkeys(service_of(request)).offer_registration(holder, session_id)


@router.post(
    "/passkeys",
    operation_id="add_passkey",
    summary="Enregistrer une clé",
    response_model=SessionShown,
    openapi_extra=body(
        PasskeyMade,
        {
            "challenge_id": "01890a5d-ac96-774b-bcce-b302099a8001",
            "credential": _CREDENTIAL,
            "label": "Ordinateur du bureau",
        },
    ),
)
async def add_passkey(request: Request, caller: Authenticated) -> Response:
    form: PasskeyMade = await form_of(request, PasskeyMade)
    return await _answer(request, await enrol_passkey(request, caller, form))


async def enrol_passkey(request: Request, caller: Caller, made: PasskeyMade) -> SignedIn | Opened:
    """The passkey is the caller's from now on. The problem `invalid` at `/credential` for what is none."""
    session_id = own_session(caller)
    holder = await _enrolling(request, caller)
    added = await Passkeys(service_of(request)).register(
        holder, session_id, made.challenge_id, made.credential, made.label
    )
    if not added:
        raise invalid("body", "/credential", "wrong-passkey", "Cette clé n'a pas pu être vérifiée : recommencez.")
    return await _enrolled(request, caller, "passkey")


@router.post(
    "/passkeys/{credential_id}/removal",
    operation_id="remove_passkey",
    summary="Retirer une clé",
    response_model=SessionShown,
)
async def remove_own_passkey(request: Request, credential_id: str, caller: Authenticated) -> Response:
    await nothing(request)
    return await _answer(request, await take_passkey(request, caller, credential_id))


async def take_passkey(request: Request, caller: Caller, credential_id: str) -> Opened:
    """The passkey (its id in base64url) serves no more. `not-found`, NotFound; refused as `take_totp`."""
    session_id = own_session(caller)
    try:
        found = opaque.from_base64url(credential_id)
    except ValueError:
        raise not_found() from None
    await remove_passkey(service_of(request), await _holder(request, caller), found)
    return await _removed(request, caller, session_id, "passkey")


@router.post(
    "/recovery-codes", operation_id="make_recovery_codes", summary="Codes de secours", response_model=RecoveryCodes
)
async def make_recovery_codes(request: Request, caller: Authenticated) -> Response:
    """They stand in for a factor, and so are given to those alone who have one."""
    await nothing(request)
    return Response(RecoveryCodes(codes=await make_codes(request, caller)).model_dump_json(), media_type=JSON)


async def make_codes(request: Request, caller: Caller) -> list[str]:
    """Ten new ones; those before are void. The problem `invalid` for who has no factor."""
    own_session(caller)
    holder = await _enrolling(request, caller)
    if not holder.enrolled:
        raise invalid("body", "", "no-factor", "Enregistrez d'abord un second facteur : les codes le remplacent.")
    codes = await recovery.make(service_of(request), caller.account_id)
    await tell(service_of(request), holder)
    await note(service_of(request), "second-factor", "recovery-codes-made", **about(caller, request))
    return codes


def offered(offer: Offer) -> Response:
    shown = PasskeyOffered(challenge_id=offer.challenge_id, options=offer.options)
    return Response(shown.model_dump_json(), media_type=JSON)


async def _enrolling(request: Request, caller: Caller) -> Holder:
    """The account. A session that waits for the first factor ends once another one has brought it: it has shown a
    password, and would replace by it alone what its owner has enrolled meanwhile.
    """
    holder = await _holder(request, caller)
    if caller.stage == "enrolment" and holder.enrolled:
        await service_of(request).sessions.end(own_session(caller), "enrolled-elsewhere")
        raise _over(request)
    return holder


async def _enrolled(request: Request, caller: Caller, factor: str) -> SignedIn | Opened:
    """A factor more: the session has a new secret, and where it waited for its first factor it is whole."""
    service, session_id = service_of(request), own_session(caller)
    holder = await _holder(request, caller)
    await note(service, "second-factor", "enrolled", **about(caller, request), factor=factor)
    await tell(service, holder)
    try:
        if caller.stage == "enrolment":
            return await SignIn(service).complete(
                session_id, holder, facts(request), device=device_of(request), factor=factor
            )
        return await service.sessions.rise(session_id)
    except SessionOver:
        raise _over(request) from None


async def _removed(request: Request, caller: Caller, session_id: UUID, factor: str) -> Opened:
    service = service_of(request)
    await note(service, "second-factor", "removed", **about(caller, request), factor=factor)
    try:
        return await service.sessions.rise(session_id)
    except SessionOver:
        raise _over(request) from None


async def _answer(request: Request, changed: SignedIn | Opened) -> Response:
    if isinstance(changed, SignedIn):
        return await answer_signed_in(request, changed)
    return await answer_opened(service_of(request), changed)


async def _holder(request: Request, caller: Caller) -> Holder:
    return await current_holder(service_of(request), caller.account_id)


def _over(request: Request) -> Problem:
    return unauthenticated(request)
