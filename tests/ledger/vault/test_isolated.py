"""Hostile bytes are parsed by a child that can reach nothing, and whose silence or lie is never an acceptance."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ledger.vault.isolated import running
from ledger.vault.isolated.running import Answer, Nursery, Unexamined, ask_of
from ledger.vault.sealing import Damaged
from support import captive, hostile
from support.eventually import eventually

PDF = io.BytesIO(hostile.PLAIN_PDF)
SIZE = len(hostile.PLAIN_PDF)


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    made = Nursery((sys.executable, "-I", str(Path(captive.__file__))))
    yield made
    made.stop()


def asked(
    nursery: Nursery, task: str, *, seconds: float = 60, memory_mib: int = 512, file=PDF, **told: object
) -> Answer:
    return ask_of(nursery, task, file, seconds=seconds, memory_mib=memory_mib, told=told)


def children_of(nursery: Nursery) -> list[int]:
    process = nursery._process
    assert process is not None
    return [int(each.name) for each in Path("/proc").glob("[0-9]*") if parent_of(each) == process.pid]


def parent_of(process: Path) -> int | None:
    """By its line of state; None where it is gone."""
    try:
        return int((process / "stat").read_text().rpartition(") ")[2].split()[1])
    except OSError:
        return None


def limits_of(pid: int) -> dict[str, int]:
    rows = re.findall(r"^Max (.+?)  +(\d+) +\d+ ", Path(f"/proc/{pid}/limits").read_text(), re.MULTILINE)
    return {name: int(most) for name, most in rows}


def wait_until_alone(nursery: Nursery) -> None:
    eventually(lambda: not children_of(nursery))


def test_a_child_answers_and_is_gone(nursery):
    answer = asked(nursery, "pdf", active=False)
    assert (answer.refused, answer.told["pages"]) == (None, 1)
    wait_until_alone(nursery)


def test_a_child_is_limited_and_knows_nothing(nursery):
    """Not one variable of the gateway's environment, where its secrets are; no file, no dump of its memory."""
    wait_until_alone(nursery)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(asked, nursery, "wait", seconds=600, memory_mib=300)
        [child] = eventually(lambda: children_of(nursery))
        eventually(lambda: limits_of(child)["open files"] == 32)  # the last that is set
        limits = limits_of(child)
        environment = Path(f"/proc/{child}/environ").read_bytes()
        os.kill(child, signal.SIGKILL)
        with pytest.raises(Unexamined, match="gone"):
            waiting.result()
    assert (limits["address space"], limits["cpu time"]) == (300 << 20, 10)
    assert (limits["file size"], limits["core file size"]) == (0, 0)
    assert environment == b"LANG=C.UTF-8\0"


def test_a_child_cannot_reach_out(nursery):
    """It shares the gateway's account, and could else trace it, or read the file of its keys."""
    answer = asked(nursery, "break_out", gateway=os.getpid())
    if not answer.fenced:
        pytest.skip("this kernel has no filter of system calls")
    assert answer.told["done"] == []


@pytest.mark.parametrize("task", ["loop", "wait", "read_on"])
def test_a_child_without_end_is_ended(nursery, task):
    with pytest.raises(Unexamined) as silence:
        asked(nursery, task, seconds=0.3)
    assert silence.value.reason in {"late", "gone"}  # whichever clock strikes first: ours or its own alarm
    wait_until_alone(nursery)


@pytest.mark.parametrize(("task", "told"), [("hoard", {"mebibytes": 1024}), ("die", {}), ("no-such-task", {})])
def test_a_child_that_dies_has_said_nothing(nursery, task, told):
    with pytest.raises(Unexamined, match="gone"):
        asked(nursery, task, **told)
    assert asked(nursery, "hoard", mebibytes=64).told["got"] == 64 << 20


RANGE = "52" + "{:016x}{:08x}"
ANSWER = "41" + "{:08x}{:08x}"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("", "gone"),
        ("5a", "nonsense"),
        ("41", "gone"),
        (ANSWER.format(2, 0), "gone"),
        (ANSWER.format(2**32 - 1, 0), "nonsense"),
        (ANSWER.format(2, 2**32 - 1) + "7b7d", "nonsense"),
        (ANSWER.format(2, 0) + "7b7d", "nonsense"),
        (ANSWER.format(2, 0) + "ffff", "nonsense"),
        (ANSWER.format(2, 0) + "5b5d", "nonsense"),
        (RANGE.format(0, 0), "nonsense"),
        (RANGE.format(0, SIZE + 1), "nonsense"),
        (RANGE.format(2**64 - 1, 1), "nonsense"),
        (RANGE.format(0, 2**32 - 1), "nonsense"),
    ],
)
def test_words_that_are_no_answer_are_none(nursery, words, reason):
    """Half of one, lengths that would fill the memory, ranges that are not the document's."""
    with pytest.raises(Unexamined, match=reason):
        asked(nursery, "say", words=words)


@pytest.mark.parametrize(
    "head",
    [
        {"refused": "<b>votre mot de passe ?</b>"},
        {"refused": 1},
        {"refused": ["active"]},
        {"pages": 0},
        {"pages": -3},
        {"pages": True},
        {"pages": "1"},
        {"pages": 2**40},
    ],
)
def test_a_claim_that_cannot_be_is_not_believed(nursery, head):
    """A person is told our own sentences alone, whatever a child has to say."""
    with pytest.raises(Unexamined, match="nonsense"):
        asked(nursery, "claim", head=head)


def test_a_body_larger_than_any_page_is_not_taken(nursery):
    assert len(asked(nursery, "claim", head={}, body=1 << 20).body) == 1 << 20
    with pytest.raises(Unexamined, match="nonsense"):
        asked(nursery, "claim", head={}, body=5 << 20)


def test_damage_of_the_document_is_told_as_what_it_is(nursery):
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise Damaged

    with pytest.raises(Damaged):
        asked(nursery, "pdf", file=Broken(hostile.PLAIN_PDF), active=False)
    wait_until_alone(nursery)


def test_a_killed_nursery_is_started_again(nursery):
    asked(nursery, "pdf", active=False)
    first = nursery._process
    assert first is not None
    first.kill()
    first.wait()
    assert asked(nursery, "pdf", active=False).told["pages"] == 1
    assert nursery._process is not first


ASKING = """
import io, sys, time
from ledger.vault.isolated import running
running.ask("pdf", io.BytesIO(bytes.fromhex(sys.stdin.readline())), active=False)
print(running._nursery._process.pid, flush=True)
time.sleep(3600)
"""


def test_a_nursery_ends_with_its_gateway():
    """Killed without a word: no process is left that nobody would end."""
    with subprocess.Popen(
        [sys.executable, "-c", ASKING], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as gateway:
        assert gateway.stdin is not None
        assert gateway.stdout is not None
        print(hostile.PLAIN_PDF.hex(), file=gateway.stdin, flush=True)
        pid = int(gateway.stdout.readline())
        assert running.COMMAND[-1].encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
        gateway.kill()
    eventually(lambda: not _is_running(pid))


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_the_gateway_loads_no_parser():
    """Not even their import: what is not loaded cannot be reached by hostile bytes."""
    program = "import sys, gateway.api.app, gateway.cli.main, gateway.cli.work; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "ledger.vault.isolated.running" in loaded
    assert not {"pikepdf", "pypdfium2", "pypdfium2_raw", "PIL", "lxml", "typst"} & {
        name.partition(".")[0] for name in loaded
    }
