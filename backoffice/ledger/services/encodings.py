"""How a file's bytes are text: one pass finds its encoding and what speaks for it, another gives out its lines."""

from __future__ import annotations

import codecs
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

from backoffice.errors import N_, Invalid, Message
from backoffice.ledger.spreadsheets import shown

LINE_LIMIT = 64 * 1024
# The codec of each encoding that is told apart, by the code kept with the file.
CODECS = {"utf-8": "utf-8", "utf-8-bom": "utf-8", "utf-16-le": "utf-16-le", "utf-16-be": "utf-16-be",
          "gb18030": "gb18030"}  # fmt: skip
ENCODINGS = {
    "utf-8": N_("UTF-8"),
    "utf-8-bom": N_("UTF-8 with byte order mark"),
    "utf-16-le": N_("UTF-16"),
    "utf-16-be": N_("UTF-16"),
    "gb18030": N_("GB18030"),
}
_UTF_8_MARK = codecs.BOM_UTF8
_UTF_16_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_CHUNK = 64 * 1024
_THREE_BYTES = re.compile(rb"[\xe0-\xf4]")
_ASCII = bytes(range(0x80))
# First bytes in GB2312: signs and full-width letters, then the characters in use, the more frequent half by its sound.
_SIGNS = bytes(range(0xA1, 0xA4))
_HANZI = bytes(range(0xB0, 0xF8))
# Korean in EUC-KR uses the first of these rows alone. Eight different characters of Chinese hardly ever do.
_HANGUL = bytes(range(0xB0, 0xC9))
_ENOUGH = 8
# One character between Latin letters: two accents of a Western encoding side by side.
_LONE = re.compile(r"(?<=[A-Za-z])[^\x00-\x7f](?![^\x00-\x7f])|(?<![^\x00-\x7f])[^\x00-\x7f](?=[A-Za-z])")
_BETWEEN_VALUES = re.compile(r'[,;\t"\r\n]+')
_SAMPLES = 3
_SAMPLE = 40


@dataclass(frozen=True, slots=True)
class Facts:
    """What one pass over a file found: its hash, its size in bytes, its encoding (a key of ENCODINGS).

    `samples` are values as a guessed encoding reads them, for somebody to look at. `unended`: the last line has no
    line break at its end, so the file may have been cut off.
    """

    sha256: str
    size: int
    encoding: str
    samples: tuple[str, ...] = ()
    unended: bool = False


def examine(file: BinaryIO) -> Facts:
    """Hash the file and find its encoding. Raises Invalid (field `file`) when it is no text file."""
    file.seek(0)
    mark = file.read(4)
    file.seek(0)
    if mark.startswith(_WORKBOOKS):
        raise unusable(N_("This is an Excel workbook. Save the sheet as CSV UTF-8 and choose that file."))
    if mark[:2] in _UTF_16_MARKS and mark != codecs.BOM_UTF32_LE:
        return _examine_utf_16(file, _UTF_16_MARKS[mark[:2]])
    hasher, size, ended, seen = hashlib.sha256(), 0, True, _Seen()
    while piece := file.readline(LINE_LIMIT + 1):
        hasher.update(piece)
        ended = piece.endswith(b"\n")
        # A longer line is refused whatever it holds, and a piece of it may end inside a character.
        if not piece.isascii() and len(piece) <= LINE_LIMIT:
            seen.look(piece if size else piece.removeprefix(_UTF_8_MARK))
        size += len(piece)
    if not size:
        raise unusable(N_("The file is empty."))
    encoding = "utf-8-bom" if mark.startswith(_UTF_8_MARK) else seen.encoding()
    samples = tuple(seen.samples) if encoding == "gb18030" else ()
    return Facts(hasher.hexdigest(), size, encoding, samples, unended=not ended)


@dataclass(slots=True)
class _Seen:
    """Evidence for the encoding of a file without a mark, gathered from the lines that are not plain ASCII."""

    utf_8: int = 0
    gb18030: int = 0
    neither: int = 0
    hanzi: int = 0
    foreign: int = 0
    lone: int = 0
    signs: set[str] = field(default_factory=set)
    samples: dict[str, None] = field(default_factory=dict)

    def look(self, piece: bytes) -> None:
        """Weigh one line."""
        try:
            # Short Chinese text in GB18030 may happen to be UTF-8 of two bytes a letter, hardly ever of three.
            piece.decode("utf-8")
            self.utf_8 += _THREE_BYTES.search(piece) is not None
        except UnicodeDecodeError:
            try:
                text = piece.decode("gb18030")
            except UnicodeDecodeError:
                self.neither += 1
            else:
                self._weigh(text)

    def _weigh(self, text: str) -> None:
        self.gb18030 += 1
        rows = text.encode("gb2312", "ignore").translate(None, _ASCII)[::2]
        hanzi, signs = (len(rows) - len(rows.translate(None, kind)) for kind in (_HANZI, _SIGNS))
        self.hanzi += hanzi
        self.foreign += len(text) - len(text.encode("ascii", "ignore")) - hanzi - signs
        self.lone += len(_LONE.findall(text))
        self.signs.update(text)
        if len(self.samples) < _SAMPLES:
            values = (value.strip() for value in _BETWEEN_VALUES.split(text) if not value.isascii())
            self.samples |= dict.fromkeys(shown(value)[:_SAMPLE] for value in values)
            self.samples = dict.fromkeys(list(self.samples)[:_SAMPLES])

    def encoding(self) -> str:
        """GB18030 only when most lines read so, none speaks for UTF-8, and it is Chinese in earnest, not Müller."""
        whole = self.gb18030 > self.neither and not self.utf_8
        chinese = self.hanzi > 4 * self.foreign and self.hanzi > 2 * self.lone and not self._is_korean()
        return "gb18030" if whole and chinese else "utf-8"

    def _is_korean(self) -> bool:
        rows = "".join(self.signs).encode("gb2312", "ignore").translate(None, _ASCII)[::2].translate(None, _SIGNS)
        return len(rows) >= _ENOUGH and not rows.translate(None, _HANGUL)


def _examine_utf_16(file: BinaryIO, encoding: str) -> Facts:
    hasher, size, decoder = hashlib.sha256(), 0, codecs.getincrementaldecoder(encoding)("strict")
    text = ""
    try:
        while piece := file.read(_CHUNK):
            hasher.update(piece)
            size += len(piece)
            text = decoder.decode(piece) or text
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise unusable(N_("The file begins as UTF-16 text and does not go on so. Save it as CSV UTF-8.")) from None
    return Facts(hasher.hexdigest(), size, encoding, unended=not text.endswith("\n"))


def physical_lines(file: BinaryIO, encoding: str) -> Iterator[tuple[int, bytes]]:
    """Number and bytes of each line; of one beyond the limit only its beginning is kept in memory."""
    file.seek(0)
    source = file
    if encoding.startswith("utf-16"):
        source = cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, _Transcoded(file, encoding))))
    elif encoding == "utf-8-bom":
        file.seek(len(_UTF_8_MARK))
    number = 0
    while raw := source.readline(LINE_LIMIT + 1):
        number += 1
        rest = raw
        while len(rest) > LINE_LIMIT and not rest.endswith(b"\n"):
            rest = source.readline(LINE_LIMIT + 1)
        yield number, raw


def codec_of_lines(encoding: str) -> str:
    """The codec in which `physical_lines` hands out lines: UTF-16 is turned into UTF-8 on the way."""
    return "utf-8" if encoding.startswith("utf-16") else CODECS[encoding]


class _Transcoded(io.RawIOBase):
    """The bytes of a UTF-16 file as UTF-8, so that a line ends where a byte says so."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._file, self._left, self._ended = file, b"", False
        self._decoder = codecs.getincrementaldecoder(encoding)("strict")

    def readable(self) -> bool:
        """See io.RawIOBase."""
        return True

    def readinto(self, buffer: Any) -> int:
        """See io.RawIOBase."""
        while not self._left and not self._ended:
            piece = self._file.read(_CHUNK)
            self._ended = not piece
            self._left = self._decoder.decode(piece, final=self._ended).encode("utf-8")
        given = self._left[: len(buffer)]
        self._left = self._left[len(given) :]
        buffer[: len(given)] = given
        return len(given)


def unusable(sentence: str, **values: str) -> Invalid:
    """The fault of a file as a whole."""
    return Invalid({"file": [Message(sentence, **values)]})
