"""A picture opened by Pillow, as the one format that its marks say, decoded as far as costs little."""

from __future__ import annotations

from typing import Any, BinaryIO, Final

from PIL import Image, JpegImagePlugin, PngImagePlugin

MOST_PIXELS: Final = 200_000_000
FORMATS: Final = {"image/png": PngImagePlugin.PngImageFile.format, "image/jpeg": JpegImagePlugin.JpegImageFile.format}
_EIGHTH: Final = 8

Image.init()
Image.MAX_IMAGE_PIXELS = None  # looked at before anything is decoded, below


def examine(file: BinaryIO, told: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """`{"refused": code}`, or that it has one page."""
    try:
        with opened(file, told["media_type"]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return {"refused": "pixels"}, b""
            _verify(picture)
    except (OSError, SyntaxError, ValueError, EOFError):
        return {"refused": "damaged"}, b""
    return {"pages": 1}, b""


def opened(file: BinaryIO, media_type: str) -> Image.Image:
    """The picture, of which only the header has been read. Raises OSError where it is none of its type."""
    return Image.open(file, formats=[str(FORMATS[media_type])])


def _verify(picture: Image.Image) -> None:
    if isinstance(picture, JpegImagePlugin.JpegImageFile):
        # It has no checksums: decoding it at an eighth of its size reads it to its end.
        picture.draft("RGB", (picture.width // _EIGHTH, picture.height // _EIGHTH))
        picture.load()
    else:
        picture.verify()
