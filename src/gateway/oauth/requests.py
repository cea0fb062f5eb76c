"""What frontends ask, by the rules of RFC 6749: parameters are given once, unknown ones are passed over."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from gateway.oauth import pkce
from gateway.settings_values import Frontend

MAX_STATE: Final = 500
LEAST_AGE_SECONDS: Final = 60
_MOST: Final = 50
_SECONDS: Final = re.compile(r"[0-9]{0,6}")
_READ: Final = (
    "response_type", "client_id", "redirect_uri", "code_challenge", "code_challenge_method", "state", "scope",
    "max_age", "grant_type", "code", "code_verifier", "token", "token_type_hint",
)  # fmt: skip

# RFC 6749, 5.2, allows ASCII alone here, without quotation marks or backslash: the words are chosen for it.
DESCRIPTIONS: Final[Mapping[str, str]] = {
    "invalid_request": "Un champ manque, figure deux fois, ou n'a pas la forme attendue.",
    "invalid_client": "Ce client est inconnu.",
    "invalid_grant": "Ce code n'est pas valable : recommencez la connexion.",
    "invalid_scope": "Aucun champ scope n'est attendu ici.",
    "unauthorized_client": "Ce client ne peut pas faire cette demande depuis cette origine.",
    "unsupported_grant_type": "Seul grant_type=authorization_code est permis.",
    "unsupported_response_type": "Seul response_type=code est permis.",
}


class OAuthError(Exception):
    """A request refused by one of RFC 6749's codes, a key of DESCRIPTIONS."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.description = DESCRIPTIONS[code]


@dataclass(frozen=True)
class Given:
    """The parameters that we know, each given once or not at all; `repeated` where one of them was given twice."""

    values: Mapping[str, str]
    repeated: bool

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Self:
        known = [(name, value) for name, value in pairs if name in _READ and value]
        return cls(dict(known), repeated=len(dict(known)) < len(known))

    @classmethod
    def of_form(cls, content_type: str, body: bytes) -> Self:
        """A form's fields. OAuthError for any other body."""
        media_type = content_type.partition(";")[0].strip().lower()
        if media_type != "application/x-www-form-urlencoded":
            raise OAuthError("invalid_request")
        try:
            pairs = parse_qsl(
                body.decode(), keep_blank_values=True, strict_parsing=bool(body), errors="strict", max_num_fields=_MOST
            )
        except ValueError:
            raise OAuthError("invalid_request") from None
        return cls.of(pairs)

    def __getitem__(self, name: str) -> str:
        """The parameter, or the empty text, as RFC 6749, 3.1, has it."""
        return self.values.get(name, "")


@dataclass(frozen=True)
class Asked:
    """A code that may be given: to whom, and against which proof."""

    frontend: Frontend
    challenge: str
    max_age_seconds: int | None = None
    """How old the proof of who is there may be (RFC 9470); None: any age."""


def frontend_of(frontends: Sequence[Frontend], given: Given) -> Frontend | None:
    """The frontend with exactly that address; None for any other, to which nothing may ever be sent."""
    if given.repeated:
        return None
    asked = Frontend(given["client_id"], given["redirect_uri"])
    return asked if asked in frontends else None


def read_authorization(frontend: Frontend, given: Given) -> Asked:
    """What a known frontend asks at its own address. OAuthError where it may not have a code."""
    if given["response_type"] != "code":
        raise OAuthError("unsupported_response_type" if given["response_type"] else "invalid_request")
    if given["scope"]:
        raise OAuthError("invalid_scope")
    if given["code_challenge_method"] != pkce.METHOD or not pkce.is_challenge(given["code_challenge"]):
        raise OAuthError("invalid_request")
    if len(given["state"]) > MAX_STATE or not given["state"].isascii() or not given["state"].isprintable():
        raise OAuthError("invalid_request")
    if not _SECONDS.fullmatch(given["max_age"]):
        raise OAuthError("invalid_request")
    # Under a minute nobody could come back in time.
    max_age = max(int(given["max_age"]), LEAST_AGE_SECONDS) if given["max_age"] else None
    return Asked(frontend, given["code_challenge"], max_age)


def address_with(redirect_uri: str, **parameters: str) -> str:
    """The address with more in its query; what it has there already stays (RFC 6749, 3.1.2)."""
    url = urlsplit(redirect_uri)
    query = "&".join(part for part in (url.query, urlencode(parameters)) if part)
    return url._replace(query=query).geturl()
