"""Reading the platform's CSV files: how a file is written is found out first and said, then its lines are streamed.

Two passes over the file and never more of it in memory than a line: `examine` hashes it and finds its encoding, `shape`
reads the head, `Reader` gives out what the books are offered.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast
from zoneinfo import ZoneInfo

from backoffice.errors import N_, Invalid, Message
from backoffice.ledger.rules import COLUMNS, Line, LineError, missing_columns, parse_line, shown

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
DELIMITERS = {",": N_("comma"), ";": N_("semicolon"), "\t": N_("tab")}
_UTF_8_MARK = codecs.BOM_UTF8
_UTF_16_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_THREE_BYTES = re.compile(rb"[\xe0-\xf4]")
_CHUNK = 64 * 1024
_VALUE_SHOWN = 300
_EXTERNAL_ID = 120
_NAMES_SHOWN = 20
# A value with more line breaks than this is taken for a quote that somebody forgot to close.
_LINES_JOINED = 20


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that could not be read, and what of it could.

    `contradicts`: it was read as far as to be about the entry `external_id`, in another currency.
    """

    number: int
    reason: Message
    external_id: str = ""
    told: dict[str, str] = field(default_factory=dict)
    contradicts: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What one pass over a file found: its hash, its size in bytes and its encoding (a key of ENCODINGS)."""

    sha256: str
    size: int
    encoding: str


@dataclass(frozen=True, slots=True)
class Shape:
    """How the lines of a file are cut and named. Columns that mean nothing to us are `ignored`, and said."""

    encoding: str
    delimiter: str
    head: tuple[str, ...]
    ignored: tuple[str, ...]


def examine(file: BinaryIO) -> Facts:
    """Hash the file and find its encoding. Raises Invalid (field `file`) when it is no text file."""
    file.seek(0)
    mark = file.read(4)
    file.seek(0)
    if mark.startswith(_WORKBOOKS):
        raise _unusable(N_("This is an Excel workbook. Save the sheet as CSV UTF-8 and choose that file."))
    if mark[:2] in _UTF_16_MARKS and mark != codecs.BOM_UTF32_LE:
        return _examine_utf_16(file, _UTF_16_MARKS[mark[:2]])
    hasher, size, seen = hashlib.sha256(), 0, _Seen()
    while piece := file.readline(LINE_LIMIT + 1):
        hasher.update(piece)
        size += len(piece)
        # A longer line is refused whatever it holds, and a piece of it may end inside a character.
        if not piece.isascii() and len(piece) <= LINE_LIMIT:
            seen.look(piece.removeprefix(_UTF_8_MARK) if size == len(piece) else piece)
    if not size:
        raise _unusable(N_("The file is empty."))
    encoding = "utf-8-bom" if mark.startswith(_UTF_8_MARK) else seen.encoding()
    return Facts(hasher.hexdigest(), size, encoding)


@dataclass(slots=True)
class _Seen:
    """Evidence for the encoding of a file without a mark, gathered from the lines that are not plain ASCII."""

    utf_8: int = 0
    gb18030: int = 0
    neither: int = 0
    common: bool = False

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
                self.gb18030 += 1
                self.common = self.common or not text.encode("gb2312", "ignore").isascii()

    def encoding(self) -> str:
        """GB18030 only when each line reads so, none speaks for UTF-8, and it is Chinese in earnest, not Müller."""
        whole = self.gb18030 and not self.neither and not self.utf_8 and self.common
        return "gb18030" if whole else "utf-8"


def _examine_utf_16(file: BinaryIO, encoding: str) -> Facts:
    hasher, size, decoder = hashlib.sha256(), 0, codecs.getincrementaldecoder(encoding)("strict")
    try:
        while piece := file.read(_CHUNK):
            hasher.update(piece)
            size += len(piece)
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise _unusable(N_("The file begins as UTF-16 text and does not go on so. Save it as CSV UTF-8.")) from None
    return Facts(hasher.hexdigest(), size, encoding)


def shape(file: BinaryIO, encoding: str) -> Shape:
    """Read the head: the delimiter is the one that finds most of our columns.

    Raises Invalid (field `file`) when the head cannot be read, lacks a column, or names one twice.
    """
    _, raw = next(_physical_lines(file, encoding), (1, b""))
    if b"\r" in raw and not raw.endswith(b"\n") and b"\x00" not in raw:
        raise _unusable(N_("The lines of the file end as on an old Macintosh. Save it as CSV UTF-8."))
    if len(raw) > LINE_LIMIT:
        raise _unusable(N_("The first line is too long to be the names of the columns."))
    if b"\x00" in raw:
        raise _unusable(N_("The file looks like UTF-16 without a byte order mark. Save it as CSV UTF-8."))
    codec = _codec_of_lines(encoding)
    try:
        text = raw.decode(codec).removeprefix("\ufeff").rstrip("\r\n")
        heads = {sign: next(csv.reader([text], delimiter=sign, strict=True), []) for sign in DELIMITERS}
    except (UnicodeDecodeError, csv.Error):
        raise _unusable(N_("The file is not UTF-8 text.")) from None
    names = {sign: [name.strip().casefold() for name in head] for sign, head in heads.items()}
    delimiter = max(names, key=lambda sign: len(set(names[sign]) & set(COLUMNS)))
    head = names[delimiter]
    if missing := missing_columns(head):
        raise _unusable(N_("The file lacks the columns %(names)s."), names=", ".join(missing))
    counts = Counter(name for name in head if name)
    if twice := [name for name in COLUMNS if counts[name] > 1]:
        raise _unusable(N_("The file has these columns twice: %(names)s."), names=", ".join(twice))
    ignored = dict.fromkeys(
        shown(typed.strip()) for typed, name in zip(heads[delimiter], head, strict=True) if name and name not in COLUMNS
    )
    return Shape(encoding, delimiter, tuple(head), tuple(ignored)[:_NAMES_SHOWN])


class Reader:
    """The lines of a file behind line number `after`, streamed; one that cannot be read is given out as a BadLine.

    `line` is the last line of the file that was used up, where a later Reader may go on. A byte that is no text, an
    endless line or a quote that is never closed costs its line alone. Blank lines, also such as hold nothing but
    delimiters, are passed over.
    """

    def __init__(self, file: BinaryIO, shape: Shape, *, currency: str, zone: ZoneInfo, after: int = 1) -> None:
        self.line = after
        self._shape, self._currency, self._zone = shape, currency, zone
        self._codec = _codec_of_lines(shape.encoding)
        self._source = _physical_lines(file, shape.encoding)
        self._ahead: deque[tuple[int, bytes]] = deque()

    def __iter__(self) -> Iterator[Line | BadLine]:
        after, blank = self.line, b'\r\n\t "' + self._shape.delimiter.encode()
        while (taken := self._take()) is not None:
            number, raw = taken
            if number > after:
                self.line = number
                if raw.strip(blank):
                    yield self._record(number, raw)

    def _take(self) -> tuple[int, bytes] | None:
        return self._ahead.popleft() if self._ahead else next(self._source, None)

    def _record(self, number: int, raw: bytes) -> Line | BadLine:
        if len(raw) > LINE_LIMIT:
            return BadLine(number, Message(N_("longer than %(limit)s bytes"), limit=LINE_LIMIT))
        try:
            text = raw.decode(self._codec)
        except UnicodeDecodeError:
            reason = Message(N_("not %(encoding)s text, as the rest of the file is"), encoding=self._codec.upper())
            return BadLine(number, reason, told=_told_raw(raw.decode(self._codec, "replace")))
        try:
            values = self._values(text)
        except csv.Error as error:
            return BadLine(number, _quote_fault(error), told=_told_raw(text))
        return self._line(number, values)

    def _values(self, text: str) -> list[str]:
        try:
            return self._cut([text])
        except csv.Error as error:
            if not _is_open(error) or (values := self._joined(text)) is None:
                raise
            return values

    def _cut(self, pieces: list[str]) -> list[str]:
        return next(csv.reader(pieces, delimiter=self._shape.delimiter, strict=True))

    def _joined(self, text: str) -> list[str] | None:
        """The values of a record whose quoted value holds line breaks; None when the quote is just not closed.

        Were the inner lines read by themselves, whoever writes a payer's name could write a recharge.
        """
        pieces, size = [text], len(text)
        taken: list[tuple[int, bytes]] = []
        while len(taken) < _LINES_JOINED and size <= LINE_LIMIT and (following := self._take()) is not None:
            taken.append(following)
            size += len(following[1])
            try:
                pieces.append(following[1].decode(self._codec))
                values = self._cut(pieces) if '"' in pieces[-1] else []
            except UnicodeDecodeError:
                break
            except csv.Error as error:
                if _is_open(error):
                    continue
                break
            if len(values) == len(self._shape.head):
                self.line = following[0]
                return values
            if values:
                break
        self._ahead.extendleft(reversed(taken))
        return None

    def _line(self, number: int, values: list[str]) -> Line | BadLine:
        head = self._shape.head
        row = dict(zip(head, values, strict=False))
        try:
            if any(value.strip() for value in values[len(head) :]):
                raise LineError(Message(N_("more values than columns")))
            if any(value.strip() for name, value in zip(head, values, strict=False) if not name):
                raise LineError(Message(N_("a value stands in a column without a name")))
            return parse_line(
                number,
                row,
                currency=self._currency,
                zone=self._zone,
                comma_is_unclear=self._shape.delimiter != ",",
            )
        except LineError as error:
            told = {name: shown_value(row[name]) for name in COLUMNS if row.get(name)}
            external_id = error.told_id or shown(row.get("external_id", ""))[:_EXTERNAL_ID]
            return BadLine(number, error.message, external_id, told, contradicts=bool(error.told_id))


def shown_value(value: str) -> str:
    """A value as it is kept beside a problem: its beginning, without what no database takes."""
    return value[:_VALUE_SHOWN].replace("\x00", "\N{REPLACEMENT CHARACTER}")


def _told_raw(text: str) -> dict[str, str]:
    return {"line": shown_value(text.rstrip("\r\n"))}


def _is_open(error: csv.Error) -> bool:
    """Whether a quotation mark was opened and not closed before the text ended."""
    return "unexpected end of data" in str(error)


def _quote_fault(error: csv.Error) -> Message:
    if _is_open(error):
        return Message(N_("not readable as CSV: a quotation mark is not closed on its line"))
    return Message(N_("not readable as CSV: a quotation mark inside a value must be doubled"))


def _physical_lines(file: BinaryIO, encoding: str) -> Iterator[tuple[int, bytes]]:
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


def _codec_of_lines(encoding: str) -> str:
    """The codec in which `_physical_lines` hands out lines: UTF-16 is turned into UTF-8 on the way."""
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


def _unusable(sentence: str, **values: str) -> Invalid:
    return Invalid({"file": [Message(sentence, **values)]})
