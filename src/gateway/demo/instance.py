"""`demo.json`: where the demonstration answers, and with which tokens. Private to its owner: tokens open doors."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

import orjson


@dataclass(frozen=True)
class Instance:
    """`tokens` by role; `issued` says which token (id) each is; `dossier` is the number of one worth replaying.

    `pages` is where people sign in and read mails; `factors` are the secrets of the staff's authenticators, by role.
    """

    url: str
    tokens: Mapping[str, str]
    issued: Mapping[str, str]
    dossier: str
    pages: str = ""
    factors: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """What the last run wrote; None where there is nothing that can be used."""
        try:
            content: dict[str, Any] = orjson.loads(path.read_bytes())
            shown = (content["url"], content["tokens"], content["issued"], content["dossier"])
            return cls(*shown, content.get("pages", ""), content.get("factors", {}))
        except (FileNotFoundError, orjson.JSONDecodeError, KeyError, TypeError):
            return None

    def write(self, path: Path) -> None:
        """Whole or not at all, mode 0600."""
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2))
        draft.rename(path)
