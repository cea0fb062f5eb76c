"""Pictures of a document's pages: a PDF's drawn by PDFium, a picture made smaller."""

from __future__ import annotations

import io
from typing import Any, BinaryIO, Final

import pypdfium2
from PIL import ExifTags, Image
from PIL.JpegImagePlugin import JpegImageFile

from ledger.vault.isolated import images

LONGEST_SIDE: Final = 1_400
MOST_BYTES: Final = 2 * 1024 * 1024
_ORIENTATION: Final = ExifTags.Base.Orientation
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_QUARTERS: Final = frozenset({5, 6, 7, 8})
_COLOURS: Final = 128
_MOST_SCALE: Final = 4.0
_MOST_LOADED_PIXELS: Final = 40_000_000

_Told = tuple[dict[str, Any], bytes]


def count(file: BinaryIO, told: dict[str, Any]) -> _Told:
    """`pages`, and of the first `told["most"]` of them the `sizes` of their pictures, in pixels."""
    if told["media_type"] in images.FORMATS:
        with images.opened(file, told["media_type"]) as picture:
            size = picture.size[::-1] if _turn(picture) in _QUARTERS else picture.size
            return {"pages": 1, "sizes": [_fitting(*size, most=1.0)]}, b""
    opened = pypdfium2.PdfDocument(file)
    sizes = [_fitting(*opened.get_page_size(at)) for at in range(min(len(opened), told["most"]))]
    return {"pages": len(opened), "sizes": sizes}, b""


def page(file: BinaryIO, told: dict[str, Any]) -> _Told:
    """The picture of page `told["page"]`, from 1, as a PNG; `{"absent": true}` where there is no such page."""
    if told["media_type"] in images.FORMATS:
        return _shown(_picture(file, told["media_type"])) if told["page"] == 1 else ({"absent": True}, b"")
    opened = pypdfium2.PdfDocument(file)
    if not 1 <= told["page"] <= len(opened):
        return {"absent": True}, b""
    drawn = opened[told["page"] - 1]
    width, height = _fitting(*drawn.get_size())
    picture = drawn.render(scale=width / drawn.get_width(), may_draw_forms=False).to_pil()
    return _shown(picture.crop((0, 0, width, height)))  # PDFium rounds up: the size is as it was told


def _fitting(width: float, height: float, *, most: float = _MOST_SCALE) -> tuple[int, int]:
    scale = min(LONGEST_SIDE / max(width, height, 1), most)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _picture(file: BinaryIO, media_type: str) -> Image.Image:
    picture = images.opened(file, media_type)
    fitting = _fitting(*picture.size, most=1.0)
    picture.draft("RGB", fitting)  # a JPEG is decoded no larger than it must be
    if picture.width * picture.height > _MOST_LOADED_PIXELS:
        raise MemoryError
    whole = picture.convert("RGB")
    if picture.has_transparency_data:  # what is not painted is paper
        shown = picture.convert("RGBA")
        whole = Image.new("RGB", picture.size, "white")
        whole.paste(shown, mask=shown)
    smaller = whole.resize(fitting, Image.Resampling.BILINEAR, reducing_gap=2.0)
    turn = _TURNS.get(_turn(picture))
    return smaller if turn is None else smaller.transpose(turn)


def _turn(picture: Image.Image) -> int:
    """How a telephone was held, which it writes beside the picture; 1 is upright. Of a PNG it would cost a decoding."""
    return int(picture.getexif().get(_ORIENTATION, 1)) if isinstance(picture, JpegImageFile) else 1


def _shown(picture: Image.Image) -> _Told:
    """As a PNG of at most 2 MiB: where it is more, with fewer colours, then smaller."""
    picture = picture.convert("RGB")
    written = _png(picture)
    while len(written) > MOST_BYTES:
        written = _png(picture.quantize(_COLOURS, Image.Quantize.FASTOCTREE))
        picture = picture.reduce(2)
    return {"size": _size(written)}, written


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _size(written: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(written), formats=["PNG"]) as picture:
        return picture.size
