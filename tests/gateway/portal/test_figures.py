"""Figures are drawn from whole numbers: bars as high as what they say, lines at round sums."""

from __future__ import annotations

import random

import pytest

from gateway.portal.figures import HEIGHT, WIDTH, bars_of
from gateway.portal.qr import QUIET, qr_of


def series(*cents: int) -> list[tuple[str, int, str]]:
    return [(f"mois {n}", each, f"mois {n} : {each}") for n, each in enumerate(cents)]


def test_a_bar_is_as_high_as_what_was_paid():
    """Twice as much is twice as high; nothing has no height; the smallest sum is seen."""
    figure = bars_of(series(0, 100_000, 200_000, 1))
    none, half, whole, least = (bar.height for bar in figure.bars)
    assert (none, least) == (0, 1)
    assert abs(whole - 2 * half) <= 1
    assert all(bar.y + bar.height == figure.floor for bar in figure.bars)


@pytest.mark.parametrize("most", [1, 99, 100, 401, 8_751_850, 123_456_789_00])
def test_lines_lie_at_round_sums_and_above_every_bar(most: int):
    figure = bars_of(series(most, 0))
    assert 1 <= len(figure.lines) <= 5
    assert all(line.cents % 100 == 0 for line in figure.lines)
    assert figure.lines[-1].cents >= most
    assert figure.lines[-1].y <= min(bar.y for bar in figure.bars)


def test_everything_is_inside_and_nothing_covers_its_neighbour():
    """Any number of months that may be asked for. The seed is printed by a failure."""
    seed = 20_260_322
    chance = random.Random(seed)
    for number in (1, 2, 7, 12, 24, 60):
        figure = bars_of(series(*(chance.randrange(10**9) for _ in range(number))))
        assert len(figure.bars) == number, seed
        assert all(figure.left <= bar.x and bar.right <= WIDTH and 0 <= bar.y <= HEIGHT for bar in figure.bars), seed
        assert all(one.right <= two.x for one, two in zip(figure.bars, figure.bars[1:], strict=False)), seed
        named = [bar for bar in figure.bars if bar.name]
        assert named[-1] is figure.bars[-1]
        assert len(named) <= 8


def test_nothing_paid_is_a_figure_too():
    figure = bars_of(series(0, 0, 0))
    assert [bar.height for bar in figure.bars] == [0, 0, 0]
    assert bars_of([]).bars == ()


def test_a_qr_code_has_its_quiet_edge_and_its_three_eyes():
    """The finder patterns (7 modules wide) stand in three corners, inside four empty modules."""
    code = qr_of("otpauth://totp/Essai:ariane@example.org?secret=JBSWY3DPEHPK3PXP&issuer=Essai")
    far = code.size - QUIET - 7
    for x, y in ((QUIET, QUIET), (far, QUIET), (QUIET, far)):
        assert f"M{x} {y}h7v1h-7z" in code.path
    assert f"M{far} {far}h7v1h-7z" not in code.path
    assert f" {QUIET - 1}h" not in code.path
