"""What the end of a file's name says it is, held against what it is.

Who downloads a file opens it by its name: one that is called a program, or a page with scripts, is not handed on under
that name, whatever it holds. A name without an ending that means something ("annexe 3.2", "M.Dupont") says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.kit.errors import Invalid

MEANT: Final[Mapping[str, str]] = {
    "pdf": "application/pdf",
    "png": "image/png",
    **dict.fromkeys(("jpg", "jpeg", "jpe", "jfif"), "image/jpeg"),
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "odt": "application/vnd.oasis.opendocument.text",
}
"""The endings of the types that are taken."""

_OTHER_ENDINGS: Final = (
    "7z apk app asp aspx bat bmp bz2 cab chm cmd com cpl csv dll dmg doc docm dot dotm dotx eml emf exe gif gz hta htm "
    "html ico img ini iso jar js jse json jsp lnk mht mhtml mp3 mp4 msg msi msp ods odp pages php pif pl ppt pptm pptx "
    "ps ps1 py rar reg rtf scr sh svg swf tar tgz tif tiff txt url vb vbe vbs webp wsf wsh xhtml xht xla xlam xls xlsb "
    "xlsm xlt xltm xml xps xsl xz zip"
)
_OTHERS: Final = frozenset(_OTHER_ENDINGS.split())


def check_ending(name: str, kind: str, *, field: str = "file") -> None:
    """Invalid where `name` ends as a file of another type does."""
    ending = name.rpartition(".")[2].strip().casefold() if "." in name else ""
    meant = MEANT.get(ending)
    if meant == kind or (meant is None and ending not in _OTHERS):
        return
    content = next(known for known, of in MEANT.items() if of == kind).upper()
    raise Invalid(field=field, rule=f"Le nom du fichier dit « .{ending} », mais son contenu est de type {content}.")
