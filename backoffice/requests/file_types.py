"""What a file is, by its content: never by its name, never by what the browser says.

Nothing is decoded or executed here. A file that only begins like one of the kinds is none: its structure is followed
far enough to know that a viewer finds a document in it.
"""

from __future__ import annotations

import re
import struct
import zlib

EXTENSIONS = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}

_PNG = b"\x89PNG\r\n\x1a\n"
_LARGEST_SIDE = 30_000  # pixels: beyond it a picture is a trap for whoever opens it
_START_XREF = re.compile(rb"startxref\s+([0-9]{1,10})\s+%%EOF")
# ISO 32000-1, 7.5.4 and 7.5.8: the offset leads to a table or to the object of a stream.
_XREF = re.compile(rb"\s*(xref\b|[0-9]+\s+[0-9]+\s+obj\b)")
_TAIL = 2048
_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
# Start of frame; C4, C8 and CC among them are other segments (ITU T.81, table B.1).
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = {0x01, *range(0xD0, 0xD8)}  # segments without a length


def media_type(content: bytes) -> str | None:
    """The media type of a PDF, PNG or JPEG that is whole; None for everything else."""
    if content.startswith(b"%PDF-"):
        return "application/pdf" if _is_pdf(content) else None
    if content.startswith(_PNG):
        return "image/png" if _is_png(content) else None
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg" if _is_jpeg(content) else None
    return None


def _is_pdf(content: bytes) -> bool:
    """A version in the header, and at the end the way to a cross-reference table that is there."""
    if re.match(rb"%PDF-[12]\.[0-9]", content) is None:
        return False
    found = list(_START_XREF.finditer(content[-_TAIL:]))
    if not found:
        return False
    offset = int(found[-1][1])
    return 0 < offset < len(content) and _XREF.match(content, offset) is not None


def _is_png(content: bytes) -> bool:
    """IHDR first, with its checksum and readable dimensions; chunk after chunk to IEND (RFC 2083)."""
    position, first = len(_PNG), True
    while position + 12 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, position)
        end = position + 12 + length
        if end > len(content):
            return False
        if first:
            data = content[position + 8 : end - 4]
            (checksum,) = struct.unpack_from(">I", content, end - 4)
            if kind != b"IHDR" or length != 13 or zlib.crc32(kind + data) != checksum:
                return False
            if not _has_size(*struct.unpack_from(">II", data)):
                return False
        if kind == b"IEND":
            return True
        position, first = end, False
    return False


def _is_jpeg(content: bytes) -> bool:
    """Segment after segment to the picture's data, on the way a frame with readable dimensions; an end after it."""
    position, sized = 2, False
    while position + 4 <= len(content):
        if content[position] != 0xFF:
            return False
        kind = content[position + 1]
        if kind == 0xFF:  # padding
            position += 1
            continue
        if kind in _BARE:
            position += 2
            continue
        (length,) = struct.unpack_from(">H", content, position + 2)
        if length < 2 or kind in (_SOI, _EOI):
            return False
        if kind in _FRAMES:
            if position + 9 > len(content):
                return False
            height, width = struct.unpack_from(">HH", content, position + 5)
            sized = _has_size(width, height)
        if kind == _SOS:
            return sized and content.find(b"\xff\xd9", position + 2 + length) >= 0
        position += 2 + length
    return False


def _has_size(width: int, height: int) -> bool:
    return 0 < width <= _LARGEST_SIDE and 0 < height <= _LARGEST_SIDE
