"""The fund's OpenID provider: what it says of itself, its keys, and what it says of who signed in.

Authlib makes the requests and checks the claims, joserfc the signatures. What is ours is what may not be left to a
library's default: which algorithms, which issuer, and that every address is one that nobody can listen to.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from gateway.oidc.attempts import Attempt
from gateway.settings_values import OidcProvider, is_loopback

SCOPE: Final = "openid email"
LEEWAY_SECONDS: Final = 30
MAX_AGE_SECONDS: Final = 600
"""How long ago the provider may have seen the person: the session counts as a fresh proof, and must be one."""

_KEPT_SECONDS: Final = 3600.0
_RENEWED_SECONDS: Final = 60.0
_TIMEOUT: Final = httpx2.Timeout(5.0)
_MAX_TOKEN: Final = 16 * 1024
# Asymmetric ones alone: with HS256 whoever knows the client's secret signs, with « none » anybody.
_ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_STRONG_AMR: Final = frozenset({"mfa"})
_STRONG_ACR: Final = frozenset({"phr", "phrh", "https://refeds.org/profile/mfa"})
Json = dict[str, Any]


class ProviderUnavailable(Exception):
    """The provider does not answer, or says what we cannot use of itself: later, perhaps."""


class NotBelieved(Exception):
    """What came back is no proof of who signed in. `code` says why, for the journal alone."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Identity:
    """Whom the provider has seen. `email` is verified by it. `strong`: it saw more than a password."""

    email: str
    strong: bool


@dataclass
class _Kept:
    value: Json
    at: float


class Provider:
    """One provider, its description and keys kept for an hour. Its methods raise ProviderUnavailable."""

    def __init__(self, settings: OidcProvider, redirect_uri: str) -> None:
        self._settings = settings
        self._redirect_uri = redirect_uri
        self._kept: dict[str, _Kept] = {}

    async def address(self, attempt: Attempt) -> str:
        """Where the browser is sent to sign in."""
        description = await self._description()
        async with self._client() as client:
            url, _ = client.create_authorization_url(
                description["authorization_endpoint"],
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.verifier,
                max_age=MAX_AGE_SECONDS,
            )
        return str(url)

    async def identity(self, code: str, attempt: Attempt, *, issuer: str | None) -> Identity:
        """Exchange the code, and believe what comes back if it holds. `issuer` is the callback's `iss` (RFC 9207)."""
        description = await self._description()
        told = description.get("authorization_response_iss_parameter_supported") is True
        if (told or issuer is not None) and issuer != self._settings.issuer:
            raise NotBelieved("other-issuer")
        async with self._client() as client:
            token = await self._token(client, description, code, attempt)
            claims = await self._claims(description, token, attempt)
            about = claims if "email" in claims else await self._userinfo(client, description, claims)
        return Identity(_verified_email(about), strong=_is_strong(claims))

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        """The authorities that a provider's certificate may come from. To read them takes tens of milliseconds, in
        which the event loop answers nobody: once, and not for each client.
        """
        return httpx2.create_ssl_context()

    def _client(self) -> AsyncOAuth2Client:
        secret = self._settings.client_secret
        return AsyncOAuth2Client(
            self._settings.client_id,
            secret,
            token_endpoint_auth_method="client_secret_basic" if secret else "none",
            scope=SCOPE,
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            timeout=_TIMEOUT,
            follow_redirects=False,
            verify=self._trusted,
        )

    async def _token(self, client: AsyncOAuth2Client, description: Json, code: str, attempt: Attempt) -> Json:
        try:
            token: Json = await client.fetch_token(
                description["token_endpoint"],
                grant_type="authorization_code",
                code=code,
                code_verifier=attempt.verifier,
            )
        except OAuthError:
            raise NotBelieved("code-refused") from None
        except (httpx2.HTTPError, ValueError):
            raise ProviderUnavailable from None
        return token

    async def _claims(self, description: Json, token: Json, attempt: Attempt) -> CodeIDToken:
        """The claims of the ID token (OpenID Connect Core, 3.1.3.7), its signature by one of the provider's keys."""
        text = token.get("id_token")
        if not isinstance(text, str) or len(text) > _MAX_TOKEN:
            raise NotBelieved("no-id-token")
        signed = await self._decoded(description, text)
        claims = CodeIDToken(
            signed.claims,
            signed.header,
            options={
                "iss": {"essential": True, "value": self._settings.issuer},
                "aud": {"essential": True, "value": self._settings.client_id},
                "exp": {"essential": True},
                "nonce": {"essential": True, "value": attempt.nonce},
            },
            params={
                "client_id": self._settings.client_id,
                "nonce": attempt.nonce,
                "access_token": token.get("access_token"),
                "max_age": MAX_AGE_SECONDS,
            },
        )
        now = int(time.time())
        try:
            claims.validate(now=now, leeway=LEEWAY_SECONDS)
        except JoseError as error:
            raise NotBelieved(_code(error)) from None
        if claims["auth_time"] < now - MAX_AGE_SECONDS - LEEWAY_SECONDS:
            raise NotBelieved("seen-too-long-ago")
        return claims

    async def _decoded(self, description: Json, text: str) -> jwt.Token:
        """A key that we do not know yet may be a new one: the keys are asked for again, at most once a minute."""
        offered = description.get("id_token_signing_alg_values_supported", ["RS256"])
        algorithms = [each for each in _ALGORITHMS if each in offered]
        for seconds in (_KEPT_SECONDS, _RENEWED_SECONDS):
            keys = await self._get(description["jwks_uri"], kept_seconds=seconds)
            try:
                return jwt.decode(text, KeySet.import_key_set(_keys(keys)), algorithms=algorithms)
            except (JoseError, ValueError):
                continue
        raise NotBelieved("signature")

    async def _userinfo(self, client: AsyncOAuth2Client, description: Json, claims: CodeIDToken) -> Json:
        """What the provider keeps out of its tokens; of the same person, or of nobody (OpenID Connect Core, 5.3.2)."""
        endpoint = description.get("userinfo_endpoint")
        if not isinstance(endpoint, str) or not _private(endpoint):
            raise NotBelieved("no-email")
        try:
            answer = await client.get(endpoint)
            answer.raise_for_status()
            about = answer.json()
        except (httpx2.HTTPError, ValueError):
            raise ProviderUnavailable from None
        if not isinstance(about, dict) or about.get("sub") != claims["sub"]:
            raise NotBelieved("other-subject")
        return about

    async def _description(self) -> Json:
        """The provider's own description (OpenID Connect Discovery), of exactly the issuer that is configured."""
        address = f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration"
        description = await self._get(address, kept_seconds=_KEPT_SECONDS)
        if description.get("issuer") != self._settings.issuer:
            raise ProviderUnavailable
        if not all(_private(str(description.get(endpoint, ""))) for endpoint in _ENDPOINTS):
            raise ProviderUnavailable
        return description

    async def _get(self, address: str, *, kept_seconds: float) -> Json:
        kept = self._kept.get(address)
        if kept is not None and time.monotonic() - kept.at < kept_seconds:
            return kept.value
        try:
            async with httpx2.AsyncClient(timeout=_TIMEOUT, follow_redirects=False, verify=self._trusted) as client:
                answer = await client.get(address, headers={"Accept": "application/json"})
            answer.raise_for_status()
            value = answer.json()
        except (httpx2.HTTPError, ValueError):
            raise ProviderUnavailable from None
        if not isinstance(value, dict):
            raise ProviderUnavailable
        self._kept[address] = _Kept(value, time.monotonic())
        return value


def _keys(found: Json) -> Any:
    """Those that sign, of the kinds whose algorithms we take: one key of another kind must not spoil the set."""
    keys = found.get("keys")
    usable = [key for key in keys if _signs(key)] if isinstance(keys, list) else []
    return {"keys": usable}


def _signs(key: object) -> bool:
    return isinstance(key, dict) and key.get("kty") in {"RSA", "EC"} and key.get("use", "sig") == "sig"


def _private(address: str) -> bool:
    """https, but on the loopback."""
    try:
        url = urlsplit(address)
    except ValueError:
        return False
    return bool(url.hostname) and (url.scheme == "https" or (url.scheme == "http" and is_loopback(url.hostname or "")))


def _verified_email(about: Mapping[str, Any]) -> str:
    email = about.get("email")
    if not isinstance(email, str) or not email:
        raise NotBelieved("no-email")
    if about.get("email_verified") is not True:
        raise NotBelieved("unverified-email")
    return email


def _is_strong(claims: Mapping[str, Any]) -> bool:
    """Whether the provider says that it saw more than a password (RFC 8176; OpenID's EAP; REFEDS)."""
    amr = claims.get("amr")
    methods = {each for each in amr if isinstance(each, str)} if isinstance(amr, list) else set()
    return bool(methods & _STRONG_AMR) or claims.get("acr") in _STRONG_ACR


def _code(error: JoseError) -> str:
    """`expired_token`, or `invalid_claim.aud`: what failed, never what was found."""
    claim = getattr(error, "claim", None)
    return f"{error.error}.{claim}" if isinstance(claim, str) and claim.isidentifier() else str(error.error)
