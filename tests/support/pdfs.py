"""What an invoice's PDF says, read from the file itself: its text by the maps that readers copy by, and its XML."""

from __future__ import annotations

import hashlib
import io
import re
import zlib
from typing import NamedTuple

import pikepdf

_SHOWN = re.compile(rb"/F(\d+) [\d.]+ Tf|<([0-9a-f]*)> Tj")
_PAIR = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]+)>")
_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)


class Read(NamedTuple):
    """The text of each page in the order it was drawn, without white space, and the enclosed files by name."""

    pages: list[str]
    files: dict[str, bytes]

    @property
    def text(self) -> str:
        """All pages in a row."""
        return "".join(self.pages)


def read(document: bytes) -> Read:
    """Open the file and read what it says."""
    with pikepdf.open(io.BytesIO(document)) as pdf:
        known: dict[tuple[int, int], dict[int, str]] = {}
        pages = [_text(page, known) for page in pdf.pages]
        files = {name: bytes(spec.get_file().read_bytes()) for name, spec in pdf.attachments.items()}
    return Read(pages, files)


def _text(page: pikepdf.Page, known: dict[tuple[int, int], dict[int, str]]) -> str:
    fonts = {int(str(name)[2:]): _letters(font, known) for name, font in page.Resources.Font.items()}
    shown: list[str] = []
    letters: dict[int, str] = {}
    for font, codes in _SHOWN.findall(page.Contents.read_bytes()):
        if font:
            letters = fonts[int(font)]
        else:
            shown += [letters[int(codes[at : at + 4], 16)] for at in range(0, len(codes), 4)]
    return "".join("".join(shown).split())


def _letters(font: pikepdf.Object, known: dict[tuple[int, int], dict[int, str]]) -> dict[int, str]:
    """The character of each code, by the font's own map (ISO 32000-1, 9.10.3)."""
    if font.objgen not in known:
        pairs = _PAIR.findall(font.ToUnicode.read_bytes().partition(b"beginbfchar")[2])
        known[font.objgen] = {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs}
    return known[font.objgen]


def fingerprint(document: bytes) -> str:
    """A digest of every object with its streams unpacked: the same for all machines, however theirs deflate."""
    digest = hashlib.sha256()
    for number, body in _OBJECT.findall(document):
        head, _, stream = body.partition(b"stream\n")
        digest.update(number + re.sub(rb"/Length \d+", b"", head))
        if stream:
            content = stream.removesuffix(b"\nendstream")
            digest.update(zlib.decompress(content) if b"/FlateDecode" in head else content)
    return digest.hexdigest()
