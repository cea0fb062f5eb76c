"""Posted forms: small, of one encoding, each field once; and what a form shows again, with what is to be mended."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any, Final, TypeVar, get_args
from urllib.parse import parse_qsl

from pydantic import BaseModel
from starlette.requests import Request

from gateway.api.bodies import parse
from gateway.api.problems import Fault, Problem, problem
from gateway.auth import csrf
from gateway.portal.formats import delay

M = TypeVar("M", bound=BaseModel)
LIMIT_BYTES: Final = 65_536
MOST_FIELDS: Final = 40
DEMAND: Final = "demande"
PROOF_PASSWORD: Final = "proof_password"  # noqa: S105 - a field's name
PROOF_CODE: Final = "proof_code"
PROOF_PASSKEY: Final = "proof_"
"""Before the two fields of a passkey's answer."""

PROOF: Final = frozenset({PROOF_PASSWORD, PROOF_CODE, f"{PROOF_PASSKEY}challenge_id", f"{PROOF_PASSKEY}credential"})
TECHNICAL: Final = frozenset({csrf.FIELD, csrf.FORM_FIELD, DEMAND, *PROOF})
"""Fields of the form itself, that no order is made of."""

_TYPE: Final = "application/x-www-form-urlencoded"
_FRENCH_DAY: Final = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")


@dataclass(frozen=True)
class Form:
    """What was typed, as texts, and what is wrong with it: by field; of the whole form under the empty name."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    faults: Mapping[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Form:
        """A form filled in by us: None is left out, a list is a field given several times."""
        told = {name: value for name, value in values.items() if value is not None}
        return cls({name: _texts(value) for name, value in told.items()})

    def text(self, name: str) -> str:
        """What the field holds; empty where it is absent."""
        return self.values.get(name, ("",))[0]

    def all(self, name: str) -> list[str]:
        return list(self.values.get(name, ()))

    @property
    def fields(self) -> dict[str, str]:
        """The first text of each field."""
        return {name: texts[0] for name, texts in self.values.items()}

    def asked(self, fields: Collection[str] | None = None) -> dict[str, str]:
        """What is asked for: the fields that hold something (those named, or all that are not the form's own)."""
        found = {name: text for name, text in self.fields.items() if text and name not in TECHNICAL}
        return found if fields is None else {name: text for name, text in found.items() if name in fields}

    def with_faults(self, faults: Mapping[str, list[str]]) -> Form:
        return replace(self, faults={name: list(texts) for name, texts in faults.items()})

    def with_fault(self, name: str, text: str) -> Form:
        return replace(self, faults={**self.faults, name: [*self.faults.get(name, []), text]})


EMPTY: Final = Form()


async def posted(
    request: Request,
    *,
    limit_bytes: int = LIMIT_BYTES,
    most_fields: int = MOST_FIELDS,
    repeated: Collection[str] = frozenset(),
) -> Form:
    """The fields of a form; those of `repeated` may be given several times.

    Raises the problems `too-large`, `unsupported-media-type`, `malformed-form`.
    """
    request.state.limited.limit_bytes = limit_bytes
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _TYPE:
        raise problem("unsupported-media-type")
    raw = await request.body()
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, strict_parsing=bool(raw), errors="strict",
            max_num_fields=most_fields,
        )  # fmt: skip
    except ValueError:
        raise problem("malformed-form") from None
    values: dict[str, tuple[str, ...]] = {}
    for name, text in pairs:
        if "\x00" in text or (name in values and name not in repeated):
            raise problem("malformed-form")
        # Browsers send the line ends of a text as CR LF; what is typed has LF.
        values[name] = (*values.get(name, ()), text.replace("\r\n", "\n"))
    return Form(values)


def checked(model: type[M], form: Form, *, fields: Collection[str] | None = None) -> M | Form:
    """The model of what the form asks, by the API's own rules; or the form again, each fault at its field.

    `fields`: the names that are the model's; all that are not the form's own otherwise, and unknown ones are refused.
    """
    asked = {name: _as_iso(model, name, text) for name, text in form.asked(fields).items()}
    try:
        return parse(model, asked)
    except Problem as refused:
        return form.with_faults(faults_of(refused))


def faults_of(refused: Problem) -> dict[str, list[str]]:
    """What a problem says, by field; its one sentence for the whole form where it names none, and when to come back."""
    found: dict[str, list[str]] = {}
    for fault in refused.errors:
        found.setdefault(_name(fault), []).append(fault.detail)
    wait = refused.headers.get("Retry-After")
    return found or {"": [f"{refused.detail} Réessayez dans {delay(wait)}." if wait else refused.detail]}


def _name(fault: Fault) -> str:
    """`/trainee_name` is the input's name; of what is inside of a field, the field's."""
    return fault.pointer.removeprefix("/").partition("/")[0]


def _as_iso(model: type[BaseModel], name: str, text: str) -> str:
    """A day as it is typed where the browser has no calendar."""
    known = model.model_fields.get(name)
    found = _FRENCH_DAY.fullmatch(text.strip())
    if known is None or found is None or date not in _types(known.annotation):
        return text
    return f"{found[3]}-{found[2]}-{found[1]}"


def _types(annotation: Any) -> Iterator[Any]:
    yield annotation
    for inner in get_args(annotation):
        yield from _types(inner)


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, (list, tuple, set, frozenset)):
        return tuple(str(each) for each in value)
    return (str(value),)


NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
