"""`/.well-known/oauth-authorization-server` (RFC 8414): where and how a frontend's library gets a token here."""

from __future__ import annotations

from typing import Final, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from gateway.oauth import pkce
from gateway.service import Service

router: Final = APIRouter(tags=["oauth"])
PATH: Final = "/.well-known/oauth-authorization-server"
_CACHE: Final = {"Cache-Control": "public, max-age=3600"}


class OAuthMetadata(BaseModel):
    """RFC 8414, 2, with RFC 9207's own. No scopes and no registration: frontends are those of the settings."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    revocation_endpoint: str
    response_types_supported: list[Literal["code"]] = ["code"]
    response_modes_supported: list[Literal["query"]] = ["query"]
    grant_types_supported: list[Literal["authorization_code"]] = ["authorization_code"]
    code_challenge_methods_supported: list[str] = [pkce.METHOD]
    token_endpoint_auth_methods_supported: list[Literal["none"]] = ["none"]
    revocation_endpoint_auth_methods_supported: list[Literal["none"]] = ["none"]
    authorization_response_iss_parameter_supported: bool = True
    ui_locales_supported: list[str] = ["fr"]


@router.get(
    PATH,
    operation_id="get_oauth_metadata",
    summary="Où et comment une application du portail obtient un jeton",
    response_model=OAuthMetadata,
)
async def get_oauth_metadata(request: Request) -> Response:
    """The same for everybody."""
    service: Service = request.app.state.service
    issuer = service.settings.public_origin
    shown = OAuthMetadata(
        issuer=issuer,
        authorization_endpoint=f"{issuer}/v1/oauth/authorize",
        token_endpoint=f"{issuer}/v1/oauth/token",
        revocation_endpoint=f"{issuer}/v1/oauth/revocation",
    )
    return JSONResponse(shown.model_dump(), headers=_CACHE)
