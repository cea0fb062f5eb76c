"""The child: `python -I -m gateway.typesetting.child`, an order as JSON on its input, the PDF on its output."""

from __future__ import annotations

import json
import re
import resource
import sys
import unicodedata
from pathlib import Path
from typing import Any, Final

import typst

_CPU_SECONDS: Final = 15
_MEMORY_BYTES: Final = 1 << 30  # of addresses: the compiler maps 280 MiB, and holds 60
_PLACE: Final = Path(__file__).parent
# What the compiler's own fonts have for sure: European letters, punctuation, the euro's sign.
_BEYOND: Final = re.compile("[^ -~\u00a0-\u024f\u0370-\u03ff\u0400-\u045f\u2010-\u2027\u2030-\u203a\u20ac]")
_REPLACED: Final = "?"


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    order = json.load(sys.stdin.buffer)
    template = (_PLACE / f"{order['template']}.typ").read_bytes()
    sys.stdout.buffer.write(_typeset(template, order["data"]))


def _typeset(template: bytes, data: dict[str, Any]) -> bytes:
    """A name in letters that no font of ours has would be no PDF/UA: it is made once more without them, and says so."""
    shown = _composed(data)
    try:
        return _compiled(template, {**shown, "replaced": False})
    except typst.TypstError:
        return _compiled(template, {**_reduced(shown), "replaced": True})


def _compiled(template: bytes, data: dict[str, Any]) -> bytes:
    made: bytes = typst.compile(
        template,
        format="pdf",
        pdf_standards=["ua-1"],
        ignore_system_fonts=True,  # one text, one look, on every machine
        sys_inputs={"data": json.dumps(data)},
    )
    return made


def _composed(value: Any) -> Any:
    """Letters and accents as one character each, without what is no character to see (which may turn a line about)."""
    if isinstance(value, str):
        composed = unicodedata.normalize("NFC", value)
        return "".join(each for each in composed if unicodedata.category(each)[0] != "C")
    return _each(value, _composed)


def _reduced(value: Any) -> Any:
    return _BEYOND.sub(_REPLACED, value) if isinstance(value, str) else _each(value, _reduced)


def _each(value: Any, change: Any) -> Any:
    if isinstance(value, dict):
        return {name: change(inner) for name, inner in value.items()}
    return [change(inner) for inner in value] if isinstance(value, list) else value


if __name__ == "__main__":
    main()
