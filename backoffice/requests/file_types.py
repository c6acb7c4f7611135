"""What a file is, by its content: never by its name, never by what the browser says.

A file that only begins like one of the kinds is none: its structure is followed to its end, and a picture is unpacked,
so that a viewer finds a document in it and next to nothing stands behind its end. What a PDF does when it is opened is
looked for in `pdf_actions`.
"""

from __future__ import annotations

import io
import re
import struct
import zlib

from backoffice.requests.pdf_structure import is_pdf

EXTENSIONS = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}

_PNG = b"\x89PNG\r\n\x1a\n"
_LARGEST_SIDE = 30_000  # pixels: beyond it a picture is a trap for whoever opens it
_LARGEST_UNPACKED = 1024**3  # bytes; the same for the pixels of a PNG
# Beyond these many pixels, or pixels times scans, reading a JPEG to its end would cost too much memory or time.
_MOST_PIXELS, _MOST_WORK = 50_000_000, 400_000_000
_UNPACKED = 1024 * 1024  # bytes unpacked at a time: a picture never stands in memory as a whole
# Samples of a pixel by PNG colour type (RFC 2083, 4.1.1).
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
# First column, first row and the steps of each pass of an interlaced PNG.
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
# What scanners and phones leave behind the end does no harm as long as it is nearly nothing.
_LARGEST_REST = 64
_NEXT_MARKER = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])", re.DOTALL)
_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
# Start of frame; C4, C8 and CC among them are other segments (ITU T.81, table B.1).
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = {0x01, *range(0xD0, 0xD8)}  # segments without a length


def media_type(content: bytes) -> str | None:
    """The media type of a PDF, PNG or JPEG that is whole; None for everything else."""
    if content.startswith(_PNG):
        return "image/png" if _is_png(content) else None
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg" if _is_jpeg(content) else None
    return "application/pdf" if is_pdf(content) else None


def _is_png(content: bytes) -> bool:
    """IHDR first, with readable dimensions; chunk after chunk with its checksum to IEND; the pixels all there."""
    position, size, pixels = len(_PNG), -1, _Pixels()
    while position + 12 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, position)
        end = position + 12 + length
        if end > len(content):
            return False
        data = content[position + 8 : end - 4]
        (checksum,) = struct.unpack_from(">I", content, end - 4)
        if zlib.crc32(kind + data) != checksum or (kind == b"IHDR") != (size < 0):
            return False
        if kind == b"IHDR":
            size = _png_size(data)
            if size <= 0:
                return False
        if kind == b"IDAT" and not pixels.take(data, size):
            return False
        if kind == b"IEND":
            return pixels.are_whole(size) and len(content) - end <= _LARGEST_REST
        position = end
    return False


def _png_size(header: bytes) -> int:
    """How many bytes the unpacked pixels are; 0 when the header makes no sense, or of a trap."""
    if len(header) != 13:
        return 0
    width, height, depth, colour, packing, filtering, interlaced = struct.unpack(">IIBBBBB", header)
    if not _has_size(width, height) or depth not in _DEPTHS.get(colour, ()) or packing or filtering or interlaced > 1:
        return 0
    passes = _PASSES if interlaced else ((0, 0, 1, 1),)
    size = 0
    for left, top, across, down in passes:
        columns, rows = max(0, -(-(width - left) // across)), max(0, -(-(height - top) // down))
        size += rows * (1 + (columns * depth * _SAMPLES[colour] + 7) // 8) if columns else 0
    return size if size <= _LARGEST_UNPACKED else 0


class _Pixels:
    """The packed pixels of a PNG, counted while they are unpacked."""

    def __init__(self) -> None:
        self._packed = zlib.decompressobj()
        self._count = 0

    def take(self, data: bytes, most: int) -> bool:
        """Unpack one chunk; False when it is broken, or holds more than the picture."""
        try:
            while data and self._count <= most:
                self._count += len(self._packed.decompress(data, _UNPACKED))
                data = self._packed.unconsumed_tail
        except zlib.error:
            return False
        return self._count <= most

    def are_whole(self, size: int) -> bool:
        """Whether as many bytes came as the dimensions say, and nothing after them."""
        return self._packed.eof and self._count == size and len(self._packed.unused_data) <= _LARGEST_REST


def _is_jpeg(content: bytes) -> bool:
    """Segment after segment to the end; what follows is nearly nothing, or further pictures as phones add them."""
    end = _jpeg_end(content, 0)
    if end is None or not _unpacks(content[:end]):
        return False
    while end is not None and len(content) - end > _LARGEST_REST:
        end = _jpeg_end(content, end) if content.startswith(b"\xff\xd8\xff", end) else None
    return end is not None


def _jpeg_end(content: bytes, start: int) -> int | None:
    """Where the picture that begins at `start` ends; None unless it has a frame with readable dimensions and data."""
    position, sized, scanned = start + 2, False, False
    while position + 2 <= len(content):
        if content[position] != 0xFF:
            return None
        kind = content[position + 1]
        if kind == _EOI:
            return position + 2 if scanned else None
        if kind == 0xFF or kind in _BARE:  # padding
            position += 1 if kind == 0xFF else 2
            continue
        if kind == _SOI or position + 4 > len(content):
            return None
        (length,) = struct.unpack_from(">H", content, position + 2)
        if length < 2 or (kind == _SOS and not sized):
            return None
        if kind in _FRAMES:
            if position + 9 > len(content):
                return None
            height, width = struct.unpack_from(">HH", content, position + 5)
            sized = _has_size(width, height)
        position += 2 + length
        if kind == _SOS:
            marker = _NEXT_MARKER.search(content, position)
            if marker is None:
                return None
            position, scanned = marker.start(), True
    return None


def _unpacks(jpeg: bytes) -> bool:
    """Whether the data of a JPEG of bearable size can be read to its end; an eighth as large, to spare memory."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as picture:
            width, height = picture.size
            if width * height > min(_MOST_PIXELS, _MOST_WORK // max(1, jpeg.count(b"\xff\xda"))):
                return True  # its structure has to do
            picture.draft(None, (max(1, width // 8), max(1, height // 8)))
            picture.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False
    return True


def _has_size(width: int, height: int) -> bool:
    return 0 < width <= _LARGEST_SIDE and 0 < height <= _LARGEST_SIDE
