"""What a fund says of itself: from its file, and nothing invented where it says nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.fund.departments import DEPARTMENTS, department_of
from gateway.fund.fund import Fund, Office, demo_file
from gateway.portal.routes import ROUTERS
from gateway.portal.spaces import page_at
from gateway.settings import Settings, SettingsError

ROOT = Path(__file__).parents[3]


def fund_of(place: Path | None) -> Fund:
    return Fund.of(Settings("ledger", "keys", fund_name="Fonds d'essai", fund_file=place))


def written(tmp_path: Path, text: str) -> Fund:
    place = tmp_path / "fund.toml"
    place.write_text(text, encoding="utf-8")
    return fund_of(place)


def test_without_a_file_nothing_is_invented():
    fund = fund_of(None)
    assert fund == Fund("Fonds d'essai", team=fund.team)
    assert fund.departments == []


def test_the_demonstration_answers_for_every_department():
    """O3: each department has one office, which has an address, a telephone and a mail of nobody's."""
    fund = fund_of(demo_file())
    assert [code for code, _ in fund.departments] == list(DEPARTMENTS)
    assert ("31", "31 – Haute-Garonne") in fund.departments
    for code in DEPARTMENTS:
        (office,) = fund.offices_of(code)
        assert office.address
        assert office.phone
        assert office.email.endswith("@example.org")
    assert fund.legal.fictitious


def test_the_documented_file_is_one(tmp_path: Path):
    """docs/operating.md: what it shows is read as it is."""
    shown = re.search(r"```toml\n(.+?)```", (ROOT / "docs/operating.md").read_text(encoding="utf-8"), re.DOTALL)
    assert shown is not None
    fund = written(tmp_path, shown[1])
    assert fund.offices_of("31") == [
        Office(
            "Direction régionale Sud-Ouest",
            ("31", "32"),
            ("8 rue du Modèle", "31000 TOULOUSE"),
            "05 36 49 10 07",
            "sud-ouest@example.org",
        )
    ]
    assert fund.offices_of("75") == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("help_phone = 3", "help_phone is not a text"),
        ("phone = '3'", "does not know 'phone'"),
        ("[[offices]]\nnom = 'x'", "offices does not know 'nom'"),
        ("[[offices]]\nphone = 'x'", "a value is missing in offices"),
        ("[[offices]]\nname = 'x'\ndepartments = ['20']", "codes of departments"),
        ("[[tools]]\nlabel = 'x'\nurl = 'javascript:alert(1)'", "address in https"),
        ("[[tools]]\nlabel = 'x'", "a value is missing in tools"),
        ("[[tools]]\ncode = 'É'\nlabel = 'x'", "a-z, 0-9 and dashes"),
        ("[[tools]]\ncode = 'a'\nlabel = 'x'\n[[tools]]\ncode = 'a'\nlabel = 'y'", "two of the tools have one code"),
        ("".join(f"[[tools]]\ncode = 'a{n}'\nlabel = 'x'\n" for n in range(31)), "tools are 30 at most"),
        ("[[themes]]\ncode = 'a'\ntitle = 'x'\n[[themes.links]]\nurl = 'http://x'", "address in https"),
        ("offices = 3", "offices is not a table"),
        ("name = 'x'", "does not know 'name'"),
        ("= 3", "not TOML"),
    ],
)
def test_a_file_that_would_not_be_read_stops_the_start(tmp_path: Path, text: str, told: str):
    """A mistake that nobody sees would be a page that says nothing; the file's own words are not repeated."""
    with pytest.raises(SettingsError, match=told):
        written(tmp_path, text)


def test_the_demonstration_has_the_guides_offer():
    """E2, E3: five themes of three links each, tools and notices; what leads to a page of ours leads somewhere."""
    fund = fund_of(demo_file())
    assert [len(theme.links) for theme in fund.themes] == [3] * 5
    assert len(fund.tools) >= 3
    assert fund.notices
    assert ROUTERS  # what is mounted is known
    inside = [link.url for theme in fund.themes for link in theme.links] + [tool.url for tool in fund.tools]
    assert all(page_at(url) for url in inside if url.startswith("/"))
    assert fund.theme("alternance") is fund.themes[0]
    assert fund.tool("absent") is None


@pytest.mark.parametrize(
    ("postcode", "department"),
    [
        ("31000", "31"), ("01000", "01"), ("20000", "2A"), ("20137", "2A"), ("20200", "2B"), ("20620", "2B"),
        ("97411", "974"), ("97610", "976"), ("98000", None), ("20900", None), ("99999", None), ("3100", None),
        ("٣١٠٠٠", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_a_postcode_is_of_a_department(postcode: str | None, department: str | None):
    """E3: by it the regional office of an establishment is found; what is none has no office."""
    assert department_of(postcode) == department


def test_an_absent_file_stops_the_start(tmp_path: Path):
    with pytest.raises(SettingsError, match="cannot be read"):
        fund_of(tmp_path / "none.toml")


def test_no_conformity_is_claimed_without_an_audit(tmp_path: Path):
    """E18: RGAA 4.1 knows three states, and the better two are an audit's to give."""
    assert fund_of(None).legal.accessibility == "non conforme"
    audited = 'accessibility = "partiellement conforme"'
    told = "L'audit mené le 2 mars 2026 par l'exemple révèle que 81 % des critères du RGAA sont respectés."
    fund = written(tmp_path, f'[legal]\n{audited}\naccessibility_audit = "{told}"')
    assert (fund.legal.accessibility, fund.legal.accessibility_audit) == ("partiellement conforme", told)
    for n, wrong in enumerate((audited, 'accessibility = "conforme"')):
        place = tmp_path / str(n)  # a file is read once
        place.mkdir()
        with pytest.raises(SettingsError, match="accessibility"):
            written(place, f"[legal]\n{wrong}")
