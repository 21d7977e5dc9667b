"""Badges: a rank, its year, and where to check it. Drawn once as SVG; PNG is the same drawing."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache

import resvg_py
from django.template.loader import render_to_string
from django.utils.html import escape

from portal.lib import fonts


class Theme(StrEnum):
    LIGHT = "light"
    DARK = "dark"


# Widths in pixels; the height follows from the drawing (280 × 96).
SIZES = (280, 560, 1120)
WIDTH, HEIGHT = 280, 96


@dataclass(frozen=True, slots=True)
class Colours:
    """What a theme paints with."""

    ground: str
    edge: str
    text: str
    soft: str
    frond: str
    faint: str
    accent: str


COLOURS = {
    Theme.LIGHT: Colours(
        "#fbfaf5", "#d9d6c8", "#17221c", "#4d5a52", "#1f6b4a", "#cfd8cf", "#a85a12"
    ),
    Theme.DARK: Colours(
        "#15201a", "#33433a", "#f2f1ea", "#b3beb6", "#6fc79b", "#2c3b33", "#f0b060"
    ),
}


@dataclass(frozen=True, slots=True)
class Badge:
    """What a badge says."""

    rank: str
    level: int
    levels: int
    year: int
    programme: str
    check_at: str  # the verification page, without the scheme
    revoked_on: date | None = None  # then it says this instead of the rank


def embedded(
    *, verify_url: str, image_urls: dict[Theme, str], alt: str, theme: Theme | None = None
) -> str:
    """The HTML that shows the badge on somebody's page; without a theme, in the one of its reader.

    It is text to be copied, escaped once; a page that shows it escapes it again.
    """
    shown = escape(image_urls[theme or Theme.LIGHT])
    image = f'<img src="{shown}" alt="{escape(alt)}" width="{WIDTH}" height="{HEIGHT}">'
    if theme is None:
        dark = escape(image_urls[Theme.DARK])
        source = f'<source media="(prefers-color-scheme: dark)" srcset="{dark}">'
        image = f"<picture>{source}{image}</picture>"
    return f'<a href="{escape(verify_url)}">{image}</a>'


@lru_cache(maxsize=512)
def as_svg(badge: Badge, theme: Theme) -> str:
    """The badge as SVG, with a title that says it in words."""
    return render_to_string("partners/badge.svg", {"badge": badge, "colours": COLOURS[theme]})


@lru_cache(maxsize=256)
def as_png(badge: Badge, theme: Theme, width: int) -> bytes:
    """The same drawing as PNG, that many pixels wide."""
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=as_svg(badge, theme),
            width=width,
            font_files=fonts.families("figtree"),
            skip_system_fonts=True,
        )
    )
