"""A PDF opened by qpdf (pikepdf): whether it opens, has pages, and holds anything that acts (ISO 32000-2)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import pikepdf

from ledger.vault.isolated import facturx

_MOST_OBJECTS: Final = 2_000_000
_DEEPEST: Final = 100

_ACTING_KEYS: Final = frozenset({"/JS", "/JavaScript", "/XFA", "/RichMedia", "/EmbeddedFiles", "/EF"})
_ACTIONS: Final = frozenset(
    {f"/{name}" for name in ("JavaScript", "Launch", "SubmitForm", "ImportData", "GoToE", "RichMediaExecute")}
    | {"/Rendition", "/Movie", "/Sound"}
)
_ACTING_ANNOTATIONS: Final = frozenset({"/FileAttachment", "/3D", "/Movie", "/Sound", "/RichMedia", "/Screen"})
_NAMES: Final = sorted(_ACTING_KEYS | _ACTIONS | _ACTING_ANNOTATIONS)
_UNSEEN: Final = re.compile(r"error decoding stream data|bad_alloc|unfilterable")
_HINT: Final = re.compile(b"(?:" + b"|".join(re.escape(name.encode()) for name in _NAMES) + rb")(?![A-Za-z0-9])")


def prepare() -> None:
    """What qpdf opens once in a process (the kernel's random numbers, for its ciphers): a child may open nothing."""
    written = io.BytesIO()
    with pikepdf.new() as made:
        made.add_blank_page()
        made.save(written, encryption=pikepdf.Encryption(user="", owner="nobody"))
    with pikepdf.open(written):
        pass


def examine(file: BinaryIO, told: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """`{"refused": code}`, or the number of pages; with `told["active"]` what acts is let pass, with `told["invoice"]`
    the data of an electronic invoice.
    """
    try:
        with pikepdf.open(file) as opened:
            if told.get("invoice"):
                facturx.set_aside(opened)
            return _judged(opened, active=told["active"]), b""
    except pikepdf.PasswordError:
        return {"refused": "encrypted"}, b""
    except pikepdf.PdfError:
        return {"refused": "damaged"}, b""


def _judged(opened: pikepdf.Pdf, *, active: bool) -> dict[str, Any]:
    pages = len(opened.pages)
    if not pages:
        return {"refused": "no-pages"}
    if not active and any(_acts(each) for each in _objects(opened)):
        return {"refused": "active"}
    # Objects that could not be unpacked were not looked at: another reader, with more memory, may see them.
    if any(_UNSEEN.search(warning) for warning in opened.get_warnings()):
        return {"refused": "damaged"}
    return {"pages": pages}


def _objects(opened: pikepdf.Pdf) -> Iterator[Any]:
    yield opened.trailer
    objects = opened.objects
    if len(objects) > _MOST_OBJECTS:
        raise pikepdf.PdfError
    for each in objects:
        yield each.stream_dict if isinstance(each, pikepdf.Stream) else each


def _acts(found: Any) -> bool:
    # As written by qpdf, names have one spelling whatever the file's. Most objects end here: walking each in Python
    # would cost seconds for a large file. A hint may stand inside of a text, hence the walk.
    if not isinstance(found, pikepdf.Object) or not _HINT.search(found.unparse(resolved=True)):
        return False
    # A name that stands alone is somebody's value by reference, where no program writes one: to hide it.
    return isinstance(found, pikepdf.Name) or _acts_within(found, 0)


def _acts_within(found: Any, depth: int) -> bool:
    """In the object itself and the direct ones in it: those it refers to are looked at in their turn."""
    if depth > _DEEPEST:
        return True
    if isinstance(found, pikepdf.Array):
        return any(_acts_within(each, depth + 1) for each in found if not _is_elsewhere(each))
    if not isinstance(found, pikepdf.Dictionary):
        return False
    entries = dict(found.items())
    if _ACTING_KEYS & entries.keys():
        return True
    if _name(entries.get("/S")) in _ACTIONS or _name(entries.get("/Subtype")) in _ACTING_ANNOTATIONS:
        return True
    return any(_acts_within(each, depth + 1) for each in entries.values() if not _is_elsewhere(each))


def _is_elsewhere(found: Any) -> bool:
    return isinstance(found, pikepdf.Object) and found.is_indirect


def _name(found: Any) -> str | None:
    return str(found) if isinstance(found, pikepdf.Name) else None
