"""Whether a PDF would do something when it is opened, or carries files (ISO 32000-1, 7.11.4, 12.6.4, 12.7.8).

What a paper cannot do no supporting file needs: scripts, programs to start, files inside, forms that a viewer builds.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

_LONG = ("JavaScript", "Launch", "EmbeddedFile", "EmbeddedFiles", "RichMedia", "RichMediaContent", "RichMediaSettings")
_SHORT = ("JS", "XFA")
_STREAM = re.compile(rb">>\s*stream(?:[ ]*\r?\n|\r)")
_END = b"endstream"
_DICTIONARY = 4096  # bytes; no honest stream of objects has a longer one
_MOST_UNPACKED = 64 * 1024 * 1024  # bytes of all streams of objects together


def _names(*names: str) -> re.Pattern[bytes]:
    """These names of a PDF, each sign as it is or as its number (#4A)."""
    signs = ("".join(f"(?:{sign}|#{ord(sign) >> 4:x}(?i:{ord(sign) & 15:x}))" for sign in name) for name in names)
    return re.compile(f"/(?:{'|'.join(signs)})(?![A-Za-z0-9#_.-])".encode())


# In packed pixels the short ones stand by chance; the long ones never do, so that nothing can hide in a false stream.
_ANYWHERE, _IN_OBJECTS = _names(*_LONG), _names(*_SHORT)
_HOLDS_OBJECTS = re.compile(_names("ObjStm").pattern + rb"|/First\s+[0-9]+\s*(?![0-9\s]*R)")
_FILTER = re.compile(rb"/Filter\s*(?:\[\s*)?(/[A-Za-z0-9#]+)(?:\s*\])?")


def is_active(content: bytes) -> bool:
    """Whether a PDF holds scripts, actions that start something, or files; also when that cannot be seen."""
    if _ANYWHERE.search(content) is not None:
        return True
    left = _MOST_UNPACKED
    for part, is_packed in _parts(content):
        objects = _unpacked(part, left) if is_packed else part
        if objects is None:
            return True
        left -= len(objects) if is_packed else 0
        if _IN_OBJECTS.search(objects) or (is_packed and _ANYWHERE.search(objects)):
            return True
    return False


def _parts(content: bytes) -> Iterator[tuple[bytes, bool]]:
    """What is not inside a stream, piece by piece, and the streams that hold objects, each with its dictionary."""
    position = 0
    while (stream := _STREAM.search(content, position)) is not None:
        yield content[position : stream.start() + 2], False
        begins = max(position, stream.start() - _DICTIONARY)
        said = content[begins : stream.start()].rpartition(b" obj")[2]
        ends = content.find(_END, stream.end())
        ends = len(content) if ends < 0 else ends
        if _HOLDS_OBJECTS.search(said):
            yield said + b"stream\n" + content[stream.end() : ends], True
        position = ends
    yield content[position:], False


def _unpacked(stream: bytes, most: int) -> bytes | None:
    """The objects of a stream; None when it is packed in another way than writers do, encrypted or too large."""
    said, _, packed = stream.partition(b"stream\n")
    if b"/Filter" not in said:
        return packed
    named = _FILTER.search(said)
    filters = said.count(b"Decode") - said.count(b"DecodeParms")
    if named is None or named[1] != b"/FlateDecode" or filters > 1 or b"/Predictor" in said:
        return None
    inflated = zlib.decompressobj()
    try:
        found = inflated.decompress(packed, max(1, most))
    except zlib.error:
        return None
    return found if inflated.eof else None
