"""Forms with files: read as they come, the token and the right looked at before a file's first byte is asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated, Final

from fastapi import Depends, Request

from gateway.api.limits import charge
from gateway.api.piece import largest
from gateway.api.problems import Problem, of_refusal, problem
from gateway.api.uploads import MOST_FILES, Parts, Upload
from gateway.portal.forms import LIMIT_BYTES, Form, faults_of
from gateway.portal.visit import Visit, posting_of
from ledger.kit.errors import Refusal

__all__ = ["ENDINGS", "MOST_FILES", "Judged", "Sending", "Uploading", "drain", "judge_each"]

ENDINGS: Final = ".pdf,.png,.jpg,.jpeg,.docx,.xlsx,.odt"
"""What a browser offers first when files are chosen; what they are is looked at here."""

_MOST_FIELDS: Final = 8
_NOTHING: Final = "Choisissez au moins un fichier."
_JUDGED: Final = frozenset({409, 410, 422})
"""What is wrong with one file; with anything else the others would fare no better."""


@dataclass
class Sending:
    """A form with files, its fields checked and its files still on the wire."""

    visit: Visit
    parts: Parts


@dataclass
class Judged:
    """What became of a form's files: how many were `sent`, how many are there (`again`: were there before), up to which
    position; and of those that were refused the name with what is wrong.
    """

    sent: int = 0
    taken: int = 0
    again: int = 0
    position: int = 0
    faults: list[tuple[str, str]] = field(default_factory=list)

    def add(self, position: int, *, again: bool) -> None:
        self.taken += 1
        self.again += again
        self.position = max(self.position, position)


Take = Callable[[Upload, Judged], Awaitable[None]]


async def uploading(request: Request) -> Sending:
    """As `posting`, for a form with files: not a byte of them is asked for before whoever sends them is known."""
    limit_bytes = MOST_FILES * largest(request)
    parts = Parts(request, limit_bytes=limit_bytes, most_fields=_MOST_FIELDS, field_bytes=LIMIT_BYTES)
    fields = await parts.before_files()
    if any(len(texts) > 1 for texts in fields.values()):
        raise problem("malformed-form")
    return Sending(await posting_of(request, Form(fields)), parts)


Uploading = Annotated[Sending, Depends(uploading)]


async def judge_each(sending: Sending, take: Take, *, action: str) -> Judged:
    """Each file by itself: `take` has it filed, and says so, or raises what is wrong with it. `action` is charged."""
    judged = Judged()
    try:
        async for upload in sending.parts.uploads():
            if upload.name:  # a form that nothing was chosen in has one without a name
                await _judge_one(sending.visit, upload, take, action, judged)
    except Problem as refused:
        if not refused.errors:
            raise
        judged.faults.append(("", refused.errors[0].detail))  # too many of them: those before are judged
    if not judged.sent:
        judged.faults.append(("", _NOTHING))
    return judged


async def drain(sending: Sending) -> None:
    """Pass over the files: a browser that still sends does not hear what is wrong with its form."""
    async for _ in sending.parts.uploads():
        pass


async def _judge_one(visit: Visit, upload: Upload, take: Take, action: str, judged: Judged) -> None:
    judged.sent += 1
    if judged.sent > 1:  # the first was counted with the request
        await charge(visit.request, visit.caller, action)
    try:
        await take(upload, judged)
    except (Problem, Refusal) as refused:
        judged.faults.append((upload.name, _fault(refused)))


def _fault(refused: Problem | Refusal) -> str:
    """What is wrong with one file, in a sentence; what is wrong with all of it is raised again."""
    found = of_refusal(refused) if isinstance(refused, Refusal) else refused
    if found.status not in _JUDGED:
        raise refused
    return " ".join(text for texts in faults_of(found).values() for text in texts)
