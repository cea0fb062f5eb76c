"""The staff file documents: on a dossier, or on an establishment (row B1).

The fields are judged before a file is received, and each file by itself: what is right is filed, and the page comes
back with what is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from pydantic import BaseModel
from starlette.responses import Response

from gateway.api.codes import CATEGORY_LABELS
from gateway.api.dossier_reading import DossierShown, read_dossier
from gateway.api.establishment_reading import read_establishment
from gateway.api.fund_deposit import Paper, file_paper, is_shared, transfer_of
from gateway.api.params import LotReference, Params
from gateway.api.problems import Problem, of_refusal
from gateway.api.uploads import MOST_FILES, Upload
from gateway.portal.forms import Form, checked, faults_of
from gateway.portal.ordering import shown
from gateway.portal.pages import page_router, to
from gateway.portal.uploading import ENDINGS, Judged, Sending, Uploading, drain, judge_each
from gateway.portal.visit import Visit, Visiting
from ledger.document.categories import CATEGORIES
from ledger.document.events import Category
from ledger.kit.clock import paris_day, system_clock
from ledger.kit.days import Day
from ledger.kit.errors import Invalid, Refusal

router: Final = page_router()

_ACTION: Final = "deposit_document"
_OF_A_DOSSIER: Final = tuple(each for each in Category if each is not Category.REMITTANCE_ADVICE)
_OF_AN_ESTABLISHMENT: Final = (Category.REMITTANCE_ADVICE, Category.FUND_DOCUMENT, Category.OTHER)
_NOT_HERE: Final = "Cette catégorie ne se dépose pas ici."
_NO_PARTY: Final = "Cet établissement n'est pas une partie du dossier."


class _Told(BaseModel):
    """The fields beside the files. `lot` is the règlement that an avis is of."""

    category: Category
    on: Day
    establishment_id: UUID | None = None
    lot: LotReference | None = None


_FIELDS: Final = tuple(_Told.model_fields)


@dataclass(frozen=True)
class Desk:
    """Where it is filed: the categories and the parties that may be chosen, and the address of the list."""

    title: str
    back: str
    categories: Sequence[Category]
    parties: Sequence[tuple[UUID, str]] = ()
    dossier_id: UUID | None = None
    establishment_id: UUID | None = None


@router.get("/dossiers/{dossier_id}/documents/depot", name="show_dossier_deposit")
async def show_dossier_deposit(visit: Visiting, dossier_id: UUID) -> Response:
    return _page(visit, await _on_dossier(visit, dossier_id), _fresh())


@router.post("/dossiers/{dossier_id}/documents/depot", name="deposit_on_dossier")
async def deposit_on_dossier(sending: Uploading, dossier_id: UUID) -> Response:
    return await _filed(sending, await _on_dossier(sending.visit, dossier_id))


@router.get("/etablissements/{establishment_id}/documents/depot", name="show_establishment_deposit")
async def show_establishment_deposit(visit: Visiting, establishment_id: UUID) -> Response:
    return _page(visit, await _on_establishment(visit, establishment_id), _fresh())


@router.post("/etablissements/{establishment_id}/documents/depot", name="deposit_on_establishment")
async def deposit_on_establishment(sending: Uploading, establishment_id: UUID) -> Response:
    return await _filed(sending, await _on_establishment(sending.visit, establishment_id))


async def _on_dossier(visit: Visit, dossier_id: UUID) -> Desk:
    dossier = (await read_dossier(visit.call, dossier_id, Params())).shown
    back = visit.path("show_dossier_documents", dossier_id=dossier_id)
    title = f"Dossier n° {dossier.number}"
    return Desk(title, back, _OF_A_DOSSIER, _parties(dossier), dossier_id=dossier_id)


async def _on_establishment(visit: Visit, establishment_id: UUID) -> Desk:
    found = (await read_establishment(visit.call, establishment_id, Params())).shown
    back = visit.path("show_establishment_documents", establishment_id=establishment_id)
    title = f"Établissement n° {found.number}"
    return Desk(title, back, _OF_AN_ESTABLISHMENT, establishment_id=establishment_id)


def _parties(dossier: DossierShown) -> list[tuple[UUID, str]]:
    """The company, then the providers, each once."""
    held = [*([dossier.company] if dossier.company else []), *dossier.providers]
    named = {each.establishment_id: f"{each.name or 'Nom effacé'} – {each.siret or 'sans SIRET'}" for each in held}
    return list(named.items())


async def _filed(sending: Sending, desk: Desk) -> Response:
    visit = sending.visit
    paper = await _paper(visit, desk)
    if isinstance(paper, Form):
        await drain(sending)
        return _page(visit, desk, paper)

    async def take(upload: Upload, judged: Judged) -> None:
        concluded = await file_paper(visit.call, upload, paper)
        judged.add(concluded.outcome.position, again=concluded.already)

    judged = await judge_each(sending, take, action=_ACTION)
    await shown(visit, judged.position)
    if judged.faults:
        return _page(visit, desk, visit.form, judged)
    return to(desk.back, said="depot" if judged.taken > judged.again else "depot-deja")


async def _paper(visit: Visit, desk: Desk) -> Paper | Form:
    """What the fields say, or the form with what is wrong with them."""
    told = checked(_Told, visit.form, fields=_FIELDS)
    if isinstance(told, Form):
        return told
    try:
        return await _paper_of(visit, desk, told)
    except (Problem, Refusal) as refused:
        return visit.form.with_faults(faults_of(of_refusal(refused) if isinstance(refused, Refusal) else refused))


async def _paper_of(visit: Visit, desk: Desk, told: _Told) -> Paper:
    """Refused: Invalid."""
    if told.category not in desk.categories:
        raise Invalid(field="category", rule=_NOT_HERE)
    if desk.establishment_id is not None:
        lot = told.lot if told.category is Category.REMITTANCE_ADVICE else None
        transfer_id = await transfer_of(visit.call, desk.establishment_id, lot) if lot else None
        return Paper(told.category, told.on, establishment_id=desk.establishment_id, transfer_id=transfer_id)
    if told.establishment_id is not None and told.establishment_id not in dict(desk.parties):
        raise Invalid(field="establishment_id", rule=_NO_PARTY)
    # What all parties are shown is no single party's.
    party = None if is_shared(told.category) else told.establishment_id
    dossiers = (desk.dossier_id,) if desk.dossier_id else ()
    return Paper(told.category, told.on, dossier_ids=dossiers, establishment_id=party)


def _fresh() -> Form:
    return Form.of({"on": paris_day(system_clock()).isoformat()})


def _page(visit: Visit, desk: Desk, form: Form, judged: Judged | None = None) -> Response:
    faults = judged.faults if judged else []
    categories = [(each.value, CATEGORY_LABELS[each]) for each in desk.categories]
    return visit.page(
        "document/deposit.html",
        status=422 if form.faults or faults else 200,
        desk=desk,
        form=form,
        categories=categories,
        faults=faults,
        taken=judged.taken if judged else 0,
        endings=ENDINGS,
        most=MOST_FILES,
        limits=sorted({CATEGORIES[each].limit_mib for each in desk.categories}),
    )
