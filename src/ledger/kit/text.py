"""Texts that people write: reasons over several lines, and file names."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Final

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

MAX_FREE_TEXT: Final = 4_000
MAX_FILE_NAME: Final = 255


def _check_free_text(text: str) -> str:
    clean = unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip()
    if not 1 <= len(clean) <= MAX_FREE_TEXT or not all(c.isprintable() or c in "\n\t\u00a0\u202f" for c in clean):
        raise PydanticCustomError("rule", "Le texte comporte 1 à 4 000 caractères, sans caractère de contrôle.")
    return clean


def _check_file_name(text: str) -> str:
    name = unicodedata.normalize("NFC", text).strip()
    wrong = not name.replace("\u00a0", " ").replace("\u202f", " ").isprintable() or "/" in name or "\\" in name
    if wrong or not 1 <= len(name) <= MAX_FILE_NAME or name in {".", ".."}:
        raise PydanticCustomError("rule", "Le nom de fichier comporte 1 à 255 caractères, sans barre oblique.")
    return name


FreeText = Annotated[
    str,
    AfterValidator(_check_free_text),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MAX_FREE_TEXT}),
]
FileName = Annotated[
    str,
    AfterValidator(_check_file_name),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MAX_FILE_NAME}),
]
