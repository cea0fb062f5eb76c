"""One PDF (PDF/UA-1, tagged) from a template of ours and data, made by a child that is gone when it is done."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from typing import Final, Literal

import orjson
from starlette.concurrency import run_in_threadpool

from gateway.places import NoPlace, Places

Template = Literal["receipt"]

SECONDS: Final = 20
"""How long one may take; a quiet machine makes one in a tenth of a second, the child's start included."""

AT_ONCE: Final = 2
PATIENCE_SECONDS: Final = 20.0
_COMMAND: Final = (sys.executable, "-I", "-m", "gateway.typesetting.child")


class Untypeset(Exception):
    """No PDF came. `reason` is a code: busy, late, failed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Typesetting:
    """A process's own: so many at once, whoever asks; the others wait without a thread."""

    def __init__(self) -> None:
        self._places = Places(AT_ONCE, patience_seconds=PATIENCE_SECONDS)

    async def pdf(self, template: Template, data: Mapping[str, object]) -> bytes:
        """As `typeset`; Untypeset, `busy`, where its turn does not come in PATIENCE_SECONDS."""
        try:
            async with self._places.one():
                return await run_in_threadpool(typeset, template, data)
        except NoPlace:
            raise Untypeset("busy") from None


def typeset(template: Template, data: Mapping[str, object]) -> bytes:
    """The PDF; blocks for its time. `data` reaches the template as JSON, never as a piece of its text. Untypeset."""
    try:
        ran = subprocess.run(  # noqa: S603 - our own interpreter and module; the data is its input, not its command
            _COMMAND,
            input=orjson.dumps({"template": template, "data": data}),
            capture_output=True,
            check=False,
            cwd="/",
            env={"LANG": "C.UTF-8"},
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise Untypeset("late") from None
    if ran.returncode != 0 or not ran.stdout.startswith(b"%PDF-"):
        raise Untypeset("failed")
    return ran.stdout
