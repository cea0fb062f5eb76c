"""Showing who one is: the second factor of a sign-in, a passkey in place of all, a fresh proof before what is grave."""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from gateway.api.authentication import Anonymous, Authenticated, unauthenticated
from gateway.api.client import facts
from gateway.api.described import body
from gateway.api.factors import PasskeyOffered, offered
from gateway.api.problems import Problem, of_refusal, problem, too_many
from gateway.api.session import Model, Password, about, form_of, nothing, own_session, service_of
from gateway.api.signed_in import SessionShown, answer_opened, answer_signed_in, busy, device_of, late
from gateway.auth import cookies
from gateway.auth.caller import Caller
from gateway.auth.factors import Given, prove
from gateway.auth.holder import Holder, current_holder
from gateway.auth.limits import ADDRESS, PROOF, SECOND_FACTOR, Allowance, Counted, admit, forgive, spend
from gateway.auth.passkeys import Passkeys
from gateway.auth.passwords import Busy
from gateway.auth.sessions import Opened, SessionOver
from gateway.auth.sign_in import SignedIn, SignIn
from gateway.journal.journal import note
from gateway.service import Service
from ledger.kit.errors import Forbidden

router: Final = APIRouter(prefix="/v1/session", tags=["sign-in"])
_CHALLENGES: Final = Allowance("passkey-challenge", 600, 60)
_ONE: Final = "Un seul moyen est attendu : totp, recovery_code ou passkey."
_CREDENTIAL: Final = {
    "id": "AAAA",
    "rawId": "AAAA",
    "type": "public-key",
    "response": {"clientDataJSON": "AAAA", "authenticatorData": "AAAA", "signature": "AAAA", "userHandle": None},
}
_ANSWER: Final = {"challenge_id": "01890a5d-ac96-774b-bcce-b302099a8001", "credential": _CREDENTIAL}


class PasskeyAnswer(Model):
    """What `navigator.credentials.get` answered."""

    challenge_id: UUID
    credential: dict[str, Any]


class Shown(Model):
    """One second factor."""

    totp: Annotated[str, Field(max_length=20)] | None = None
    recovery_code: Annotated[str, Field(max_length=40)] | None = None
    passkey: PasskeyAnswer | None = None

    @property
    def given(self) -> Given:
        passkey = (self.passkey.challenge_id, self.passkey.credential) if self.passkey else None
        return Given(self.totp, self.recovery_code, passkey)

    @property
    def count(self) -> int:
        return sum(each is not None for each in (self.totp, self.recovery_code, self.passkey))


class SecondFactor(Shown):
    """Exactly one of the three."""

    @model_validator(mode="after")
    def one(self) -> SecondFactor:
        if self.count != 1:
            raise PydanticCustomError("rule", _ONE)
        return self


class Proof(Shown):
    """The password, with a second factor where the account has one; or a passkey, which is both."""

    password: Password | None = None

    @model_validator(mode="after")
    def enough(self) -> Proof:
        if self.count > 1:
            raise PydanticCustomError("rule", _ONE)
        if self.password is None and self.passkey is None:
            raise PydanticCustomError("rule", "Le mot de passe, ou une clé, est attendu.")
        return self


@router.post(
    "/second-factor",
    operation_id="prove_second_factor",
    summary="Confirmer la connexion",
    response_model=SessionShown,
    openapi_extra=body(SecondFactor, {"totp": "123456"}),
)
async def prove_second_factor(request: Request, caller: Authenticated) -> Response:
    """The step after the password. The session has a new secret and is whole; ten wrong answers end it."""
    form: SecondFactor = await form_of(request, SecondFactor)
    return await answer_signed_in(request, await completed(request, caller, form.given))


async def completed(request: Request, caller: Caller, given: Given) -> SignedIn:
    """The sign-in made whole by a second factor. The problem `second-factor-refused`, which forgets the cookie where it
    was one too many; 429; the ledger's refusal of a session that waits for none.
    """
    service, session_id = service_of(request), own_session(caller)
    if caller.stage != "second-factor":
        raise of_refusal(Forbidden())
    counted = [(SECOND_FACTOR, str(caller.account_id))]
    await _admitted(service, caller, request, counted)
    holder = await current_holder(service, caller.account_id)
    factor = await prove(service, holder, given)
    if factor is None:
        raise await _wrong_factor(request, service, caller, session_id)
    await forgive(service, counted)
    try:
        return await SignIn(service).complete(
            session_id, holder, facts(request), device=device_of(request), factor=factor
        )
    except SessionOver:
        raise unauthenticated(request) from None


@router.post(
    "/passkey-options",
    operation_id="begin_passkey_sign_in",
    summary="Préparer une connexion par clé",
    response_model=PasskeyOffered,
)
async def begin_passkey_sign_in(request: Request, _: Anonymous) -> Response:
    """A challenge for whoever comes; it serves a sign-in, a second factor or a fresh proof."""
    await nothing(request)
    service = service_of(request)
    if wait := await spend(service, _CHALLENGES, str(facts(request).address)):
        raise too_many(wait)
    return offered(await Passkeys(service).offer_sign_in())


@router.post(
    "/passkey",
    operation_id="sign_in_with_passkey",
    summary="Se connecter par clé",
    response_model=SessionShown,
    openapi_extra=body(PasskeyAnswer, _ANSWER),
)
async def sign_in_with_passkey(request: Request, _: Anonymous) -> Response:
    """The passkey says whose it is, and its device that its owner unlocked it: both factors at once."""
    form: PasskeyAnswer = await form_of(request, PasskeyAnswer)
    return await answer_signed_in(request, await signed_in_by_passkey(request, form))


async def signed_in_by_passkey(request: Request, form: PasskeyAnswer) -> SignedIn:
    """A sign-in, whole at once. The problem `sign-in-refused`; 429; 503."""
    service, about_request = service_of(request), facts(request)
    counted = [(ADDRESS, str(about_request.address))]
    if wait := await admit(service, counted):
        raise too_many(wait)
    account_id = await Passkeys(service).verify(form.challenge_id, form.credential)
    holder = None if account_id is None else await current_holder(service, account_id)
    if holder is not None and not holder.current:
        raise late()
    if holder is None or holder.over:
        await note(service, "sign-in", "refused", account_id=account_id, request=about_request, method="passkey")
        raise problem("sign-in-refused")
    await forgive(service, counted)
    return await SignIn(service).open(holder, "passkey", about_request, device=device_of(request), whole=True)


@router.post(
    "/proof",
    operation_id="prove_again",
    summary="Confirmer mon identité",
    response_model=SessionShown,
    openapi_extra=body(Proof, {"password": "Exemple-de-phrase-2026", "totp": "123456"}),
)
async def prove_again(request: Request, caller: Authenticated) -> Response:
    """What is grave may be done for ten minutes from now. The session has a new secret."""
    form: Proof = await form_of(request, Proof)
    return await answer_opened(service_of(request), await proved(request, caller, form))


async def proved(request: Request, caller: Caller, form: Proof) -> Opened:
    """The caller's session, risen by a proof. The problem `sign-in-refused` where it is none; 429; 503."""
    service, session_id = service_of(request), own_session(caller)
    counted = [(PROOF, str(caller.account_id))]
    await _admitted(service, caller, request, counted)
    holder = await current_holder(service, caller.account_id)
    try:
        if not await _is_proof(service, holder, form):
            await note(service, "session", "proof-refused", **about(caller, request), target_id=session_id)
            raise problem("sign-in-refused")
        await forgive(service, counted)
        opened = await service.sessions.rise(session_id, proved=True)
    except Busy:
        raise busy() from None
    except SessionOver:
        raise unauthenticated(request) from None
    await note(service, "session", "proved", **about(caller, request), target_id=session_id)
    return opened


async def _is_proof(service: Service, holder: Holder, form: Proof) -> bool:
    """The password is looked at first: a code is not spent beside a wrong one."""
    if form.passkey is not None:
        return await prove(service, holder, form.given) == "passkey"
    if not await service.passwords.verify(holder.password_hash, form.password or ""):
        return False
    return not holder.enrolled or await prove(service, holder, form.given) is not None


async def _admitted(service: Service, caller: Caller, request: Request, counted: list[Counted]) -> None:
    if wait := await admit(service, counted):
        await note(service, "second-factor", "throttled", **about(caller, request))
        raise too_many(wait)


async def _wrong_factor(request: Request, service: Service, caller: Caller, session_id: UUID) -> Problem:
    """One text for a wrong code, a used one and one of another time."""
    ended = await service.sessions.fail(session_id)
    await note(service, "second-factor", "refused", **about(caller, request), target_id=session_id, ended=ended)
    return problem("second-factor-refused", headers={"Set-Cookie": cookies.NO_COOKIE} if ended else None)
