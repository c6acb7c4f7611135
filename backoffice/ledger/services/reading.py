"""Reading the platform's CSV files: how a file is written is found out first and said, then its lines are streamed.

Never more of a file is in memory than a line: `shape` reads the head, `Reader` gives out what the books are offered.
Whether a number that ends in zeros was rounded, and whether a comma means thousands, only the file's other lines tell,
so a pass before the first line looks for both.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from zoneinfo import ZoneInfo

from backoffice.errors import N_, Message
from backoffice.ledger.rules import (
    COLUMNS,
    KINDS,
    REQUIRED_COLUMNS,
    Line,
    has_decimal_comma,
    missing_columns,
    parse_line,
)
from backoffice.ledger.services.encodings import LINE_LIMIT, codec_of_lines, physical_lines, unusable
from backoffice.ledger.spreadsheets import ENTRY_IDS, LineError, ends_by_chance, long_id, shown

DELIMITERS = {",": N_("comma"), ";": N_("semicolon"), "\t": N_("tab")}
_VALUE_SHOWN = 300
_EXTERNAL_ID = 120
_NAMES_SHOWN = 20
# A value with more line breaks than this is taken for a quote that somebody forgot to close.
_LINES_JOINED = 20
# Where a value may hold line breaks, and which values are as good when their end is cut off.
_PROSE = "description"
_CUT_UNSEEN = frozenset({"external_id", "account", "amount", "occurred_at", "refund_of"})
# Beyond the figures that a spreadsheet keeps of a number.
_LONG_NUMBER = re.compile(rb"[1-9][0-9]{15}")
# A quoted number with one or two figures behind a comma.
_QUOTED_COMMA = re.compile(rb'"[-0-9. \']*[0-9],[0-9]{1,2}"')
# What Excel writes, or is told by, in a line above the head.
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE | re.DOTALL)


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
class Shape:
    """How the lines of a file are cut and named. Columns that mean nothing to us are `ignored`, and said.

    `head_line` is the number of the line that names the columns.
    """

    encoding: str
    delimiter: str
    head: tuple[str, ...]
    ignored: tuple[str, ...]
    head_line: int = 1


def shape(file: BinaryIO, encoding: str) -> Shape:
    """Read the head: the delimiter is what the line above it says, else the one that finds most of our columns.

    Raises Invalid (field `file`) when the head cannot be read, lacks a column, or names one twice.
    """
    lines = physical_lines(file, encoding)
    head_line, text = 1, _head_text(next(lines, (1, b""))[1], encoding)
    signs = tuple(DELIMITERS)
    if told := _SEPARATOR_LINE.fullmatch(text):
        if told[1] not in DELIMITERS:
            raise unusable(N_("The first line names a separator that is no comma, semicolon or tab."))
        head_line, text, signs = 2, _head_text(next(lines, (2, b""))[1], encoding), (told[1],)
    heads = {sign: head for sign in signs if (head := _cut_head(text, sign)) is not None}
    if not heads:
        raise unusable(N_("The quotation marks of the line with the names of the columns do not fit together."))
    names = {sign: [name.strip().casefold() for name in head] for sign, head in heads.items()}
    delimiter = max(names, key=lambda sign: len(set(names[sign]) & set(COLUMNS)))
    head = names[delimiter]
    if missing := missing_columns(head):
        raise unusable(N_("The file lacks the columns %(names)s."), names=", ".join(missing))
    counts = Counter(name for name in head if name)
    if twice := [name for name in COLUMNS if counts[name] > 1]:
        raise unusable(N_("The file has these columns twice: %(names)s."), names=", ".join(twice))
    ignored = dict.fromkeys(
        shown(typed.strip()) for typed, name in zip(heads[delimiter], head, strict=True) if name and name not in COLUMNS
    )
    return Shape(encoding, delimiter, tuple(head), tuple(ignored)[:_NAMES_SHOWN], head_line)


def _cut_head(text: str, sign: str) -> list[str] | None:
    """The names between these signs; None where it cannot be cut by them: quoted names stand beside another sign."""
    try:
        return next(csv.reader([text], delimiter=sign, strict=True), [])
    except csv.Error:
        return None


def _head_text(raw: bytes, encoding: str) -> str:
    if b"\r" in raw and not raw.endswith(b"\n") and b"\x00" not in raw:
        raise unusable(N_("The lines of the file end as on an old Macintosh. Save it as CSV UTF-8."))
    if len(raw) > LINE_LIMIT:
        raise unusable(N_("The first line is too long to be the names of the columns."))
    if b"\x00" in raw:
        raise unusable(N_("The file looks like UTF-16 without a byte order mark. Save it as CSV UTF-8."))
    try:
        return raw.decode(codec_of_lines(encoding)).removeprefix("\ufeff").rstrip("\r\n")
    except UnicodeDecodeError:
        raise unusable(N_("The file is not UTF-8 text.")) from None


class Reader:
    """The lines of a file behind line number `after`, streamed; one that cannot be read is given out as a BadLine.

    `line` is the last line of the file that was used up, where a later Reader may go on. A byte that is no text, an
    endless line or a quote that is never closed costs its line alone. Blank lines, also such as hold nothing but
    delimiters, are passed over.
    """

    def __init__(self, file: BinaryIO, shape: Shape, *, currency: str, zone: ZoneInfo, after: int = 1) -> None:
        self.line = max(after, shape.head_line)
        self._file, self._shape, self._currency, self._zone = file, shape, currency, zone
        self._codec = codec_of_lines(shape.encoding)
        self._source = physical_lines(file, shape.encoding)
        self._ahead: deque[tuple[int, bytes]] = deque()
        # Excel leaves out empty values at the end of a line; those up to here must be there.
        self._needed = max(shape.head.index(name) for name in REQUIRED_COLUMNS) + 1
        self._whole_ids: frozenset[int] = frozenset()
        self._comma_is_unclear = shape.delimiter != ","

    def again(self) -> Reader:
        """Another Reader of the same file, from its first line on. This one is of no use any more."""
        return Reader(self._file, self._shape, currency=self._currency, zone=self._zone)

    def __iter__(self) -> Iterator[Line | BadLine]:
        after, blank = self.line, b'\r\n\t "' + self._shape.delimiter.encode()
        self._look_through()
        while (taken := self._take()) is not None:
            number, raw = taken
            if number > after:
                self.line = number
                if raw.strip(blank):
                    yield from self._record(number, raw)

    def _look_through(self) -> None:
        """How long the ids are that may end in zeros by chance, and whether amounts have a decimal comma.

        All of the file tells, wherever this begins. Lines that cannot be read by themselves do not count.
        """
        columns = [self._shape.head.index(name) for name in ENTRY_IDS]
        amount = self._shape.head.index("amount")
        seen: Counter[int] = Counter()
        zeros: Counter[int] = Counter()
        for _, raw in physical_lines(self._file, self._shape.encoding):
            if len(raw) > LINE_LIMIT or (_LONG_NUMBER.search(raw) is None and _QUOTED_COMMA.search(raw) is None):
                continue
            try:
                values = self._cut([raw.decode(self._codec)])
            except (UnicodeDecodeError, csv.Error):
                continue
            self._comma_is_unclear |= len(values) > amount and has_decimal_comma(values[amount])
            for found in (long_id(values[at].strip(" ")) for at in columns if at < len(values)):
                if found is not None:
                    length, rounded = found
                    seen[length] += 1
                    zeros[length] += rounded
        self._whole_ids = frozenset(each for each in seen if ends_by_chance(each, zeros[each], seen[each]))

    def _take(self) -> tuple[int, bytes] | None:
        return self._ahead.popleft() if self._ahead else next(self._source, None)

    def _record(self, number: int, raw: bytes) -> list[Line | BadLine]:
        if len(raw) > LINE_LIMIT:
            return [BadLine(number, Message(N_("longer than %(limit)s bytes"), limit=LINE_LIMIT))]
        try:
            text = raw.decode(self._codec)
        except UnicodeDecodeError:
            reason = Message(
                N_("not %(encoding)s text; save the whole file as CSV UTF-8"), encoding=self._codec.upper()
            )
            return [BadLine(number, reason, told=_told_raw(raw.decode(self._codec, "replace")))]
        pieces = [text]
        try:
            values = self._cut(pieces)
        except csv.Error as error:
            joined = self._joined(text) if _is_open(error) else None
            if joined is None:
                return [BadLine(number, _quote_fault(error), told=_told_raw(text))]
            pieces, values = joined
            if (fault := self._joining_fault(number, pieces, values)) is not None:
                return [BadLine(number + n, fault, told=_told_raw(piece)) for n, piece in enumerate(pieces)]
        return [self._line(number, values, ended=pieces[-1].endswith(("\n", "\r")))]

    def _cut(self, pieces: list[str]) -> list[str]:
        return next(csv.reader(pieces, delimiter=self._shape.delimiter, strict=True))

    def _joined(self, text: str) -> tuple[list[str], list[str]] | None:
        """The lines and values of a record whose quoted value holds line breaks; None when the quote is not closed.

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
                return pieces, values
            if values:
                break
        self._ahead.extendleft(reversed(taken))
        return None

    def _joining_fault(self, number: int, pieces: list[str], values: list[str]) -> Message | None:
        """Why lines between two quotation marks are not one record: what two stray ones enclose may be entries."""
        last = number + len(pieces) - 1
        for name, value in zip(self._shape.head, values, strict=True):
            if name != _PROSE and ("\n" in value or "\r" in value):
                return Message(
                    N_("quotation marks join lines %(first)s to %(last)s; only a description may have several"),
                    first=number, last=last,
                )  # fmt: skip
        if any(self._is_entry(piece) for piece in pieces[1:]):
            return Message(
                N_("quotation marks join lines %(first)s to %(last)s, and one of these reads as an entry"),
                first=number, last=last,
            )  # fmt: skip
        return None

    def _is_entry(self, piece: str) -> bool:
        try:
            values = self._cut([piece])
        except csv.Error:
            return False
        return len(values) >= self._needed and values[self._shape.head.index("kind")].strip() in KINDS

    def _line(self, number: int, values: list[str], *, ended: bool) -> Line | BadLine:
        row = dict(zip(self._shape.head, values, strict=False))
        try:
            self._check_columns(values, ended=ended)
            return parse_line(
                number,
                row,
                currency=self._currency,
                zone=self._zone,
                comma_is_unclear=self._comma_is_unclear,
                whole_ids=self._whole_ids,
            )
        except LineError as error:
            told = {name: shown_value(row[name]) for name in COLUMNS if row.get(name)}
            external_id = error.told_id or shown(row.get("external_id", ""))[:_EXTERNAL_ID]
            return BadLine(number, error.message, external_id, told, contradicts=bool(error.told_id))

    def _check_columns(self, values: list[str], *, ended: bool) -> None:
        """Raise LineError where values and columns do not match, or where the line may have lost its end."""
        head = self._shape.head
        if any(value.strip() for value in values[len(head) :]):
            raise LineError(Message(N_("more values than columns")))
        if any(value.strip() for name, value in zip(head, values, strict=False) if not name):
            raise LineError(Message(N_("a value stands in a column without a name")))
        short = len(values) < len(head)
        if not ended and (short or (values[-1].strip() and head[-1] in _CUT_UNSEEN)):
            raise LineError(Message(N_("the file may be cut off here: end its last line with a line break")))
        if len(values) < self._needed:
            raise LineError(Message(N_("fewer values than columns")))


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
    if "new-line character" in str(error):
        return Message(N_("a line break of an old Macintosh stands in the line; save the whole file as CSV UTF-8"))
    return Message(N_("not readable as CSV: a quotation mark inside a value must be doubled"))
