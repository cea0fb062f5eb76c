"""What a frontend needs beside the nouns: the lists of codes with their labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from gateway.api.codes import CATEGORY_LABELS, SCHEME_LABELS, Coded
from gateway.api.params import Params
from gateway.api.reading import Call, Calling
from gateway.api.shapes import Items

router: Final = APIRouter(prefix="/v1", tags=["reference"])


@router.get("/schemes", operation_id="list_schemes", summary="Dispositifs", response_model=Items[Coded])
async def list_schemes(call: Calling, params: Annotated[Params, Query()]) -> Response:
    return await _codes(call, params, SCHEME_LABELS)


@router.get(
    "/document-categories",
    operation_id="list_document_categories",
    summary="Catégories de documents",
    response_model=Items[Coded],
)
async def list_document_categories(call: Calling, params: Annotated[Params, Query()]) -> Response:
    return await _codes(call, params, CATEGORY_LABELS)


async def _codes(call: Call, params: Params, labels: Mapping[str, str]) -> Response:
    """They are the same at every position; the answer says which is visible, as every answer does."""
    items = [Coded(code=code, label=label) for code, label in labels.items()]
    async with call.reading("account", at_least=params.min_position) as reading:
        pass
    return call.answer(Items(items=items), reading.position)
