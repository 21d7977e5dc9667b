"""Logos: files of strangers, read within bounds and encoded anew.

What is kept is never what was sent: whatever else a file carried (scripts, places, another file
behind the picture) ends here.
"""

from io import BytesIO

from PIL import Image, ImageOps

from partners.errors import (
    LogoIsADrawingError,
    LogoTooLargeError,
    LogoTooManyPixelsError,
    LogoUnreadableError,
)
from partners.rules import LOGO_POLICY

FORMATS = ("PNG", "JPEG", "WEBP")  # by content, whatever the file is called
CONTENT_TYPE = "image/webp"
QUALITY = 90
LOOKED_AT = 1024  # bytes in which an SVG names itself


def as_logo(file: bytes) -> bytes:
    """The picture as a square WebP with a clear ground around it.

    Raises LogoTooLargeError, LogoIsADrawingError, LogoTooManyPixelsError, LogoUnreadableError.
    """
    if len(file) > LOGO_POLICY.bytes_at_most:
        raise LogoTooLargeError
    if b"<svg" in file[:LOOKED_AT].lower():
        raise LogoIsADrawingError
    return _encoded(_in_a_square(_decoded(file)))


def _decoded(file: bytes) -> Image.Image:
    try:
        picture = Image.open(BytesIO(file), formats=FORMATS)  # reads the header only
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise LogoTooManyPixelsError from bomb
    except Exception as error:
        raise LogoUnreadableError from error
    if picture.width * picture.height > LOGO_POLICY.pixels_at_most:
        raise LogoTooManyPixelsError
    try:
        return ImageOps.exif_transpose(picture).convert("RGBA")
    except Exception as error:
        raise LogoUnreadableError from error


def _in_a_square(picture: Image.Image) -> Image.Image:
    """Shrunk to fit, never stretched, in the middle."""
    side = LOGO_POLICY.side
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    square = Image.new("RGBA", (side, side), (255, 255, 255, 0))
    square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    return square


def _encoded(picture: Image.Image) -> bytes:
    out = BytesIO()
    picture.save(out, "WEBP", quality=QUALITY, method=4)
    return out.getvalue()
