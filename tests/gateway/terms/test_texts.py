"""Which text is in force, and that its hash is of what is shown."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.settings import Settings, SettingsError
from gateway.terms import Terms

FIRST = "# Conditions\n\n## Vos engagements\n\n- Je lis.\n- Je relis\n  jusqu'au bout.\n\n## Suite\n\n- Rien d'autre.\n"


def terms(place: Path | None, *, day: str = "2026-11-20T12:00:00") -> Terms:
    at = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return Terms.of(Settings("", "", terms_dir=place), clock=lambda: at)


def test_the_ledgers_own_text_has_the_four_undertakings_and_the_statement():
    """Row O4: employees informed, pointed to the page, nothing disclosed, no credentials given; « sans réserve »."""
    current = terms(None).current
    assert current.sha256 == hashlib.sha256(current.text.encode()).hexdigest()
    informed, pointed, discreet, credentials = current.undertakings
    assert "informe les salariés" in informed
    assert "Protection des données" in pointed
    assert "ne divulgue aucune information" in discreet
    assert "identifiants" in credentials
    assert "sans réserve" in current.text
    assert "Politique de confidentialité" in current.text


def test_a_version_is_in_force_from_its_first_day_in_paris(tmp_path: Path):
    """A text may be put in place before its day; midnight is midnight in Paris, an hour before London's."""
    (tmp_path / "2026-11-01.fr.md").write_text(FIRST)
    (tmp_path / "2027-01-01.fr.md").write_text(FIRST.replace("Je lis", "J'ai lu"))
    assert terms(tmp_path, day="2026-12-31T22:59:59").current.version == "2026-11-01"
    assert terms(tmp_path, day="2026-12-31T23:00:00").current.version == "2027-01-01"


def test_the_ledgers_own_text_is_good_before_its_day(tmp_path: Path):
    """A machine whose clock is wrong can be started and looked at; what it records says the text's true name."""
    assert terms(None, day="2020-01-01T00:00:00").current.version == terms(None).current.version


def test_undertakings_are_the_list_under_their_heading_alone(tmp_path: Path):
    (tmp_path / "2026-11-01.fr.md").write_text(FIRST)
    assert terms(tmp_path).current.undertakings == ("Je lis.", "Je relis jusqu'au bout.")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("conditions.fr.md", FIRST.encode()),
        ("2026-13-01.fr.md", FIRST.encode()),
        ("2026-11-01.fr.md", b"\xff\xfe pas du texte"),
        ("2026-11-01.fr.md", b"  \n"),
        ("2026-11-01.fr.md", b"a" * (256 * 1024 + 1)),
        ("2027-01-01.fr.md", FIRST.encode()),  # nothing in force today
    ],
)
def test_a_text_that_nobody_could_be_held_to_stops_the_start(tmp_path: Path, name: str, content: bytes):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SettingsError, match="TERMS_DIR"):
        terms(tmp_path)


def test_a_directory_that_cannot_be_read_stops_the_start(tmp_path: Path):
    with pytest.raises(SettingsError, match="TERMS_DIR"):
        terms(tmp_path / "absent")
