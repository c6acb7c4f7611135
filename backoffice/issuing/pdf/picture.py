"""The seller's logo as a document embeds it: the packed pixels of the stored PNG are a stream of the PDF as they are.

`issuing.services.logos` stores only what fits: RGB, eight bits, not interlaced, no alpha. So nothing is unpacked to
draw a logo, and its bytes in the document depend on no library.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import NamedTuple

from backoffice import storage
from backoffice.errors import N_, Message, NotFound, Unavailable

# Points that a logo may take, and the most it is enlarged: below 150 pixels an inch it would look unsharp on paper.
BOX_WIDTH, BOX_HEIGHT = 150.0, 38.0
_LARGEST_PIXEL = 72 / 150

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGB = bytes((8, 2, 0, 0, 0))  # depth, colour type, and the usual packing, filtering and order of rows


class Picture(NamedTuple):
    """RGB pixels, filtered as PNG does and deflated (PNG, 9 and 10; ISO 32000-1, 7.4.4.4)."""

    width: int
    height: int
    pixels: bytes

    @property
    def size(self) -> tuple[float, float]:
        """Width and height on paper in points, in proportion."""
        scale = min(BOX_WIDTH / self.width, BOX_HEIGHT / self.height, _LARGEST_PIXEL)
        return self.width * scale, self.height * scale


def parse(png: bytes) -> Picture:
    """The picture in a PNG of the one kind that is stored. Raises ValueError for any other file."""
    if not png.startswith(_SIGNATURE) or png[12:16] != b"IHDR" or png[24:29] != _RGB:
        raise ValueError("no PNG of eight bits RGB")
    width, height = struct.unpack_from(">II", png, 16)
    position, pixels = len(_SIGNATURE), []
    while position + 12 <= len(png):
        length, kind = struct.unpack_from(">I4s", png, position)
        if kind == b"IDAT":
            pixels.append(png[position + 8 : position + 8 + length])
        position += 12 + length
    if not width or not height or not pixels:
        raise ValueError("a PNG without pixels")
    return Picture(width, height, b"".join(pixels))


@lru_cache(maxsize=8)
def logo(sha256: str) -> Picture:
    """The logo with this hash, read from the store once per process. Raises Unavailable where it is gone or damaged."""
    try:
        return parse(storage.get(sha256))
    except (NotFound, ValueError) as error:
        told = N_("The seller's logo is not in the document store. Put it back from a backup, then try again.")
        raise Unavailable(Message(told), code="logo-missing") from error
