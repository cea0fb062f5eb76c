"""The client for other frontends and their example, checked and compiled as a frontend's own build would do it.

5.9.3 is of the last line of compilers that are JavaScript alone, and that Debian 12's Node 18 runs.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from support.node import installed

PACKAGE = "typescript@5.9.3"
ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "docs" / "client"
MISTAKES = Path(__file__).with_name("mistakes.ts")


@dataclass(frozen=True)
class Compiled:
    """`place` has the scripts as `docs/client` has their sources; `said` is what the compiler found, line by line."""

    place: Path
    said: list[str]


def compiled(place: Path, **more: str) -> Compiled:
    """`docs/client` under its own strict settings, with `more` sources by name (`examples="…"`)."""
    modules = installed(PACKAGE)
    sources = place / "sources"
    shutil.copytree(CLIENT, sources)
    shutil.copy(MISTAKES, sources)
    for name, text in more.items():
        (sources / f"{name}.ts").write_text(text, encoding="utf-8")
    site = place / "site"
    told = subprocess.run(
        [
            "node",
            modules / "node_modules/typescript/bin/tsc",
            "--project",
            sources,
            "--outDir",
            site,
            "--pretty",
            "false",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    for plain in (sources / "example").iterdir():
        if plain.suffix != ".ts":
            shutil.copy(plain, site / "example")
    (site / "package.json").write_text(json.dumps({"type": "module"}))  # for Node; browsers are told by the page
    return Compiled(site, told.stdout.splitlines())
