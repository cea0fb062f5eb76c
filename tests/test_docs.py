"""What the documentation says is true: files exist, links lead somewhere, one word has one meaning."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\[[^\]]+\]\(([^)#\s]+)?(#[^)\s]+)?\)")


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def test_the_traced_request_crosses_seven_files_of_one_noun_at_most():
    """docs/architecture.md follows IssueAgreement from HTTP to the row that is read."""
    trace = read("docs/architecture.md").partition("<!-- trace:")[2].partition("\n\nBetween")[0]
    files = re.findall(r"^\d+\. `([^`]+)`", trace, re.MULTILINE)
    assert 0 < len(files) <= 7
    assert len(set(files)) == len(files)
    for name in files:
        assert (ROOT / name).is_file(), name
        assert "dossier" in Path(name).parts or Path(name).stem == "dossier", name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page):
    for target, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        there = (page.parent / target).resolve() if target else page
        assert there.exists(), f"{page.name} → {target}"
        if anchor and there.suffix == ".md":
            assert anchor.removeprefix("#") in _anchors(there), f"{page.name} → {target}{anchor}"


def test_one_word_has_one_meaning():
    """docs/glossary.md is the arbiter: no English term stands in it twice."""
    terms = [
        term.strip()
        for row in re.findall(r"^\| ([^|]+) \|", read("docs/glossary.md"), re.MULTILINE)
        for term in row.split(",")
        if term.strip() not in {"code", "---"}
    ]
    assert len(terms) > 60
    assert sorted(terms) == sorted(set(terms))


def test_every_setting_of_the_environment_is_documented():
    """docs/operating.md names each variable that `src` reads, and none that nothing reads."""
    documented = set(re.findall(r"`([A-Z][A-Z0-9_]{3,})`", read("docs/operating.md"))) - {"SIGTERM", "NOTIFY"}
    used = set()
    for source in (ROOT / "src").rglob("*.py"):
        used |= set(re.findall(r"""["']([A-Z]+[0-9]*(?:_[A-Z]+)*)["']""", source.read_text(encoding="utf-8")))
    assert not documented - used
    sources = read("src/gateway/settings.py") + read("src/gateway/settings_vault.py")
    settings = set(re.findall(r'environment, "([A-Z0-9_]+)"|get\("([A-Z0-9_]+)"', sources))
    assert {name for pair in settings for name in pair if name} <= documented


def _anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
