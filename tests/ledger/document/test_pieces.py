"""Stories of pieces that a member or a provider hands in (row E9), and of what is found in them."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from ledger.document.aggregate import Document
from ledger.document.categories import CATEGORIES, handed_in
from ledger.document.commands import RecordAnalysis, WithdrawDocument
from ledger.document.errors import AnalysisUnchanged, CategoryNotHandedIn
from ledger.document.events import Analysis, Category, DocumentAnalysed, DocumentDeposited, Side
from ledger.dossier.aggregate import Dossier
from ledger.dossier.commands import CancelDossier
from ledger.dossier.errors import DossierNotOpen, NotPartyToDossier
from ledger.dossier.scheme import Scheme
from ledger.kit.errors import Invalid, NotFound
from ledger.kit.ids import uuid7
from support.givens import DAY, Givens
from support.papers import ENGINE, paper
from support.stories import Story, happened


def company_of(fund: Givens, dossier_id: UUID) -> UUID:
    company: UUID = fund.state(Dossier, dossier_id).company_establishment_id
    return company


def test_each_side_hands_in_its_own_pieces_on_a_dossier(story: Story, fund: Givens):
    """E9: any number of files in each category of the dossier's scheme."""
    dossier_id = fund.dossier(scheme=Scheme.ALTE)
    company, provider = company_of(fund, dossier_id), fund.provider_of(dossier_id)
    contract = paper(Category.CONTRACT, side=Side.MEMBER, dossier_ids=(dossier_id,), establishment_id=company)
    story.when(contract).then(happened(DocumentDeposited, side=Side.MEMBER, category="contract", analysis="none"))
    again = contract.model_copy(update={"document_id": uuid7()})
    story.when(again).then(DocumentDeposited)
    sheets = paper(Category.ATTENDANCE, side=Side.PROVIDER, dossier_ids=(dossier_id,), establishment_id=provider)
    story.when(sheets).then(happened(DocumentDeposited, side=Side.PROVIDER, category="attendance"))


def test_a_category_is_handed_in_by_its_sides_on_its_schemes(story: Story, fund: Givens):
    """The fund files whatever it was given; a portal's user is held to what the category is for."""
    plan = fund.dossier(scheme=Scheme.PLAN)
    company, provider = company_of(fund, plan), fund.provider_of(plan)
    mine = {"side": Side.MEMBER, "dossier_ids": (plan,), "establishment_id": company}
    theirs = {"side": Side.PROVIDER, "dossier_ids": (plan,), "establishment_id": provider}
    story.when(paper(Category.CONTRACT, **mine)).then_refused(CategoryNotHandedIn, field="category")
    story.when(paper(Category.AGREEMENT, **mine)).then_refused(CategoryNotHandedIn, field="category")
    story.when(paper(Category.ATTENDANCE, **mine)).then_refused(CategoryNotHandedIn, field="category")
    story.when(paper(Category.CONTRACT, **theirs)).then_refused(CategoryNotHandedIn, field="category")
    story.when(paper(Category.CONTRACT, dossier_ids=(plan,))).then(DocumentDeposited)


def test_a_piece_is_one_dossiers_and_of_one_of_its_parties(story: Story, fund: Givens):
    dossier_id, other = fund.dossier(), fund.dossier()
    company, provider = company_of(fund, dossier_id), fund.provider_of(dossier_id)
    mine = {"side": Side.MEMBER, "dossier_ids": (dossier_id,), "establishment_id": company}
    story.when(paper(**{**mine, "establishment_id": None})).then_refused(Invalid, field="dossier_ids")
    story.when(paper(**{**mine, "dossier_ids": (dossier_id, other)})).then_refused(Invalid, field="dossier_ids")
    story.when(paper(**{**mine, "establishment_id": provider})).then_refused(
        NotPartyToDossier, field="establishment_id"
    )
    story.when(paper(**{**mine, "side": Side.PROVIDER})).then_refused(NotPartyToDossier, field="establishment_id")
    story.given(CancelDossier(dossier_id=dossier_id, reason="Abandon", on=DAY))
    story.when(paper(**mine)).then_refused(DossierNotOpen)
    story.when(paper(dossier_ids=(dossier_id,))).then(DocumentDeposited)


def test_an_analysis_is_recorded_when_it_finds_something_else(story: Story, fund: Givens):
    """Received, transmitted, quarantined by newer signatures, and transmitted again by still newer ones."""
    document_id = fund.do(paper(analysis="awaited", dossier_ids=(fund.dossier(),)))
    clean = RecordAnalysis(document_id=document_id, verdict="clean", engine=ENGINE)
    infected = RecordAnalysis(document_id=document_id, verdict="infected", engine=ENGINE, threat="Eicar-Test")
    story.when(clean).then(happened(DocumentAnalysed, verdict="clean", engine=ENGINE, threat=None))
    story.when(clean).then_refused(AnalysisUnchanged)
    story.when(infected).then(happened(DocumentAnalysed, verdict="infected", threat="Eicar-Test"))
    story.when(infected).then_refused(AnalysisUnchanged)
    story.given(WithdrawDocument(document_id=document_id, reason="Infecté", on=DAY))
    story.when(clean).then(DocumentAnalysed)
    assert fund.state(Document, document_id).analysis is Analysis.CLEAN
    story.when(clean.model_copy(update={"document_id": uuid7()})).then_refused(NotFound)


def test_what_was_clean_when_it_came_is_not_analysed_twice(story: Story, fund: Givens):
    document_id = fund.do(paper(analysis="clean", engine=ENGINE, dossier_ids=(fund.dossier(),)))
    story.when(RecordAnalysis(document_id=document_id, verdict="clean", engine=ENGINE)).then_refused(AnalysisUnchanged)


@pytest.mark.parametrize("scheme", Scheme)
def test_every_scheme_has_categories_for_each_side(scheme: Scheme):
    for side in Side:
        offered = [kind.code for kind in handed_in(side, scheme)]
        assert Category.OTHER in offered
        assert (Category.CONTRACT in offered) == (side is Side.FUND or (side, scheme) in CONTRACTS)


CONTRACTS = {(Side.MEMBER, Scheme.ALTE), (Side.MEMBER, Scheme.C_PRO)}


def test_every_category_is_described_in_the_documentation_as_well():
    page = (Path(__file__).parents[3] / "docs" / "document.md").read_text(encoding="utf-8")
    for code, kind in CATEGORIES.items():
        row = next(line for line in page.splitlines() if line.startswith(f"| `{code}` |"))
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert cells[1] == kind.label
        assert set(cells[2].split(", ")) == {side.value for side in kind.sides}
        assert cells[4] == f"{kind.limit_mib} Mio"
    assert set(CATEGORIES) == {category.value for category in Category}
    assert all(kind.limit_bytes and kind.types and Side.FUND in kind.sides for kind in CATEGORIES.values())
