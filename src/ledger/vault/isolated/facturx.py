"""An electronic invoice in a PDF: Factur-X 1.0 (FNFE-MPE, after EN 16931), the form in which invoices come in France.

It is a PDF/A-3 with one attached file, `factur-x.xml`: data that no reader runs. That alone is let pass.
"""

from __future__ import annotations

from typing import Final
from xml.parsers import expat

import pikepdf

_NAME: Final = "factur-x.xml"
_ROOT: Final = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100 CrossIndustryInvoice"


class _NoInvoice(Exception):
    pass


def set_aside(opened: pikepdf.Pdf) -> None:
    """Take the invoice's data off the PDF in memory, where that is what it is, so that the rest is judged as any PDF.

    The file must be the only one that is attached, bear the name of the standard, and be an invoice by its root. Else
    nothing is changed. What qpdf raises passes.
    """
    attached = [*opened.attachments.values()]
    if len(attached) == 1 and _is_invoice(attached[0]):
        del opened.Root.Names.EmbeddedFiles
        del attached[0].obj.EF


def _is_invoice(attached: pikepdf.AttachedFileSpec) -> bool:
    names = {str(attached.obj[system]) for system in attached.get_all_filenames()}
    files = attached.obj.get("/EF")
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
