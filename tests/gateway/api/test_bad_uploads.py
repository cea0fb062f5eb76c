"""Issue E, files as somebody with bad intentions sends them: each refused in place, and nothing of it is kept.

What a client does wrong on the wire (lengths, forms, connections) is in test_uploads; scanners' finds are in
test_scanning; what the parsers find, file by file, in test_inspection_within.
"""

from __future__ import annotations

import pytest
from httpx import Response

from support import hostile
from support.gateway import Gateway, World
from support.uploading import kept, paper

BAD = hostile.bad_files()
NAMES_REFUSED = {
    "of 300 characters": "x" * 296 + ".pdf",
    "that goes up": "../facture.pdf",
    "that goes up as on Windows": "..\\facture.pdf",
    "that shows itself backwards": "facture\u202efdp.exe",
    "with a line's end": "facture\u2028.pdf",
    "of nothing but blanks": "   ",
}
NAMES_TAKEN = (
    "חשבונית.pdf",
    "فاتورة ٢.pdf",
    "Attestation d'« été » n° 1 – œuvre.pdf",
    "請求書.PDF",
    "x" * 251 + ".pdf",
)


def piece(gateway: Gateway, world: World, name: str, content: bytes) -> Response:
    """As a provider hands it in."""
    answer = gateway.client.post(
        f"/v1/dossiers/{world.dossier}/pieces",
        data={"category": "other"},
        files={"file": (name, content, "application/pdf")},
        headers=gateway.headers("provider"),
    )
    gateway.description.check(answer)
    return answer


def by_the_staff(gateway: Gateway, world: World, name: str, content: bytes) -> Response:
    return gateway.deposited(category="fund-document", dossier_ids=[str(world.dossier)], name=name, content=content)


def refusal(answer: Response) -> tuple[int, str, str]:
    [error] = answer.json()["errors"]
    return answer.status_code, error["pointer"], error["detail"]


@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_is_refused_in_place_and_leaves_nothing(gateway: Gateway, world: World, what: str):
    """The log's head is where it was, the store and the drafts are as they were."""
    bad = BAD[what]
    before = kept(gateway)
    status, pointer, told = refusal(piece(gateway, world, bad.name, bad.content))
    assert (status, pointer) == (422, "/file")
    assert bad.told in told
    assert kept(gateway) == before


@pytest.mark.parametrize("what", ["archive-bomb", "pdf-script", "pdf-and-archive", "lying-ending", "locked-pdf"])
def test_the_staff_is_told_the_same(gateway: Gateway, world: World, what: str):
    bad = BAD[what]
    before = kept(gateway)
    status, pointer, told = refusal(by_the_staff(gateway, world, bad.name, bad.content))
    assert (status, pointer, bad.told in told) == (422, "/file", True)
    assert kept(gateway) == before


@pytest.mark.parametrize("what", NAMES_REFUSED)
def test_a_name_that_deceives_is_refused(gateway: Gateway, world: World, what: str):
    before = kept(gateway)
    for send in (piece, by_the_staff):
        status, pointer, told = refusal(send(gateway, world, NAMES_REFUSED[what], hostile.PLAIN_PDF))
        assert (status, pointer) == (422, "/name")
        assert "nom de fichier" in told
    assert kept(gateway) == before


def test_names_in_any_letters_are_taken_and_given_back(gateway: Gateway, world: World):
    """From right to left as well; it is only the signs that turn other letters round that are not."""
    for name in NAMES_TAKEN:
        answer = piece(gateway, world, name, paper(gateway))
        assert answer.status_code == 201, answer.text
        gateway.settle()
        shown = gateway.get("provider", f"/v1/documents/{answer.json()['id']}")
        assert shown.json()["name"] == name


def test_the_same_name_twice_is_two_documents(gateway: Gateway, world: World):
    """Other bytes are another document, whatever it is called; the same bytes are the first one."""
    first, second = paper(gateway), paper(gateway)
    ids = [piece(gateway, world, "Devis.pdf", content).json()["id"] for content in (first, second, first)]
    assert ids[0] == ids[2] != ids[1]


@pytest.mark.parametrize("what", ["docx-with-a-chart", "odt", "pdf-not-to-be-printed", "pdf-with-a-broken-table"])
def test_a_good_file_that_looks_odd_is_taken(gateway: Gateway, world: World, what: str):
    name, content = hostile.good_files()[what]
    answer = piece(gateway, world, name, content)
    assert answer.status_code == 201, answer.text
