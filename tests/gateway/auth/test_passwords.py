"""Passwords: their rules (row O7), what is kept of them, and that never too many are in work at once."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.auth.passwords import LEAST, MOST, QUEUE, RULES, Busy, Passwords, broken
from gateway.settings import Settings
from ledger.log.database import Database

GOOD = "Trombone-Vert-27"
MEMORY = 32 * 1024


def _codes(password: str, *names: str) -> list[str]:
    return [rule.code for rule in broken(password, names)]


def test_every_rule_has_its_french_text():
    assert [rule.code for rule in RULES] == [
        "length", "lower-case", "upper-case", "digit", "special", "common", "own-name",
    ]  # fmt: skip
    assert all(rule.text.endswith(".") for rule in RULES)


def test_twelve_to_fifty_characters_are_counted_after_composition():
    """O7: counted, never truncated. A composed accent is one character, however it was typed."""
    for length, codes in ((LEAST - 1, ["length"]), (LEAST, []), (MOST, []), (MOST + 1, ["length"])):
        assert _codes("Aa1-" + "é" * (length - 4)) == codes
        assert _codes("Aa1-" + "e\N{COMBINING ACUTE ACCENT}" * (length - 4)) == codes
        assert _codes("Aa1-" + "\N{PINEAPPLE}" * (length - 4)) == codes
    assert _codes("Aa1-" + "x\N{COMBINING TILDE}" * 23) == []
    assert _codes("Aa1-" + "x\N{COMBINING TILDE}" * 23 + "y") == ["length"]


def test_a_special_character_is_any_that_is_neither_letter_nor_digit():
    """O7: the guide's list is an example."""
    for special in "@#%&*+<>~!;_-? €«\t\N{PINEAPPLE}":
        assert _codes(f"TromboneVert27{special}") == [], special
    for ordinary in "éßΩж5":
        assert _codes(f"TromboneVert27{ordinary}") == ["special"], ordinary


def test_ones_own_names_are_refused_in_any_dress():
    """O7: of three letters or more, whatever the case and the accents; the e-mail's too, but not its domain."""
    names = ("Le Goff-Énard", "Zoë", "z.petitpas@exemple-domaine.fr")
    for password in ("Mon-ENARD-2027x", "enàrd-Trombone-7", "Zoe-Trombone-27", "PetitPas-Vert-27", "Goff-Trombone-27"):
        assert _codes(password, *names) == ["own-name"], password
    assert _codes("Leste-Trombone-27", *names) == [], "two letters are in too many words"
    assert _codes("Domaine-Vert-2027", *names) == []


def test_common_passwords_are_refused_dressed_up_as_well():
    for password in ("Motdepasse2027!", "M0tdep@sse2027!", "Azertyuiop-2027", "Mot de passe 27", "P@ssw0rd2027!!!"):
        assert "common" in _codes(password), password
    assert _codes(GOOD) == []


@given(st.text(max_size=60), st.lists(st.text(max_size=20), max_size=3))
def test_no_text_at_all_breaks_the_rules_themselves(password: str, names: list[str]):
    assert set(_codes(password, *names)) <= {rule.code for rule in RULES}


@pytest.fixture
def passwords(tmp_path: Path) -> Iterator[Passwords]:
    """Two at once, of half the memory that a deployment has. The database is never asked: its pool stays shut."""
    settings = Settings("postgresql:///", "postgresql:///", tmp_path, argon2_concurrency=2, argon2_memory_kib=MEMORY)
    made = Passwords(Database(settings.database_url), settings)
    yield made
    made.close()


def test_a_password_verifies_and_no_other_does(passwords: Passwords):
    async def story() -> None:
        hashed = await passwords.hash("É" + GOOD)
        assert hashed.startswith(f"$argon2id$v=19$m={MEMORY},t=3,p=1$")
        assert await passwords.verify(hashed, "E\N{COMBINING ACUTE ACCENT}" + GOOD)
        for wrong in ("É" + GOOD + " ", GOOD, "", "É" + GOOD.lower()):
            assert not await passwords.verify(hashed, wrong)
        assert not await passwords.verify("not a hash", GOOD)

    asyncio.run(story())


def test_nobodys_password_takes_as_long_and_is_never_right(passwords: Passwords):
    """The text that nobody's hash is made of opens nothing either."""

    async def story() -> None:
        await passwords.verify(None, GOOD)
        hashing, looking = [], []  # the quickest of each: another process may have held one up
        for _ in range(3):
            began = time.perf_counter()
            hashed = await passwords.hash(GOOD)
            hashing.append(time.perf_counter() - began)
            began = time.perf_counter()
            assert not await passwords.verify(None, "nobody's password, made when the process began")
            looking.append(time.perf_counter() - began)
        assert min(looking) > min(hashing) / 4
        assert await passwords.verify(hashed, GOOD)

    asyncio.run(story())


def test_a_hundred_sign_ins_at_once_hold_the_memory_of_two(passwords: Passwords, monkeypatch: pytest.MonkeyPatch):
    """Bounded concurrency: two at once; those beyond the queue are sent away instead of waiting for ever."""
    queue = 10
    monkeypatch.setattr(passwords, "_most", passwords._most - QUEUE + queue)
    at_once, most, lock = 0, 0, threading.Lock()
    matches = passwords._matches

    def counted(password_hash: str | None, password: str) -> bool:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        try:
            return matches(password_hash, password)
        finally:
            with lock:
                at_once -= 1

    passwords._matches = counted  # type: ignore[method-assign] # it counts, and does the very same

    async def story() -> tuple[int, int, int]:
        hashed = await passwords.hash(GOOD)
        before = _new_peak_kib()
        told: list[Any] = await asyncio.gather(
            *(passwords.verify(hashed, GOOD) for _ in range(100)), return_exceptions=True
        )
        return told.count(True), sum(isinstance(each, Busy) for each in told), _peak_kib() - before

    right, busy, grown_kib = asyncio.run(story())
    assert (right, busy) == (2 + queue, 100 - 2 - queue)
    assert most <= 2
    assert MEMORY / 2 < grown_kib < 3 * MEMORY, f"{grown_kib} KiB for two at once"


def _new_peak_kib() -> int:
    """The peak begins anew (proc(5), clear_refs): what this process has now."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _peak_kib()


def _peak_kib() -> int:
    """The most memory that this process has had at once."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1])
