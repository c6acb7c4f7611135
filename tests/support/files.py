"""Small files of the kinds a customer may enclose, made by the libraries people use."""

from __future__ import annotations

import io
from functools import cache

from fpdf import FPDF
from PIL import Image


@cache
def pdf() -> bytes:
    """A PDF of one page."""
    document = FPDF()
    document.add_page()
    return bytes(document.output())


@cache
def picture(kind: str) -> bytes:
    """A picture of 20 by 10 pixels, `kind` as Pillow calls it: PNG, JPEG, GIF, WEBP."""
    held = io.BytesIO()
    Image.new("RGB", (20, 10), "teal").save(held, kind)
    return held.getvalue()
