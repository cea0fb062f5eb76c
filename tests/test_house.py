"""The house keeps its own rules: what the files hold, what imports what, what can be made."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
REQUIREMENTS = ("requirements.txt", "requirements-dev.txt")


def tracked() -> list[Path]:
    """The project's files, as git knows them; in an unpacked archive, all but what tools make."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode == 0:
        files = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    else:
        made = {".venv", "__pycache__", ".git", "var", "build", "dist"}
        files = [path for path in ROOT.rglob("*") if not made & set(path.relative_to(ROOT).parts)]
    return [path for path in files if path.is_file()]


def lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except UnicodeDecodeError:
        return []  # an image or a document


def said_by(*command: str | Path) -> str:
    """What a program of the project's environment says; it must succeed."""
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_data_flows_one_way():
    """The contracts in pyproject.toml hold: gateway → projections → ledger; application → nouns → log → kit."""
    said_by(Path(sys.executable).with_name("lint-imports"), "--no-cache")


# Each is written so that this file passes its own check.
FORBIDDEN = {
    "a package registry's address": re.compile(r"pypi[.]org|pythonhosted[.]|://[^ ]*/simple[/]"),
    "pip told where to look": re.compile(r"^\s*(-[i] |--((extra-)?index-url|find-links|trusted-host)\b)"),
    "a path of one machine": re.compile(r"(?<![\w.])/(wor[k]/|(home|Users|root)/\w)"),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str):
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked()
        for number, line in enumerate(lines(path), 1)
        if FORBIDDEN[what].search(line)
    ]
    assert found == []


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_requirement_is_pinned_and_hashed(name: str):
    text = (ROOT / name).read_text().replace("\\\n", " ")
    requirements = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert len(requirements) > 40
    for line in requirements:
        assert re.fullmatch(r"[a-z0-9.-]+==\S+( ; [^-]+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*", line), line


def pins(name: str) -> dict[str, str]:
    found = re.findall(r"^([a-z0-9.-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE)
    return dict(found)


def test_the_demonstration_runs_what_was_tested():
    """What `make demo` installs is part of what `make test` installs, at the same versions."""
    assert pins("requirements.txt").items() <= pins("requirements-dev.txt").items()


def test_every_target_of_the_makefile_says_what_it_does():
    makefile = (ROOT / "Makefile").read_text()
    phony = re.findall(r"^\.PHONY: (\S+)$", makefile, re.MULTILINE)
    assert {"demo", "test", "test-full", "bench", "lint", "help"} <= set(phony)
    said = said_by("make", "--no-print-directory", "help")
    for target in phony:
        assert re.search(rf"^  {target} +\S", said, re.MULTILINE), f"make help does not explain {target}"


# The library's own ways of naming classes store module paths in the log, skip validation, or import what a row names.
NEVER_IMPORTED = {
    "event",
    "aggregate",
    "triggers",
    "Aggregate",
    "CanInitAggregate",
    "resolve_topic",
    "get_topic",
    "register_topic",
}
NEVER_NAMED = (NEVER_IMPORTED - {"event", "aggregate", "triggers", "Aggregate"}) | {"TOPIC"}


def offences(source: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ImportFrom(module=str(module), names=names) if module.split(".")[0] == "eventsourcing":
                found += [alias.name for alias in names if alias.name in NEVER_IMPORTED]
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in NEVER_NAMED:
                found.append(name)
            case ast.Call(func=ast.Subscript(value=made) | made) if ast.unparse(made).split(".")[-1] == "Mapper":
                found.append("Mapper")  # to derive from it is right; to make the default one is not
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_the_library_never_names_our_classes(path: Path):
    """Neither `@event`, `TOPIC`, `CanInitAggregate`, `resolve_topic` nor the default mapper: published names only."""
    assert offences(path.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        "from eventsourcing.domain import event",
        "from eventsourcing.domain import Aggregate, CanInitAggregate",
        "from eventsourcing.utils import resolve_topic as found",
        "class X:\n    TOPIC = 'x'",
        "import eventsourcing.persistence\neventsourcing.persistence.Mapper()",
        "mapper = Mapper[UUID](transcoder)",
    ],
)
def test_the_check_of_the_librarys_names_can_fail(source: str):
    assert offences(source) != []


def test_no_file_hides_a_second_noun():
    """A module above 400 lines has two subjects."""
    long = {str(path.relative_to(ROOT)): len(lines(path)) for path in [*SOURCES, *(ROOT / "tests").rglob("*.py")]}
    assert {path: count for path, count in long.items() if count > 400} == {}
