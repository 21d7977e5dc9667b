"""Pictures, as people upload them."""

from io import BytesIO
from typing import Any

from PIL import Image


def picture(
    *,
    width: int = 400,
    height: int = 200,
    kind: str = "PNG",
    mode: str = "RGB",
    colour: Any = "#1d5b3d",
    **options: Any,
) -> bytes:
    """A plain picture of that size, as a file."""
    out = BytesIO()
    Image.new(mode, (width, height), colour).save(out, kind, **options)
    return out.getvalue()
