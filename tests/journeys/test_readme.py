"""Every command that README.md shows is run here, against a demonstration of the smallest size."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from support.demo import Demo, environment, needs_curl

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^## ([^\n]+)\n(?:(?!^## ).)*?<!-- run: [^\n]+\n```sh\n(.*?)```", README, re.MULTILINE | re.DOTALL)


def test_each_user_has_a_path_and_every_shell_block_is_run():
    assert [title for title, _ in BLOCKS] == ["A portal frontend", "An auditor", "An operator"]
    assert README.count("```sh") == len(BLOCKS)


@pytest.mark.parametrize(
    ("title", "block"),
    [pytest.param(*each, id=each[0], marks=[needs_curl] if "curl" in each[1] else []) for each in BLOCKS],
)
def test_the_commands_of_a_path_work(demo: Demo, title: str, block: str):
    """As they stand, but for the address and the directory, which a test cannot have to itself."""
    script = block.replace("http://127.0.0.1:8000", demo.file["url"]).replace("var/demo", str(demo.place))
    script = script.replace("var/backup", str(demo.place / "backup")).replace("curl -sS", "curl -sS --fail")
    answer = subprocess.run(
        ["bash", "-e", "-u", "-o", "pipefail", "-c", script],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout


def test_the_two_commands_of_the_beginning_are_targets_of_the_makefile():
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(re.findall(r"^make ([a-z-]+)", README, re.MULTILINE)) <= set(targets)
