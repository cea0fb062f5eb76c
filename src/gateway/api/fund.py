"""`GET /v1/fund`: what the fund says of itself to whoever comes, before there is a session."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from gateway.api.etags import etag, unchanged
from gateway.api.offering import PageLink, offering_of
from gateway.fund.fund import Fund, Link
from gateway.service import Service

router: Final = APIRouter(prefix="/v1", tags=["fund"])
_CACHE: Final = "public, max-age=300"


class OfficeShown(BaseModel):
    """A regional office. `departments` are codes (`31`, `2A`, `971`); `address` is line by line."""

    name: str
    departments: list[str]
    address: list[str]
    phone: str | None
    email: str | None


class PublishedLink(BaseModel):
    """`url` is null where the fund has published no address of it."""

    label: str
    text: str | None
    url: str | None


class ToolShown(BaseModel):
    """A tool of the services portal. `code` stays when its label changes; `url` is null where it is still to come."""

    code: str
    label: str
    text: str | None
    url: str | None


class ThemeShown(BaseModel):
    """A theme of the services portal (row E2)."""

    code: str
    title: str
    text: str | None
    links: list[PublishedLink]


class FundShown(BaseModel):
    """What the fund has not published is null or empty. `terms_version`: of the text in force (`GET /v1/terms`)."""

    name: str
    contact: str | None
    help_phone: str | None
    help_hours: str | None
    offices: list[OfficeShown]
    help: list[PublishedLink]
    welcome: str | None
    themes: list[ThemeShown]
    tools: list[ToolShown]
    pages: list[PageLink]
    terms_version: str


@router.get("/fund", operation_id="get_fund", summary="Le fonds, ses contacts et ses outils", response_model=FundShown)
async def get_fund(request: Request) -> Response:
    """The same for everybody."""
    service: Service = request.app.state.service
    shown = _shown(service.fund, offering_of(request).links(), service.terms.current.version)
    body = shown.model_dump_json().encode()
    headers = {"ETag": etag(None, body), "Cache-Control": _CACHE}
    if unchanged(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


def _shown(fund: Fund, pages: list[PageLink], terms_version: str) -> FundShown:
    return FundShown(
        name=fund.name,
        contact=fund.contact or None,
        help_phone=fund.help_phone or None,
        help_hours=fund.help_hours or None,
        offices=[
            OfficeShown(
                name=each.name,
                departments=list(each.departments),
                address=list(each.address),
                phone=each.phone or None,
                email=each.email or None,
            )
            for each in fund.offices
        ],
        help=_links(fund.help),
        welcome=fund.welcome or None,
        themes=[
            ThemeShown(code=each.code, title=each.title, text=each.text or None, links=_links(each.links))
            for each in fund.themes
        ],
        tools=[
            ToolShown(code=each.code, label=each.label, text=each.text or None, url=each.url or None)
            for each in fund.tools
        ],
        pages=pages,
        terms_version=terms_version,
    )


def _links(links: tuple[Link, ...]) -> list[PublishedLink]:
    return [PublishedLink(label=each.label, text=each.text or None, url=each.url or None) for each in links]
