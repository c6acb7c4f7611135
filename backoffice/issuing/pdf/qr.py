"""The QR code, as rectangles instead of a picture: sharp at every size, and small."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

_DARK = re.compile(rb"\x00+")


@lru_cache(maxsize=8)
def modules(text: str) -> tuple[int, tuple[tuple[int, int, int], ...]]:
    """Modules per side, and each horizontal dark run as (column, row, length), the quiet zone left out."""
    import zxingcpp

    barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    image: Any = barcode.to_image(scale=1, add_quiet_zones=False)  # a buffer of one byte a module, black or white
    side, shades = image.shape[0], bytes(memoryview(image))
    rows = (shades[start : start + side] for start in range(0, side * side, side))
    spans = ((y, map(re.Match.span, _DARK.finditer(row))) for y, row in enumerate(rows))
    return side, tuple([(start, y, stop - start) for y, found in spans for start, stop in found])
