"""Orders from forms: the ledger's own commands, each once however often its form is sent.

The form's hidden `demande` is the idempotency key: a double click, a page sent again and an answer that was lost are
one order. Afterwards one waits until the read models show it, so that the next page does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from gateway.api.authentication import action_of
from gateway.api.bodies import parse
from gateway.api.idempotency import canonical
from gateway.api.orders import Admit, execute, is_repeat
from gateway.api.problems import Problem, of_refusal, problem
from gateway.portal.forms import DEMAND, NOTHING, Form, faults_of
from gateway.portal.visit import Visit
from ledger.application import IdempotencyKey, Outcome
from ledger.kit.command import Command
from ledger.kit.errors import Refusal
from projections.engine.waiting import wait_for_async

WAIT_SECONDS: Final = 2.0
_LONGEST: Final = 200
_LATER: Final = frozenset({429, 503})
"""Nothing is wrong with the form: a page says when to send it again, in its `Retry-After` too."""


def new_demand() -> str:
    """What a form's hidden field `demande` holds: the same for every time that this very form is sent."""
    return str(uuid4())


async def order(
    visit: Visit,
    command_type: type[Command],
    form: Form,
    *,
    told: Mapping[str, Any] = NOTHING,
    part: str = "",
    admit: Admit | None = None,
) -> Outcome | Form:
    """Give the order that the form asks for; the form again, with its faults in French, where it is refused.

    `told` are the command's fields that are not the form's (the ids of the address, what is no text). `part`: of a form
    that gives several orders, which one. `admit` may refuse what is too much, as the API's own route has it. A form
    without its `demande` is the problem `csrf`: the page has expired.
    """
    demand = form.text(DEMAND)
    if not demand or len(demand) > _LONGEST or not demand.isascii() or not demand.isprintable():
        raise problem("csrf")
    asked = {**form.asked(), **told}
    key = IdempotencyKey(
        account_id=visit.caller.account_id, route=f"page {action_of(visit.request)}",
        key=f"{demand}{':' if part else ''}{part}", body=canonical(asked), status=303,
    )  # fmt: skip
    try:
        command = parse(command_type, asked)
        if admit is not None and not await is_repeat(visit.request, key):
            await admit(visit.request, visit.caller.account_id, command)
        outcome = await execute(visit.request, command, actor=visit.caller.account_id, key=key)
    except Problem as refused:
        if refused.status in _LATER:
            raise
        return form.with_faults(faults_of(refused))
    except Refusal as refusal:
        return form.with_faults(faults_of(of_refusal(refusal)))
    await shown(visit, outcome.position)
    return outcome


async def shown(visit: Visit, position: int) -> None:
    """Wait until every read model has folded `position`, two seconds at most: later the page says what it knows."""
    await wait_for_async(visit.service.queries, position, WAIT_SECONDS)
