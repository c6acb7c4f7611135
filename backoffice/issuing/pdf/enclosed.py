"""The XML inside a document that our writer made, byte for byte; other writers' files are not read here."""

from __future__ import annotations

import re
import zlib
from typing import BinaryIO

_MOST = 32 * 1024 * 1024  # bytes; an invoice of a thousand lines has one megabyte
_HEAD = re.compile(
    rb"\n[0-9]+ 0 obj\n<<\n/Filter /FlateDecode\n/Length ([0-9]+)\n(?:/[^\n]+\n)*?/Type /EmbeddedFile\n>>\nstream\n"
)

_SIZE = re.compile(rb"\n/Params <</Size ([0-9]{1,8})\n")
_PIECE = 16 * 1024


def xml_of(document: bytes) -> bytes | None:
    """What the document encloses; None for one from before invoices brought their XML (template v1).

    Raises ValueError for a document that encloses something which cannot be unpacked.
    """
    head = _HEAD.search(document)
    if head is None:
        return None
    packed = document[head.end() : head.end() + int(head[1])]
    unpacking = zlib.decompressobj()
    try:
        content = unpacking.decompress(packed, _MOST)
    except zlib.error as error:
        raise ValueError("the enclosed file cannot be unpacked") from error
    if not unpacking.eof:
        raise ValueError("the enclosed file is not whole")
    return content


def size_of_xml(document: BinaryIO) -> int | None:
    """How many bytes the enclosed file has, as the document says itself; None where it says nothing.

    Reads no further than to where it says so: behind the pages, before the fonts.
    """
    begun = b""
    while piece := document.read(_PIECE):
        begun += piece
        if head := _HEAD.search(begun):
            told = _SIZE.search(head[0])
            return int(told[1]) if told else None
    return None
