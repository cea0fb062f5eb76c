"""One PDF (PDF/UA-1, tagged) from a template of ours and data, made by a child that is gone when it is done."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Final, Literal

import orjson

Template = Literal["receipt"]

SECONDS: Final = 20
"""How long one may take; a quiet machine makes one in a tenth of a second, the child's start included."""

_AT_ONCE: Final = 2
_QUEUE_SECONDS: Final = 20
_COMMAND: Final = (sys.executable, "-I", "-m", "gateway.typesetting.child")
_places: Final = threading.BoundedSemaphore(_AT_ONCE)


class Untypeset(Exception):
    """No PDF came. `reason` is a code: busy, late, failed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def typeset(template: Template, data: Mapping[str, object]) -> bytes:
    """The PDF; blocks for its time. `data` reaches the template as JSON, never as a piece of its text. Untypeset."""
    if not _places.acquire(timeout=_QUEUE_SECONDS):
        raise Untypeset("busy")
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
    finally:
        _places.release()
    if ran.returncode != 0 or not ran.stdout.startswith(b"%PDF-"):
        raise Untypeset("failed")
    return ran.stdout
