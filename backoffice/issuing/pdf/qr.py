"""The QR code, as rectangles instead of a picture: sharp at every size, and small."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=8)
def modules(text: str) -> tuple[int, tuple[tuple[int, int, int], ...]]:
    """Modules per side, and each horizontal dark run as (column, row, length), the quiet zone left out."""
    import numpy
    import zxingcpp

    barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    dark = numpy.array(barcode.to_image(scale=1, add_quiet_zones=False), copy=False) == 0
    return len(dark), tuple(_runs(dark.tolist()))


def _runs(rows: list[list[bool]]) -> list[tuple[int, int, int]]:
    runs = []
    for y, row in enumerate(rows):
        start: int | None = None
        for x, is_dark in enumerate([*row, False]):
            if is_dark and start is None:
                start = x
            elif not is_dark and start is not None:
                runs.append((start, y, x - start))
                start = None
    return runs
