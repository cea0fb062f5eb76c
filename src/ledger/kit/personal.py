"""Personal data in events: sealed under the key of the person (or of the dossier, for free text) it speaks of.

A `Personal[str]` holds ciphertext only. It can be stored, hashed, copied and compared; its clear value is had from the
keyring alone, and is `Erased` for ever once the subject's key is destroyed. No decision, key or amount may depend on
it.
"""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

T = TypeVar("T")
PREFIX: Final = "sealed:"
_STANDARD: Final = bytes.maketrans(b"-_", b"+/")


@lru_cache(maxsize=1024)
def _subject(text: str) -> UUID:
    # The fields of one person come together: to make a UUID takes longer than to decode the box.
    return UUID(text)


class Erased:
    """What a sealed value opens to when its key is gone. There is one, `ERASED`; it shows as « effacé »."""

    def __repr__(self) -> str:
        return "ERASED"

    def __str__(self) -> str:
        return "effacé"


ERASED: Final = Erased()


class Personal(Generic[T]):
    """A sealed value: `subject` names the key, `box` is nonce (12 bytes) ‖ AES-256-GCM ciphertext and tag.

    As text, in events and read tables: `sealed:<subject>:<base64url of box>`.
    """

    # No dataclass: pydantic would take a generic one apart, field by field, and pass our validation by.
    __slots__ = ("box", "subject")

    def __init__(self, subject: UUID, box: bytes) -> None:
        self.subject = subject
        self.box = box

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Personal) and (self.subject, self.box) == (other.subject, other.box)

    def __hash__(self) -> int:
        return hash((self.subject, self.box))

    def __repr__(self) -> str:
        return f"Personal({self.subject})"

    def __str__(self) -> str:
        return f"{PREFIX}{self.subject}:{base64.urlsafe_b64encode(self.box).decode()}"

    @classmethod
    def parse(cls, text: str) -> Personal[Any]:
        """The sealed value that `str()` wrote, or ValueError."""
        prefix, _, rest = text.partition(":")
        subject, _, box = rest.partition(":")
        if f"{prefix}:" != PREFIX or not box:
            raise ValueError("not a sealed value")
        try:
            return cls(
                _subject(subject), binascii.a2b_base64(box.encode("ascii").translate(_STANDARD), strict_mode=True)
            )
        except binascii.Error as error:
            raise ValueError("not a sealed value") from error

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        # Its text form is accepted beside the instance, so that a payload decoded without a model validates the same.
        return core_schema.no_info_plain_validator_function(
            cls._validate, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    @classmethod
    def _validate(cls, value: object) -> Personal[Any]:
        if isinstance(value, Personal):
            return value
        if isinstance(value, str):
            return cls.parse(value)
        raise ValueError("not a sealed value")

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "format": "sealed", "pattern": "^sealed:[0-9a-f-]{36}:[A-Za-z0-9_=-]+$"}
