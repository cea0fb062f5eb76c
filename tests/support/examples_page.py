"""The examples of docs/frontends.md, one after the other as one TypeScript module that Node runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

PAGE: Final = Path(__file__).parents[2] / "docs" / "frontends.md"
_BLOCK: Final = re.compile(r"^<!-- run:[^\n]*-->\n```ts\n(.*?)```", re.MULTILINE | re.DOTALL)
_HEAD: Final = """\
declare const process: { env: Record<string, string> };
const origin = process.env["ORIGIN"] ?? "";
const token = process.env["TOKEN"] ?? "";
"""


def blocks() -> list[str]:
    """Those that are run."""
    return _BLOCK.findall(PAGE.read_text(encoding="utf-8"))


def as_module() -> str:
    """What a block imports stands on top; what it shows is written as the last word of its own number."""
    found = blocks()
    imports = sorted({line for block in found for line in block.splitlines() if line.startswith("import ")})
    bodies = [
        "\n".join(line for line in block.splitlines() if not line.startswith("import "))
        + f'\nconsole.log("ran {number}");'
        for number, block in enumerate(found)
    ]
    return "\n".join([*imports, _HEAD, *bodies])
