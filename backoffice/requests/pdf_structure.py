"""Whether a PDF is whole: from its end by the cross-references to the catalogue (ISO 32000-1, 7.5).

A viewer reads a PDF the same way. Nothing of it is drawn or run.
"""

from __future__ import annotations

import re
import zlib

_HEADER = re.compile(rb"(?:\xef\xbb\xbf)?[\x00\t\n\f\r ]{0,1000}(%PDF-[12]\.[0-9])")
_BLANK = b"\x00\t\n\f\r "
_TAIL = 256  # bytes in which the end is looked for
_LARGEST_REST = 64  # bytes behind the end, as for pictures
_END = re.compile(rb"startxref\s+([0-9]{1,10})\s+%%EOF")
_TABLE = re.compile(rb"\s*xref\s+(?=[0-9])")
_SECTION = re.compile(rb"\s*([0-9]{1,10})\s+([0-9]{1,10})\s+")
_ENTRIES = re.compile(rb"(?:[0-9]{10} [0-9]{5} [nf](?: \r| \n|\r\n|[\r\n]))*")
_TRAILER = re.compile(rb"\s*trailer\s*<<")
_ROOT = re.compile(rb"/Root\s+([0-9]{1,10})\s+([0-9]{1,5})\s+R\b")
_PREVIOUS = re.compile(rb"/Prev\s+([0-9]{1,10})")
_MIXED = re.compile(rb"/XRefStm\s+([0-9]{1,10})")
_STREAM = re.compile(rb"\s*[0-9]{1,10}\s+[0-9]{1,5}\s+obj\s*<<(.{1,4096}?)>>\s*stream\r?\n", re.DOTALL)
_DICTIONARY = 4096  # no honest trailer begins longer
_LARGEST_CATALOGUE = 256 * 1024
_MOST_UPDATES = 200
_LARGEST_REFERENCES = 64 * 1024 * 1024


def is_pdf(content: bytes) -> bool:
    """A version in the header, and at the end the way over each cross-reference to a catalogue that is there."""
    header = _HEADER.match(content)
    end = len(content.rstrip(_BLANK))
    ends = list(_END.finditer(content, max(0, end - _TAIL), end))
    if header is None or not ends or end - ends[-1].end() > _LARGEST_REST:
        return False
    offset = int(ends[-1][1])
    # With something before the header, writers count from the beginning of the file or from the header.
    return any(_leads_to_catalogue(content[start:], offset) for start in sorted({0, header.start(1)}))


def _leads_to_catalogue(content: bytes, offset: int) -> bool:
    """Follow the cross-references, the youngest first, until one knows the catalogue."""
    root: tuple[int, int] | None = None
    seen: set[int] = set()
    while offset not in seen and len(seen) < _MOST_UPDATES and 0 < offset < len(content):
        seen.add(offset)
        stream = _STREAM.match(content, offset)
        if stream is not None:
            return _is_reference_stream(content, stream, known_root=root is not None)
        table = _TABLE.match(content, offset)
        if table is None:
            return False
        objects, end = _objects(content, table.end())
        trailer = _TRAILER.match(content, end)
        if trailer is None:
            return False
        said = content[trailer.end() : trailer.end() + _DICTIONARY].partition(b"startxref")[0]
        named = _ROOT.search(said)
        root = root or ((int(named[1]), int(named[2])) if named else None)
        if root is None:
            return False
        if root[0] in objects:
            return _is_catalogue(content, root, objects[root[0]])
        mixed, previous = _MIXED.search(said), _PREVIOUS.search(said)
        following = mixed or previous
        if following is None:
            return False
        offset = int(following[1])
    return False


def _objects(content: bytes, position: int) -> tuple[dict[int, int], int]:
    """Number and offset of the objects a table lists, and where the table ends."""
    objects: dict[int, int] = {}
    while (section := _SECTION.match(content, position)) is not None:
        entries = _ENTRIES.match(content, section.end())
        listed = entries[0].splitlines() if entries else []
        if len(listed) != int(section[2]):
            break
        first = int(section[1])
        objects.update((first + index, int(entry[:10])) for index, entry in enumerate(listed) if entry[17:18] == b"n")
        position = entries.end() if entries else position
    return objects, position


def _is_catalogue(content: bytes, root: tuple[int, int], offset: int) -> bool:
    found = re.compile(rb"\s*%d\s+%d\s+obj\s*<<" % root).match(content, offset)
    if found is None:
        return False
    said = content[found.end() : found.end() + _LARGEST_CATALOGUE].partition(b"endobj")[0]
    return re.search(rb"/Type\s*/Catalog\b", said) is not None and b"/Pages" in said


def _is_reference_stream(content: bytes, stream: re.Match[bytes], *, known_root: bool) -> bool:
    """The catalogue may lie compressed in another stream: here the references themselves have to be whole."""
    said = stream[1]
    if re.search(rb"/Type\s*/XRef\b", said) is None or not (known_root or _ROOT.search(said)):
        return False
    if b"/FlateDecode" not in said:
        return re.search(rb"/W\s*\[", said) is not None
    inflated = zlib.decompressobj()
    try:
        found = inflated.decompress(content[stream.end() :], _LARGEST_REFERENCES)
    except zlib.error:
        return False
    return inflated.eof and bool(found)
