"""What a frontend needs beside the nouns: the lists of codes with their labels, one by one or all at once."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response

from gateway.api.code_lists import CODE_LISTS, CodeList, action_of_list
from gateway.api.codes import Coded
from gateway.api.params import Params
from gateway.api.reading import Call, Calling
from gateway.api.shapes import Items

router: Final = APIRouter(prefix="/v1", tags=["reference"])
_CACHE: Final = {"Cache-Control": "private, max-age=300"}
"""Codes change with a deployment: five minutes spare a page's requests, then the ETag spares their answers."""


class Reference(BaseModel):
    """Every reference list, by the name under which it is also had alone."""

    lists: dict[str, list[Coded]]


@router.get(
    "/reference", operation_id="get_reference", summary="Toutes les listes de référence", response_model=Reference
)
async def get_reference(call: Calling, params: Annotated[Params, Query()]) -> Response:
    return await _unchanging(call, params, Reference(lists={name: _items(each) for name, each in CODE_LISTS.items()}))


def _list(found: CodeList) -> Callable[[Call, Params], Coroutine[Any, Any, Response]]:
    async def answered(call: Calling, params: Annotated[Params, Query()]) -> Response:
        return await _unchanging(call, params, Items(items=_items(found)))

    return answered


for _name, _found in CODE_LISTS.items():
    router.add_api_route(
        f"/{_name}",
        _list(_found),
        methods=["GET"],
        operation_id=action_of_list(_name),
        summary=_found.summary,
        response_model=Items[Coded],
    )


def _items(found: CodeList) -> list[Coded]:
    return [Coded(code=code, label=label) for code, label in found.labels.items()]


async def _unchanging(call: Call, params: Params, shown: BaseModel) -> Response:
    """The same at every position; the answer says which is visible, as every answer does."""
    async with call.reading("account", at_least=params.min_position) as reading:
        pass
    answer = call.detail(shown, reading.position, version=None)
    answer.headers.update(_CACHE)
    return answer
