"""What is grave asks again who one is, inside of the same form: nothing typed is lost, and no script is needed.

A form whose page knows may have the fields `proof_password` and `proof_code` itself; any other comes back with them,
and with all that was typed.
"""

from __future__ import annotations

from typing import Final

from fastapi import Request
from starlette.responses import Response

from gateway.api import proof
from gateway.api.authentication import unauthenticated
from gateway.api.bodies import parse
from gateway.api.problems import Problem
from gateway.auth.caller import LATE, Caller, caller_of
from gateway.auth.csrf import FIELD, csrf_of
from gateway.auth.holder import current_holder
from gateway.auth.sessions import Opened
from gateway.portal.credentials import CREDENTIAL, answered
from gateway.portal.forms import EMPTY, PROOF, PROOF_CODE, PROOF_PASSKEY, PROOF_PASSWORD, Form, faults_of
from gateway.portal.pages import Answered, page
from gateway.service import Service

_ASIDE: Final = frozenset({FIELD, *PROOF})
_NOT_RECOGNISED: Final = "Le mot de passe ou le code n'est pas reconnu."


async def proved(request: Request, secret: str, form: Form) -> Opened:
    """The session of `secret`, risen by the proof that the form holds. Answered: the page that asks for it (again)."""
    service: Service = request.app.state.service
    caller = await caller_of(service.queries, secret)
    if caller is None or caller is LATE:
        raise unauthenticated(request)
    if not form.text(PROOF_PASSWORD) and not _has_passkey(form):
        raise Answered(await asks(request, caller, secret, form))
    try:
        return await proof.proved(request, caller, _given(form))
    except Problem as refused:
        if refused.code not in {"sign-in-refused", "too-many-attempts", "invalid"}:
            raise
        answer = await asks(request, caller, secret, form, _told(refused), status=refused.status)
        answer.headers.update(refused.headers)
        raise Answered(answer) from None


def _given(form: Form) -> proof.Proof:
    """A passkey's answer, or the password: digits beside it are an application's code, the rest a recovery code."""
    if _has_passkey(form):
        return parse(proof.Proof, {"passkey": answered(form, prefix=PROOF_PASSKEY)})
    code = form.text(PROOF_CODE).replace(" ", "")
    kind = "totp" if code.isdigit() else "recovery_code"
    return parse(proof.Proof, {"password": form.text(PROOF_PASSWORD), **({kind: code} if code else {})})


def _has_passkey(form: Form) -> bool:
    return bool(form.text(f"{PROOF_PASSKEY}{CREDENTIAL}"))


def _told(refused: Problem) -> Form:
    """One text for a wrong password, a wrong code and what could be neither."""
    if refused.code == "too-many-attempts":
        return EMPTY.with_faults(faults_of(refused))
    return EMPTY.with_fault(PROOF_PASSWORD, _NOT_RECOGNISED)


async def asks(
    request: Request, caller: Caller, secret: str, form: Form, told: Form = EMPTY, *, status: int = 200
) -> Response:
    """The page that asks for the proof; `form` is what it keeps meanwhile, `told` what was wrong."""
    holder = await current_holder(request.app.state.service, caller.account_id)
    return page(
        request,
        "proof.html",
        status=status,
        form=told,
        csrf_token=csrf_of(secret),
        typed=[(name, text) for name, texts in form.values.items() if name not in _ASIDE for text in texts],
        enrolled=holder.enrolled,
        has_passkey=holder.passkeys > 0,
    )
