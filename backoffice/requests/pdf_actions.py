"""Whether a PDF would do something when it is opened, or carries files (ISO 32000-1, 7.11.4, 12.6.4, 12.7.8).

What a paper cannot do no supporting file needs: scripts, programs to start, files inside, forms that a viewer builds.
"""

from __future__ import annotations

import re
import zlib
from bisect import bisect_left

_LONG = ("JavaScript", "Launch", "EmbeddedFile", "EmbeddedFiles", "RichMedia", "RichMediaContent", "RichMediaSettings")
_SHORT = ("JS", "XFA")
# Wherever the word stands: what a file says between its objects may be made to mislead a reader of dictionaries.
_STREAM = re.compile(rb"(?<!end)stream(?:[ ]*\r?\n|\r)")
_END = b"endstream"
# A stream of objects begins with numbers and places: 12 0 13 57 ... (ISO 32000-1, 7.5.7).
_NUMBERS = re.compile(rb"\s*(?:%[^\r\n]*[\r\n]\s*)*[0-9]+\s+[0-9]+\s")
_HEAD = 4096  # bytes of a stream that tell what it is
_MOST_STREAMS = 50_000  # ten megabytes of honest pages hold some thousands
_MOST_UNPACKED = 64 * 1024 * 1024  # bytes of all streams of objects together


def _names(*names: str) -> re.Pattern[bytes]:
    """These names of a PDF, each sign as it is or as its number (#4A)."""
    signs = ("".join(f"(?:{sign}|#{ord(sign) >> 4:x}(?i:{ord(sign) & 15:x}))" for sign in name) for name in names)
    return re.compile(f"/(?:{'|'.join(signs)})(?![A-Za-z0-9#_.-])".encode())


# In packed pixels the short ones stand by chance; the long ones never do, so that nothing can hide in a false stream.
_ANYWHERE, _IN_OBJECTS = _names(*_LONG), _names(*_SHORT)
_SAYS_OBJECTS = re.compile(_names("ObjStm").pattern + rb"|/First\s+[0-9]+\s*(?![0-9\s]*R)")


def is_active(content: bytes) -> bool:
    """Whether a PDF holds scripts, actions that start something, or files; also when that cannot be seen."""
    if _ANYWHERE.search(content) is not None:
        return True
    ends = [found.start() for found in re.finditer(_END, content)] + [len(content)]
    left, outside = _MOST_UNPACKED, 0
    for number, stream in enumerate(_STREAM.finditer(content)):
        if number >= _MOST_STREAMS:
            return True
        begins = stream.end()
        until = ends[bisect_left(ends, begins)]
        between = content[outside : stream.start()]
        objects = _objects(content, begins, until, left)
        if objects is None:
            if _SAYS_OBJECTS.search(between):
                return True  # packed in another way than writers do, or encrypted
        elif len(objects) >= left or _IN_OBJECTS.search(objects) or _ANYWHERE.search(objects):
            return True  # so much that it cannot be looked through, or what is looked for
        else:
            left -= len(objects)
        if _IN_OBJECTS.search(between):
            return True
        outside = max(outside, until)
    return _IN_OBJECTS.search(content[outside:]) is not None


def _objects(content: bytes, begins: int, until: int, most: int) -> bytes | None:
    """At most so many bytes of the objects that a stream holds, packed or plain; None for any other stream."""
    head = content[begins : begins + _HEAD]
    if _NUMBERS.match(head):
        return content[begins : min(until, begins + most)]
    inflated = zlib.decompressobj()
    try:
        unpacked = inflated.decompress(head, _HEAD)
        if not _NUMBERS.match(unpacked):
            return None
        rest = inflated.decompress(inflated.unconsumed_tail + content[begins + len(head) :], max(1, most))
    except zlib.error:
        return None
    return unpacked + rest if inflated.eof or len(rest) >= most else None
