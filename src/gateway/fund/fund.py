"""What a fund says of itself: its offices, its help, its tools, its legal texts; from a TOML file (FUND_FILE).

What a file does not say is not invented: the pages then say that the fund has published nothing of it. Its name, its
signature and its contact are settings, since mails bear them as well.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final, TypeVar

from gateway.fund.departments import DEPARTMENTS
from gateway.settings import Settings
from gateway.settings_values import SettingsError

T = TypeVar("T")
_MOST_BYTES: Final = 256 * 1024
_MOST_CODES: Final = 30
"""Of the tools and of the themes: a form with a box for each stays small."""
_ADDRESS: Final = re.compile(r"(https://|mailto:|tel:|/)[^\s\"'<>]*")
_CODE: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Office:
    """A regional office. `departments` are codes (`31`, `2A`, `971`); `address` is line by line."""

    name: str
    departments: tuple[str, ...] = ()
    address: tuple[str, ...] = ()
    phone: str = ""
    email: str = ""


@dataclass(frozen=True)
class Link:
    """`url` is https, a page of ours, a mail or a telephone number; empty where it is still to come."""

    label: str
    url: str = ""
    text: str = ""


@dataclass(frozen=True)
class Tool:
    """A tool of the services portal. `code` is what favourites are kept by: it stays when the label changes."""

    code: str
    label: str
    url: str = ""
    text: str = ""


@dataclass(frozen=True)
class Theme:
    """A theme of the services portal and its links. `code` stands in the address of its page."""

    code: str
    title: str
    text: str = ""
    links: tuple[Link, ...] = ()


@dataclass(frozen=True)
class Notice:
    """A word of the fund to its members, shown on their home page (row E3)."""

    title: str
    text: str = ""


ACCESSIBILITY: Final = ("non conforme", "partiellement conforme", "totalement conforme")
"""What a declaration of accessibility may say (RGAA 4.1); without an audit that is in force the first, and no other."""


@dataclass(frozen=True)
class Legal:
    """Texts that the law asks for; empty where the fund has given none.

    `accessibility` is one of ACCESSIBILITY; but for the first, `accessibility_audit` says who found so, when, and at
    what rate (« L'audit mené le … par … révèle que … % des critères du RGAA sont respectés. »).
    """

    publisher: str = ""
    director: str = ""
    host: str = ""
    data_officer: str = ""
    accessibility_contact: str = ""
    accessibility: str = ACCESSIBILITY[0]
    accessibility_audit: str = ""
    fictitious: bool = False

    def __post_init__(self) -> None:
        if self.accessibility not in ACCESSIBILITY:
            raise SettingsError(f"FUND_FILE: legal.accessibility is one of: {', '.join(ACCESSIBILITY)}")
        if self.accessibility != ACCESSIBILITY[0] and not self.accessibility_audit:
            raise SettingsError("FUND_FILE: legal.accessibility is « non conforme » without an accessibility_audit")


@dataclass(frozen=True)
class Bank:
    """Where bank details are sent to, and how."""

    email: str = ""
    address: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fund:
    """`help_phone` as it is shown; `help` are guides; `themes`, `tools` and `welcome` are the services portal's (rows
    E2, E3); `notices` are for the members.
    """

    name: str
    team: str = ""
    contact: str = ""
    help_phone: str = ""
    help_hours: str = ""
    bank: Bank = field(default_factory=Bank)
    offices: tuple[Office, ...] = ()
    help: tuple[Link, ...] = ()
    welcome: str = ""
    themes: tuple[Theme, ...] = ()
    tools: tuple[Tool, ...] = ()
    notices: tuple[Notice, ...] = ()
    legal: Legal = field(default_factory=Legal)

    @classmethod
    def of(cls, settings: Settings) -> Fund:
        """The fund of a deployment. SettingsError names what is wrong in the file, never what it holds."""
        return cls(settings.fund_name, settings.fund_team, settings.fund_contact, **_said(settings.fund_file))

    @property
    def departments(self) -> list[tuple[str, str]]:
        """The departments that an office answers for: (code, `31 – Haute-Garonne`), in their order."""
        served = {code for office in self.offices for code in office.departments}
        return [(code, f"{code} – {name}") for code, name in DEPARTMENTS.items() if code in served]

    def offices_of(self, department: str) -> list[Office]:
        """Those that answer for a department; none where no office does."""
        return [office for office in self.offices if department in office.departments]

    def theme(self, code: str) -> Theme | None:
        return next((each for each in self.themes if each.code == code), None)

    def tool(self, code: str) -> Tool | None:
        return next((each for each in self.tools if each.code == code), None)


def demo_file() -> Path:
    """The file of the fictitious fund that `dossier-ledger demo` runs."""
    return Path(str(resources.files("gateway.fund") / "demo.toml"))


_SHAPES: Final[Mapping[str, type[Any]]] = {
    "bank": Bank,
    "legal": Legal,
    "offices": Office,
    "help": Link,
    "themes": Theme,
    "tools": Tool,
    "notices": Notice,
}


@lru_cache(maxsize=8)
def _said(place: Path | None) -> Mapping[str, Any]:
    file: Traversable = place or resources.files("gateway.fund") / "neutral.toml"
    try:
        raw = file.read_bytes()
        told = tomllib.loads(raw.decode())
    except OSError:
        raise SettingsError("FUND_FILE cannot be read") from None
    except ValueError:
        raise SettingsError("FUND_FILE is not TOML in UTF-8") from None
    if len(raw) > _MOST_BYTES:
        raise SettingsError("FUND_FILE is 256 KiB at most")
    _known(told, {one.name for one in fields(Fund)} - {"name", "team", "contact"}, "FUND_FILE")
    read = {name: _read(_SHAPES.get(name), value, name) for name, value in told.items()}
    for name in ("themes", "tools"):
        _each_its_own([one.code for one in read.get(name, ())], name)
    return read


def _read(shape: type[Any] | None, value: object, name: str) -> Any:
    if shape is None:
        return _text(value, name)
    if isinstance(value, list):
        return tuple(_made(shape, each, name) for each in value)
    return _made(shape, value, name)


def _made(shape: type[T], value: object, name: str) -> T:
    """One table of the file; what it names that nothing reads is a mistake that somebody would not see."""
    if not isinstance(value, dict):
        raise SettingsError(f"FUND_FILE: {name} is not a table")
    _known(value, {one.name for one in fields(shape)}, name)  # type: ignore[arg-type]  # all shapes are dataclasses
    try:
        return shape(**{key: _value(key, each, name) for key, each in value.items()})
    except TypeError:
        raise SettingsError(f"FUND_FILE: a value is missing in {name}") from None


def _value(key: str, value: object, name: str) -> Any:
    where = f"{name}.{key}"
    if key == "links":
        return _read(Link, value, where)
    if key == "fictitious" and isinstance(value, bool):
        return value
    if isinstance(value, list):
        return tuple(_department(each, where) if key == "departments" else _text(each, where) for each in value)
    text = _text(value, where)
    if key == "code" and not (_CODE.fullmatch(text) and len(text) <= 40):
        raise SettingsError(f"FUND_FILE: {where} is made of a-z, 0-9 and dashes, 40 at most")
    if key == "url" and text and not _ADDRESS.fullmatch(text):
        raise SettingsError(f"FUND_FILE: {where} is an address in https, a mailto:, a tel: or a path")
    return text


def _each_its_own(codes: list[str], name: str) -> None:
    if len(codes) != len(set(codes)):
        raise SettingsError(f"FUND_FILE: two of the {name} have one code")
    if len(codes) > _MOST_CODES:
        raise SettingsError(f"FUND_FILE: {name} are {_MOST_CODES} at most")


def _department(value: object, where: str) -> str:
    if value not in DEPARTMENTS:
        raise SettingsError(f"FUND_FILE: {where} holds codes of departments (31, 2A, 971)")
    return str(value)


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise SettingsError(f"FUND_FILE: {where} is not a text")
    return value.strip()


def _known(told: Mapping[str, Any], known: set[str], where: str) -> None:
    for name in told:
        if name not in known:
            raise SettingsError(f"FUND_FILE: {where} does not know {name[:40]!r}")
