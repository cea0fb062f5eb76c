"""What is inside of a file that is handed in: nothing that acts, unfolds without end, or hides another."""

from __future__ import annotations

import io

import pikepdf
import pytest

from ledger.kit.errors import Invalid
from ledger.vault.inspection import PDF, examined
from ledger.vault.isolated import running
from ledger.vault.refusals import RULES
from support import hostile

BAD = hostile.bad_files()
GOOD = hostile.good_files()
ACTIVE = hostile.active_pdfs()


FALSE_INVOICES = hostile.false_invoices()


def looked_at(name: str, content: bytes, *, category: str = "contract", active_allowed: tuple[str, ...] = ()) -> str:
    return examined(io.BytesIO(content), name=name, category=category, active_allowed=active_allowed)


@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_is_refused_for_what_it_is(what):
    bad = BAD[what]
    with pytest.raises(Invalid) as refusal:
        looked_at(bad.name, bad.content)
    assert bad.told in refusal.value.message
    assert refusal.value.message != RULES["unexamined"]
    assert refusal.value.field == "file"


@pytest.mark.parametrize("what", GOOD)
def test_a_good_file_is_taken(what):
    name, content = GOOD[what]
    assert "/" in looked_at(name, content)


@pytest.mark.parametrize("what", ACTIVE)
def test_active_content_is_taken_where_the_fund_wants_it(what):
    """PDF_ACTIVE=contract: the CERFA forms have scripts."""
    assert looked_at("cerfa.pdf", ACTIVE[what], active_allowed=("contract",)) == PDF
    with pytest.raises(Invalid, match="contenu actif"):
        looked_at("cerfa.pdf", ACTIVE[what], active_allowed=("invoice",))


@pytest.mark.parametrize("mode", [pikepdf.ObjectStreamMode.disable, pikepdf.ObjectStreamMode.generate])
def test_an_electronic_invoice_is_taken_as_an_invoice_and_as_nothing_else(mode):
    """Factur-X: the data that it carries is what makes it one."""
    content = hostile.factur_x(object_stream_mode=mode)
    assert looked_at("facture.pdf", content, category="invoice") == PDF
    with pytest.raises(Invalid, match="pièce jointe"):
        looked_at("facture.pdf", content)


def test_an_invoice_may_stand_on_a_branch_of_its_own():
    """Some programs write the tree of names with a branch, though it has one leaf."""

    def branch(made: pikepdf.Pdf, _: pikepdf.Object) -> None:
        made.Root.Names.EmbeddedFiles = pikepdf.Dictionary(Kids=pikepdf.Array([made.Root.Names.EmbeddedFiles]))

    assert looked_at("facture.pdf", hostile.factur_x(change=branch), category="invoice") == PDF


@pytest.mark.parametrize("what", FALSE_INVOICES)
def test_what_is_attached_to_an_invoice_is_its_data_alone(what):
    with pytest.raises(Invalid) as refusal:
        looked_at("facture.pdf", FALSE_INVOICES[what], category="invoice")
    assert refusal.value.message == RULES["active"]


def test_a_pdf_that_unfolds_beyond_the_memory_is_refused():
    """What cannot be unpacked cannot be looked at: the reader of somebody with more memory may see it."""
    assert looked_at("a.pdf", hostile.unfolding(1)) == PDF
    content = hostile.unfolding(600)
    assert len(content) < 1 << 20
    with pytest.raises(Invalid):
        looked_at("a.pdf", content)


def test_a_child_that_says_nothing_is_a_refusal(monkeypatch):
    """Never an acceptance, and it says what the depositor may do."""

    def silent(*_: object, **__: object) -> running.Answer:
        raise running.Unexamined("gone")

    monkeypatch.setattr("ledger.vault.inspection.ask", silent)
    with pytest.raises(Invalid, match="n'a pas pu être contrôlé"):
        looked_at("a.pdf", hostile.PLAIN_PDF)


def test_the_file_is_left_at_its_start():
    file = io.BytesIO(hostile.PLAIN_PDF)
    examined(file, name="a.pdf", category="other", active_allowed=())
    assert file.tell() == 0
