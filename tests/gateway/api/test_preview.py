"""« Aperçu »: pictures of a document's pages, for whom its bytes are for, drawn by a child when they are asked for."""

from __future__ import annotations

import io
from uuid import UUID, uuid4

import pikepdf
import psycopg
import pytest
from PIL import Image

from gateway.api.preview import MOST_PAGES
from gateway.generator.pdf import one_page
from ledger.document.commands import RecordAnalysis
from support import hostile
from support.gateway import Gateway, World


def pages(*sizes: tuple[int, int]) -> bytes:
    """A PDF with pages of these sizes, in points."""
    written = io.BytesIO()
    with pikepdf.new() as made:
        for size in sizes:
            made.add_blank_page(page_size=size)
        made.save(written)
    return written.getvalue()


def deposited(gateway: Gateway, world: World, content: bytes, name: str = "Accord.pdf") -> UUID:
    answer = gateway.deposited(category="fund-document", dossier_ids=[str(world.dossier)], content=content, name=name)
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["id"])


def picture(answer) -> Image.Image:
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png"), answer.text
    assert len(answer.content) <= 2 << 20
    return Image.open(io.BytesIO(answer.content), formats=["PNG"])


@pytest.fixture(scope="module")
def letter(gateway: Gateway, world: World) -> UUID:
    return deposited(gateway, world, one_page(["Prise en charge accordée", "pour 1 200,00 €"]))


def test_each_page_has_its_picture(gateway: Gateway, world: World):
    """Of a portrait and a landscape page; the sizes told are the pictures' own."""
    document = deposited(gateway, world, pages((595, 842), (842, 595), (595, 842)))
    told = gateway.get("provider", f"/v1/documents/{document}/preview").json()
    assert (told["pages"], [item["page"] for item in told["items"]]) == (3, [1, 2, 3])
    assert told["items"][1]["width"] > told["items"][1]["height"]
    for item in told["items"]:
        assert picture(gateway.get("provider", item["picture"])).size == (item["width"], item["height"])


def test_what_is_written_can_be_seen(gateway: Gateway, letter: UUID):
    """Ink on white, and no page of ours: a sandboxed picture that nobody keeps."""
    answer = gateway.get("provider", f"/v1/documents/{letter}/preview/1")
    colours = picture(answer).convert("L").getcolors()
    assert colours is not None
    assert {0, 255} <= {colour for _, colour in colours}
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("page", ["0", "2", "-1", str(MOST_PAGES + 1), str(2**40)])
def test_a_page_that_is_not_there_is_not_found(gateway: Gateway, letter: UUID, page: str):
    assert gateway.get("provider", f"/v1/documents/{letter}/preview/{page}").status_code == 404


def test_a_long_document_shows_its_beginning(gateway: Gateway, world: World):
    document = deposited(gateway, world, pages(*[(100, 100)] * (MOST_PAGES + 5)))
    told = gateway.get("provider", f"/v1/documents/{document}/preview").json()
    assert (told["pages"], len(told["items"])) == (MOST_PAGES + 5, MOST_PAGES)


def test_a_photo_is_shown_smaller_and_upright(gateway: Gateway, world: World):
    """As it was held: a telephone writes that beside the picture, and the picture alone is shown."""
    turned = Image.Exif()
    turned[0x0112] = 6
    written = io.BytesIO()
    Image.radial_gradient("L").resize((3000, 2000)).convert("RGB").save(written, "JPEG", exif=turned)
    document = deposited(gateway, world, written.getvalue(), "Photo.jpg")
    told = gateway.get("provider", f"/v1/documents/{document}/preview").json()
    [item] = told["items"]
    assert item["height"] > item["width"]
    assert picture(gateway.get("provider", item["picture"])).size == (item["width"], item["height"])


def test_a_noisy_scan_stays_under_two_mebibytes(gateway: Gateway, world: World):
    """As heavy as a picture can be: it is shown with fewer colours, or smaller."""
    written = io.BytesIO()
    Image.merge("RGB", [Image.effect_noise((800, 1060), 120) for _ in range(3)]).save(written, "PNG", compress_level=1)
    document = deposited(gateway, world, written.getvalue(), "Scan.png")
    shown = picture(gateway.get("provider", f"/v1/documents/{document}/preview/1"))
    assert shown.mode == "P"


def test_what_is_not_painted_is_white(gateway: Gateway, world: World):
    """A signature on nothing, as tablets save it."""
    written = io.BytesIO()
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(written, "PNG")
    document = deposited(gateway, world, written.getvalue(), "Signature.png")
    shown = picture(gateway.get("provider", f"/v1/documents/{document}/preview/1"))
    assert shown.getcolors() == [(400, (255, 255, 255))]


def test_there_is_none_of_an_office_document(gateway: Gateway, world: World):
    document = deposited(gateway, world, hostile.word(), "Plan.docx")
    for address in ("preview", "preview/1"):
        answer = gateway.get("provider", f"/v1/documents/{document}/{address}")
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/no-preview")


def test_what_cannot_be_drawn_has_none(gateway: Gateway, world: World):
    """A picture of 100 million points is a document; its preview would take more memory than a child has."""
    document = deposited(gateway, world, hostile.vast_png(10_000), "Plan.png")
    answer = gateway.get("provider", f"/v1/documents/{document}/preview/1")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/no-preview")


def test_a_stranger_finds_none(gateway: Gateway, letter: UUID):
    for address in (f"{letter}/preview", f"{letter}/preview/1", f"{uuid4()}/preview/1"):
        assert gateway.get("other-provider", f"/v1/documents/{address}").status_code == 404


def test_each_picture_sent_is_in_the_journal(gateway: Gateway, letter: UUID):
    def lines() -> list[tuple[str, str]]:
        with psycopg.connect(gateway.settings.database_url) as connection:
            return connection.execute(
                "select outcome, facts ->> 'page' from auth.journal where target_id = %s order by at",
                (letter,),
            ).fetchall()

    before = len(lines())
    gateway.get("provider", f"/v1/documents/{letter}/preview")
    gateway.get("provider", f"/v1/documents/{letter}/preview/1")
    gateway.get("provider", f"/v1/documents/{letter}/preview/2")
    assert lines()[before:] == [("previewed", "1")]


def test_what_is_quarantined_is_drawn_for_nobody(gateway: Gateway, world: World):
    document = deposited(gateway, world, one_page(["Accord"]))
    found = RecordAnalysis(document_id=document, verdict="infected", engine="essai", threat="Essai")
    gateway.service.ledger.execute(found, actor=None)
    gateway.settle()
    for address in ("preview", "preview/1"):
        answer = gateway.get("case-manager", f"/v1/documents/{document}/{address}")
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/quarantined")
        assert gateway.get("provider", f"/v1/documents/{document}/{address}").status_code == 404


def test_a_damaged_document_is_told_as_damaged(gateway: Gateway, world: World):
    document = deposited(gateway, world, one_page(["Accord"]))
    store = gateway.service.store
    stored = bytearray(b"".join(store.get(document)))
    stored[-1] ^= 1
    store.remove(document)
    store.put(document, iter([bytes(stored)]))
    answer = gateway.get("case-manager", f"/v1/documents/{document}/preview/1")
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/document-damaged")
