"""Files as somebody with bad intentions hands them in, and their harmless likes; each is made here, none is kept."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String
from PIL import Image

from gateway.generator.pdf import one_page

PLAIN_PDF = one_page(["Facture fictive"])
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2048)
EICAR = (r"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*").encode()
"""The harmless text that every scanner knows, in two halves: else scanners would take this repository for infected."""


# PDF


def pdf(change: Callable[[pikepdf.Pdf], object] | None = None, **saved: Any) -> bytes:
    """A PDF of one page, changed, as qpdf writes it."""
    written = io.BytesIO()
    with pikepdf.open(io.BytesIO(PLAIN_PDF)) as made:
        if change is not None:
            change(made)
        made.save(written, **saved)
    return written.getvalue()


SCRIPT = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))


def with_action(action: Dictionary, **saved: Any) -> bytes:
    """A PDF that does it when it is opened."""
    return pdf(lambda made: made.Root.__setitem__("/OpenAction", action), **saved)


def with_annotation(**annotation: Any) -> bytes:
    def change(made: pikepdf.Pdf) -> None:
        box = Dictionary(Type=Name.Annot, Rect=Array([0, 0, 10, 10]), **annotation)
        made.pages[0].Annots = Array([made.make_indirect(box)])

    return pdf(change)


def with_attachment() -> bytes:
    def change(made: pikepdf.Pdf) -> None:
        made.attachments["programme.exe"] = b"MZ"

    return pdf(change)


INVOICE = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"/>'
)


def factur_x(
    *,
    name: str = "factur-x.xml",
    content: bytes = INVOICE,
    change: Callable[[pikepdf.Pdf, pikepdf.Object], object] = lambda *_: None,
    **saved: Any,
) -> bytes:
    """An invoice with its data attached as Factur-X 1.0 says, or nearly: `change` is given the file's specification."""

    def attach(made: pikepdf.Pdf) -> None:
        made.attachments[name] = pikepdf.AttachedFileSpec(
            made, content, filename=name, mime_type="text/xml", relationship=Name.Data
        )
        specification = made.attachments[name].obj
        made.Root.AF = Array([specification])
        change(made, specification)

    return pdf(attach, **saved)


def false_invoices() -> dict[str, bytes]:
    """What is attached as an invoice's data is, and is none, or is not all that acts."""
    doctype = INVOICE.replace(b"<rsm", b'<!DOCTYPE x [<!ENTITY a "a">]><rsm', 1)

    def attach_more(made: pikepdf.Pdf, _: pikepdf.Object) -> None:
        made.attachments["annexe.xml"] = INVOICE

    def write_elsewhere(made: pikepdf.Pdf, specification: pikepdf.Object) -> None:
        specification.EF.UF = Stream(made, b"MZ")

    def name_otherwise(_: pikepdf.Pdf, specification: pikepdf.Object) -> None:
        specification.UF = String("facture.exe")

    def attach_to_page(made: pikepdf.Pdf, _: pikepdf.Object) -> None:
        file = Dictionary(F=String("a.exe"), EF=Dictionary(F=Stream(made, b"MZ")))
        note = Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, Rect=Array([0, 0, 10, 10]), FS=file)
        made.pages[0].Annots = Array([made.make_indirect(note)])

    def hold_another(made: pikepdf.Pdf, _: pikepdf.Object) -> None:
        made.Root.AF.append(made.make_indirect(Dictionary(F=String("b.exe"), EF=Dictionary(F=Stream(made, b"MZ")))))

    def hold_nothing(_: pikepdf.Pdf, specification: pikepdf.Object) -> None:
        specification.EF = Dictionary(F=String("rien"))

    def hide_behind_the_name(made: pikepdf.Pdf, specification: pikepdf.Object) -> None:
        other = Dictionary(F=String("factur-x.xml"), EF=Dictionary(F=Stream(made, b"MZ")))
        entries = Array([String("factur-x.xml"), other, String("factur-x.xml"), specification])
        made.Root.Names.EmbeddedFiles = Dictionary(Names=entries)

    def act(made: pikepdf.Pdf, _: pikepdf.Object) -> None:
        made.Root.OpenAction = SCRIPT

    return {
        "another-name": factur_x(name="facture.xml"),
        "a-program": factur_x(content=b"MZ" + bytes(64)),
        "cut": factur_x(content=INVOICE[:-4]),
        "another-document": factur_x(content=b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        "entities": factur_x(content=doctype),
        "nothing": factur_x(content=b""),
        "two-files": factur_x(change=attach_more),
        "two-contents": factur_x(change=write_elsewhere),
        "two-names": factur_x(change=name_otherwise),
        "no-content": factur_x(change=hold_nothing),
        "one-on-a-page": factur_x(change=attach_to_page),
        "one-beside": factur_x(change=hold_another),
        "one-behind-the-name": factur_x(change=hide_behind_the_name),
        "script": factur_x(change=act),
    }


def with_form_of_xml() -> bytes:
    return pdf(lambda made: made.Root.__setitem__("/AcroForm", Dictionary(XFA=Stream(made, b"<xdp/>"), Fields=Array())))


def by_reference() -> bytes:
    """The name of the action stands in an object of its own."""
    return pdf(
        lambda made: made.Root.__setitem__(
            "/OpenAction", Dictionary(S=made.make_indirect(Name.Launch), F=String("calc.exe"))
        )
    )


def spelled_otherwise() -> bytes:
    """`/JavaScript` and `/JS` written with codes for letters (ISO 32000-2, 7.3.5)."""
    return with_action(SCRIPT, static_id=True).replace(b"/JavaScript", b"/J#61vaScript").replace(b"/JS", b"/#4a#53")


def deep() -> bytes:
    """A script below a hundred arrays."""
    held: Any = Array([SCRIPT])
    for _ in range(110):
        held = Array([held])
    return with_action(Dictionary(S=Name.GoTo, D=held))


def without_pages() -> bytes:
    return pdf(lambda made: made.pages.__delitem__(0))


def unfolding(mebibytes: int) -> bytes:
    """A PDF whose objects stand in a stream that unfolds to this many mebibytes: to read any is to unfold it."""
    start = b"6 0 << /Length 0 >> "
    spaces = b" " * (1 << 20)
    packer = zlib.compressobj(9)
    body = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    # After a full flush nothing refers back: the same block may be written again and again.
    body += (packer.compress(spaces) + packer.flush(zlib.Z_FULL_FLUSH)) * mebibytes
    checksum = zlib.adler32(start)
    for _ in range(mebibytes):
        checksum = zlib.adler32(spaces, checksum)
    body += b"\x03\x00" + struct.pack(">L", checksum)
    stream = b"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>" % len(body)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Held 6 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
        stream + b"\nstream\n" + body + b"\nendstream",
    ]
    written = bytearray(b"%PDF-1.5\n")
    entries = [struct.pack(">BIH", 0, 0, 65535)]
    for number, content in enumerate(objects, start=1):
        entries.append(struct.pack(">BIH", 1, len(written), 0))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    entries += [struct.pack(">BIH", 1, len(written), 0), struct.pack(">BIH", 2, 4, 0)]
    table = b"".join(entries)
    at = len(written)
    head = b"<< /Type /XRef /Size 7 /W [1 4 2] /Root 1 0 R /Length %d >>" % len(table)
    written += b"5 0 obj\n" + head + b"\nstream\n" + table + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % at
    return bytes(written)


# Office documents

TYPES = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"></Types>'
WORD_MEMBERS: Mapping[str, bytes] = {
    "[Content_Types].xml": TYPES.encode(),
    "_rels/.rels": b"<Relationships/>",
    "word/document.xml": b"<w:document>Bonjour</w:document>",
}


def archive(members: Mapping[str, bytes], *, first: tuple[str, bytes] | None = None) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as made:
        if first is not None:
            made.writestr(zipfile.ZipInfo(first[0]), first[1])
        for name, content in members.items():
            # Without the hour of the run: the same members are the same bytes.
            made.writestr(zipfile.ZipInfo(name), content, compress_type=zipfile.ZIP_DEFLATED)
    return written.getvalue()


def word(more: Mapping[str, bytes] | None = None) -> bytes:
    return archive({**WORD_MEMBERS, **(more or {})})


def sheet(more: Mapping[str, bytes] | None = None) -> bytes:
    return archive(
        {
            "[Content_Types].xml": TYPES.encode(),
            "_rels/.rels": b"<Relationships/>",
            "xl/workbook.xml": b"<w/>",
            **(more or {}),
        }
    )


def writer(more: Mapping[str, bytes] | None = None) -> bytes:
    kind = ("mimetype", b"application/vnd.oasis.opendocument.text")
    return archive({"content.xml": b"<o/>", **(more or {})}, first=kind)


def with_lying_sizes() -> bytes:
    """A member of a mebibyte that is announced as one of ten bytes, in both places where it is."""
    made = bytearray(word({"word/large.xml": bytes(1 << 20)}))
    header, entry = made.index(b"word/large.xml") - 30, made.rindex(b"word/large.xml") - 46
    for at in (header + 22, entry + 24):
        assert struct.unpack("<L", made[at : at + 4]) == (1 << 20,)
        made[at : at + 4] = struct.pack("<L", 10)
    return bytes(made)


def overlapping() -> bytes:
    """Two names of the directory lead to the same bytes, as in a bomb of a hundred thousand of them."""
    made = bytearray(word({"word/a.xml": b"a" * 100, "word/b.xml": b"b" * 100}))
    of_a, of_b = (made.index(b"PK\x03\x04", made.index(name) - 30) for name in (b"word/a.xml", b"word/b.xml"))
    entry = made.rindex(b"word/b.xml") - 46
    made[entry + 42 : entry + 46] = struct.pack("<L", of_a)
    assert of_a < of_b
    return bytes(made)


def locked() -> bytes:
    """A member said to be encrypted."""
    made = bytearray(word())
    at = made.index(b"PK\x01\x02")
    made[at + 8] |= 1
    return bytes(made)


# Pictures


def picture(kind: str = "PNG", size: tuple[int, int] = (60, 40)) -> bytes:
    written = io.BytesIO()
    Image.radial_gradient("L").resize(size).convert("RGB").save(written, kind)
    return written.getvalue()


def vast_png(side: int) -> bytes:
    """A PNG of a few bytes that says it is this many points wide and high."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">L", len(content)) + kind + content + struct.pack(">L", zlib.crc32(kind + content))

    head = chunk(b"IHDR", struct.pack(">LLBBBBB", side, side, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


@dataclass(frozen=True)
class Bad:
    """A file that is refused, and a word of the sentence that says why."""

    name: str
    content: bytes
    told: str


def bad_files() -> dict[str, Bad]:
    """Each kind of content that may not come in, by what it is called."""
    exe = b"MZ\x90\x00" + bytes(100)
    pieces = {
        "empty": Bad("vide.pdf", b"", "vide"),
        "scanners-own-test": Bad("eicar.pdf", EICAR, "acceptés"),
        "scanners-own-test-packed": Bad("eicar.docx", archive({"eicar.com": EICAR}), "acceptés"),
        "program": Bad("facture.pdf", exe, "acceptés"),
        "page-with-script": Bad("facture.pdf", b"<html><script>1</script></html>", "acceptés"),
        "lying-ending": Bad("facture.docx", PLAIN_PDF, "« .docx »"),
        "program-by-name": Bad("facture.exe", PLAIN_PDF, "« .exe »"),
        "pdf-and-archive": Bad("facture.pdf", PLAIN_PDF + word(), "deux types"),
        "pdf-and-empty-archive": Bad("facture.pdf", PLAIN_PDF + b"PK\x05\x06" + bytes(18), "deux types"),
        "pdf-after-a-line": Bad("facture.pdf", b"\n" + PLAIN_PDF, "acceptés"),
        "png-and-pdf": Bad("photo.png", picture() + PLAIN_PDF, "deux types"),
        "jpeg-and-archive": Bad("photo.jpg", picture("JPEG") + word(), "deux types"),
        "archive-of-anything": Bad("tout.docx", archive({"a.txt": b"a"}), "acceptés"),
        "archive-bomb": Bad("plan.docx", word({"word/large.xml": bytes(8 << 20)}), "démesurément"),
        "archive-that-lies": Bad("plan.docx", with_lying_sizes(), "démesurément"),
        "overlapping-archive": Bad("plan.docx", overlapping(), "abîmé"),
        "nested-archive": Bad("plan.docx", word({"word/media/a.png": archive({"a": b"a"})}), "un par un"),
        "nested-archive-by-name": Bad("plan.docx", word({"word/a.zip": b"a"}), "un par un"),
        "nested-twice": Bad("plan.docx", word({"word/embeddings/a.xlsx": sheet({"b.xlsx": sheet()})}), "un par un"),
        "macros": Bad("plan.docx", word({"word/vbaProject.bin": OLE}), "macros"),
        "macros-of-another-name": Bad(
            "plan.xlsx", archive({"[Content_Types].xml": b"macroEnabled", "xl/workbook.xml": b""}), "macros"
        ),
        "macros-within": Bad("plan.docx", word({"word/embeddings/a.xlsx": sheet({"xl/vbaData.xml": b""})}), "macros"),
        "macros-of-odt": Bad("plan.odt", writer({"Basic/Standard/script-lb.xml": b"<x/>"}), "macros"),
        "embedded-object": Bad("plan.docx", word({"word/embeddings/oleObject1.bin": OLE}), "incorporé"),
        "embedded-program": Bad("plan.xlsx", sheet({"xl/media/image1.png": exe}), "incorporé"),
        "entities": Bad("plan.docx", word({"word/x.xml": b'<!DOCTYPE a [<!ENTITY a "aa">]><a/>'}), "démesurément"),
        "locked-archive": Bad("plan.docx", locked(), "mot de passe"),
        "vast-picture": Bad("photo.png", vast_png(60_000), "trop de points"),
        "cut-jpeg": Bad("photo.jpg", picture("JPEG", (800, 600))[:-4000], "abîmé"),
        "broken-png": Bad("photo.png", picture()[:-20] + bytes(8) + picture()[-12:], "abîmé"),
        "locked-pdf": Bad("a.pdf", pdf(encryption=pikepdf.Encryption(user="secret", owner="autre")), "mot de passe"),
        "not-a-pdf": Bad("a.pdf", b"%PDF-1.7\n" + b"rien du tout\n" * 40, "abîmé"),
        "pdf-without-pages": Bad("a.pdf", without_pages(), "aucune page"),
    }
    return pieces | {f"pdf-{name}": Bad("a.pdf", content, "actif") for name, content in active_pdfs().items()}


def active_pdfs() -> dict[str, bytes]:
    """What a PDF may do by itself, or carry; each of them opens as a PDF of one page."""
    packed = {"object_stream_mode": pikepdf.ObjectStreamMode.generate}
    return {
        "script": with_action(SCRIPT),
        "script-in-a-packed-object": with_action(SCRIPT, **packed),
        "script-spelled-otherwise": spelled_otherwise(),
        "script-deep-within": deep(),
        "script-among-names": pdf(
            lambda made: made.Root.__setitem__("/Names", Dictionary(JavaScript=Dictionary(Names=Array(["a", SCRIPT]))))
        ),
        "script-behind-a-lock-without-a-word": with_action(SCRIPT, encryption=pikepdf.Encryption(owner="a", user="")),
        "launch": with_action(Dictionary(S=Name.Launch, F=String("calc.exe"))),
        "launch-by-reference": by_reference(),
        "submit": with_annotation(Subtype=Name.Link, A=Dictionary(S=Name.SubmitForm, F=String("https://example.org"))),
        "attachment": with_attachment(),
        "attached-to-a-page": with_annotation(Subtype=Name.FileAttachment),
        "film": with_annotation(Subtype=Name.RichMedia),
        "form-of-xml": with_form_of_xml(),
    }


def good_files() -> dict[str, tuple[str, bytes]]:
    """Harmless ones that look a little like the others."""
    link = Dictionary(S=Name.URI, URI=String("https://example.org/JavaScript"))
    return {
        "pdf": ("a.pdf", PLAIN_PDF),
        "pdf-in-capitals": ("A.PDF", PLAIN_PDF),
        "pdf-without-ending": ("Contrat n° 12", PLAIN_PDF),
        "pdf-of-a-person": ("Attestation M.Dupont", PLAIN_PDF),
        "pdf-that-speaks-of-scripts": ("a.pdf", pdf(lambda made: made.docinfo.__setitem__("/Title", "le (/JS) ici"))),
        "pdf-with-a-link": ("a.pdf", with_annotation(Subtype=Name.Link, A=link)),
        "pdf-that-opens-at-a-page": ("a.pdf", with_action(Dictionary(S=Name.GoTo, D=Array([0, Name.Fit])))),
        "pdf-not-to-be-printed": ("a.pdf", pdf(encryption=pikepdf.Encryption(owner="a", user=""))),
        "pdf-with-something-after": ("a.pdf", PLAIN_PDF + b"% PK\x05\x06 et la suite\n" * 30),
        "pdf-with-a-broken-table": ("a.pdf", PLAIN_PDF.replace(b"startxref\n", b"startxref\n9")),
        "png": ("photo.png", picture()),
        "jpeg": ("photo.JPEG", picture("JPEG")),
        "docx": ("a.docx", word()),
        "docx-with-a-chart": ("a.docx", word({"word/embeddings/Feuille.xlsx": sheet()})),
        "docx-with-a-drawing": ("a.docx", word({"word/media/image1.emz": b"\x1f\x8b\x08" + bytes(40)})),
        "docx-with-letters-of-others": ("a.docx", word({"word/été.xml": b"<x/>"})),
        "xlsx": ("a.xlsx", sheet()),
        "odt": ("a.odt", writer()),
    }
