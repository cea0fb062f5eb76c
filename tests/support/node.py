"""What tests take from npm: by name and version, installed once beside the environment. There is no lock file, which
would hold a registry's address.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

_PLACE = Path(__file__).parents[2] / ".venv" / "node"

# Continuous integration has both, and must: a missing part fails there.
needs_node = pytest.mark.skipif(
    "CI" not in os.environ and not (shutil.which("node") and shutil.which("npm")),
    reason="node and npm are needed",
)


def installed(package: str) -> Path:
    """Where `name@version` is. Once for all workers: the first has the lock, the others find it done. No script of a
    package runs.
    """
    modules = _PLACE / re.sub(r"\W", "-", package)
    modules.mkdir(parents=True, exist_ok=True)
    with (modules / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = modules / "done"
        if not done.exists():
            npm = ["npm", "install", "--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run([*npm, "--prefix", str(modules), package], check=True, timeout=240)
            done.touch()
    return modules
