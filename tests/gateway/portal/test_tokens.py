"""The colours of the pages, computed from their own file: what is read and what is operated stands out enough."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from gateway.portal.assets import ASSETS, STYLE, STYLES

PLACE = resources.files("gateway.portal").joinpath("assets")
TOKENS = PLACE.joinpath("tokens.css").read_text(encoding="utf-8")
BLOCK = re.compile(r"(:root[^{]*|@media[^{]*)\{([^{}]*)\}")
COLOUR = re.compile(r"--([a-z-]+): (#[0-9a-f]{6})")

READ = [
    (text, ground)
    for text in ("ink", "quiet", "act", "mark", "good", "wrong")
    for ground in ("paper", "surface", f"{text}-soft")
    if not ground.startswith(("ink-", "quiet-"))
] + [("on-act", "act"), ("ink", "act-soft"), ("act", "act-soft"), ("ink", "mark-soft"), ("ink", "wrong-soft")]
OPERATED = [("line", "surface"), ("line", "paper"), ("act", "paper"), ("act", "surface"), ("wrong", "surface")]


def palettes() -> list[dict[str, str]]:
    """Light; dark as the system has it; dark as it is chosen."""
    found = [dict(COLOUR.findall(body)) for _, body in BLOCK.findall(TOKENS)]
    return [palette for palette in found if palette]


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_measure_is_the_standards():
    """Black on white is 21, and #767676 is the lightest grey that passes on white."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") >= 4.5 > contrast("#777777", "#ffffff")


def test_dark_is_the_same_however_it_is_chosen():
    light, by_system, by_choice = palettes()
    assert by_system == by_choice
    assert by_system.keys() == light.keys()


@pytest.mark.parametrize(("text", "ground"), READ)
def test_texts_are_read(text: str, ground: str):
    """WCAG 2.2, 1.4.3: 4.5 to 1, in light and in dark."""
    for palette in palettes():
        assert contrast(palette[text], palette[ground]) >= 4.5, palette


@pytest.mark.parametrize(("edge", "ground"), OPERATED)
def test_fields_and_focus_are_seen(edge: str, ground: str):
    """WCAG 2.2, 1.4.11 and 2.4.13: 3 to 1."""
    for palette in palettes():
        assert contrast(palette[edge], palette[ground]) >= 3, palette


def test_only_tokens_are_colours():
    """No file of the style but tokens.css and print.css names a colour: dark would not know it."""
    for name in STYLES:
        text = PLACE.joinpath(name).read_text(encoding="utf-8")
        if name not in {"tokens.css", "print.css"}:
            assert not re.findall(r"#[0-9a-f]{3,8}\b(?![^{]*\{)|\brgb|\bhsl", text), name


def test_the_style_is_small():
    """24 kB at most, 7 once compressed: a first visit has it in one round trip or two."""
    style = ASSETS[STYLE]
    assert len(style.raw) <= 24_000
    assert len(style.packed) <= 7_000


def test_every_token_that_is_used_is_defined():
    used = {name for each in STYLES for name in re.findall(r"var\(--([a-z0-9-]+)\)", PLACE.joinpath(each).read_text())}
    assert used <= set(re.findall(r"--([a-z0-9-]+):", TOKENS))
