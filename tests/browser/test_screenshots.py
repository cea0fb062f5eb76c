"""The README's pictures are there, light, and told to who does not see them. Nothing compares their points."""

from __future__ import annotations

import re
from pathlib import Path

from browser.screenshots import IMAGES, PICTURES

ROOT = Path(__file__).parents[2]


def test_the_pictures_are_those_of_make_screenshots():
    found = {path.stem: path.stat().st_size for path in IMAGES.glob("*.png")}
    assert found.keys() == PICTURES.keys()
    assert max(found.values()) <= 120_000


def test_the_readme_tells_each_picture_that_it_shows():
    shown = re.findall(r"!\[([^]]*)\]\((docs/images/[^)]+)\)", (ROOT / "README.md").read_text())
    assert len(shown) >= 3
    for text, path in shown:
        assert len(text) > 20
        assert (ROOT / path).exists(), path
