"""What a passkey has answered, as the page's script puts it into two hidden fields of a form."""

from __future__ import annotations

from typing import Any, Final

import orjson

from gateway.api.problems import invalid
from gateway.portal.forms import Form

CHALLENGE: Final = "challenge_id"
CREDENTIAL: Final = "credential"
_UNREADABLE: Final = "La clé d'accès n'a pas répondu : recommencez."


def answered(form: Form, *, prefix: str = "") -> dict[str, Any]:
    """The challenge's id and the answer, for the API's own models. The problem `invalid` at the field `credential`
    where it is no JSON object, or one that no body of a request could be either.
    """
    text = form.text(prefix + CREDENTIAL)
    try:
        credential = orjson.loads(text)
        orjson.dumps(credential)  # its own limit of depth
    except (orjson.JSONDecodeError, TypeError):
        credential = None
    if not isinstance(credential, dict) or "\\u0000" in text:
        raise invalid("body", f"/{CREDENTIAL}", "wrong-passkey", _UNREADABLE)
    return {CHALLENGE: form.text(prefix + CHALLENGE), CREDENTIAL: credential}
