"""An electronic invoice in a PDF: Factur-X 1.0 (FNFE-MPE, after EN 16931), the form in which invoices come in France.

It is a PDF/A-3 with one attached file, `factur-x.xml`: data that no reader runs. That alone is let pass.
"""

from __future__ import annotations

from typing import Any, Final
from xml.parsers import expat

import pikepdf

_NAME: Final = "factur-x.xml"
_SYSTEMS: Final = frozenset({"/F", "/UF", "/Unix", "/Mac", "/DOS"})
_DEEPEST: Final = 8
_ROOT: Final = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100 CrossIndustryInvoice"


class _NoInvoice(Exception):
    pass


def set_aside(opened: pikepdf.Pdf) -> None:
    """Take the invoice's data off the PDF in memory, where that is what it is, so that the rest is judged as any PDF.

    The file must be the only one that is attached, bear the name of the standard, and be an invoice by its root. Else
    nothing is changed. What qpdf raises passes.
    """
    names = opened.Root.get("/Names")
    if not isinstance(names, pikepdf.Dictionary) or "/EmbeddedFiles" not in names:
        return
    attached = _only_one(names.EmbeddedFiles)
    if attached is not None and _is_invoice(attached):
        del attached.EF
        # All else in the tree is still judged.
        opened.make_indirect(names.EmbeddedFiles)
        del names.EmbeddedFiles


def _only_one(tree: Any) -> pikepdf.Dictionary | None:
    """The one file of a name tree (ISO 32000-2, 7.9.6), as written: qpdf's own reader drops what is there twice."""
    for _ in range(_DEEPEST):
        kids = tree.get("/Kids") if isinstance(tree, pikepdf.Dictionary) else None
        if not isinstance(kids, pikepdf.Array) or len(kids) != 1:
            break
        [tree] = kids
    held = tree.get("/Names") if isinstance(tree, pikepdf.Dictionary) and "/Kids" not in tree else None
    if not isinstance(held, pikepdf.Array) or len(held) != 2:
        return None
    return held[1] if isinstance(held[1], pikepdf.Dictionary) else None


def _is_invoice(attached: pikepdf.Dictionary) -> bool:
    names = {str(attached[system]) for system in _SYSTEMS & attached.keys()}
    files = attached.get("/EF")
    if names != {_NAME} or not isinstance(files, pikepdf.Dictionary):
        return False
    # One name for every system may stand before another content for each of them.
    contents = [*files.values()]
    if not all(isinstance(each, pikepdf.Stream) for each in contents) or len({each.objgen for each in contents}) != 1:
        return False
    try:
        return _root(contents[0].read_bytes()) == _ROOT
    except (expat.ExpatError, _NoInvoice, LookupError):
        return False


def _root(content: bytes) -> str:
    """The name of the root of a well-formed document without a DTD, which may declare entities and files elsewhere."""
    roots: list[str] = []

    def begin(name: str, _attributes: dict[str, str]) -> None:
        roots.append(name)
        parser.StartElementHandler = None

    def declared(*_: object) -> None:
        raise _NoInvoice

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = begin
    parser.StartDoctypeDeclHandler = declared
    parser.Parse(content, True)
    return roots[0]
