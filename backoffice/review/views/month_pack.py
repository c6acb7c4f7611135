"""All documents of a month as one zip, however many they are: PDF and XML of each invoice and each credit note.

The zip is planned before it begins: a first pass reads the register in pieces, looks whether each document is in the
store and how long its XML is, and keeps what it found in files of its own. From then on no database is needed, the
length is known, and the browser shows how far it is.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any, BinaryIO, cast

from flask import Response, request
from flask_babel import gettext

from backoffice import clock, storage
from backoffice.errors import N_, BackofficeError, Message, NotFound
from backoffice.extensions import limiter
from backoffice.issuing.rules import encloses_xml
from backoffice.issuing.services import documents
from backoffice.permissions import Permission
from backoffice.review.views import how_to_verify
from backoffice.review.views.books import asked_month
from backoffice.review.views.month_register import TOTALS, Counted, rows_of
from backoffice.review.views.numbering import REGISTER
from backoffice.review.views.plumbing import blueprint
from backoffice.web import exports, limits, zips
from backoffice.web.filters import refuse_others
from backoffice.web.guards import current_actor, guard
from backoffice.web.zips import Member

PACKS = "10 per minute; 60 per hour"
# Documents that turn out altered while they are read are named at the end, in room that was kept for them.
_NAMED, _LINE = 100, 100
_IN_MEMORY = 256 * 1024
_NO_HASH = "0" * 64
_NO_DOCUMENT = "its document is not made yet / 文件尚未生成"
_NOT_STORED = "its document is not in the store / 文件库中没有此文件"
_NOT_WHOLE = "its document is not whole / 文件不完整"
_NO_XML = "its XML cannot be read / 无法读取其中的 XML"
_ALTERED = "its document was altered / 文件被改动"


@blueprint.get("/books/register.zip")
@guard(Permission.SEE_BOOKS)
@limiter.limit(PACKS, key_func=limits.who_asks)
def month_pack() -> Response:
    """All documents of a month with its register and their hashes; what is not in the store is named in it."""
    refuse_others(request.args, ("month",))
    first = asked_month()
    plan = Plan(f"{first:%Y-%m}")
    try:
        plan.make(rows_of(first), maker=current_actor().label)
    except BaseException:
        plan.close()
        raise
    return zips.answer(
        plan.members(),
        plan.size,
        at=clock.now().astimezone(clock.zone()),
        name=f"{gettext('Invoices')} {first:%Y-%m}.zip",
        ascii_name=f"invoices-{first:%Y-%m}.zip",
        done=plan.close,
    )


class Plan:
    """What goes into the zip of a month, kept in temporary files: memory does not grow with the month."""

    def __init__(self, month: str) -> None:
        self.month, self.folder = month, f"invoices-{month}"
        self._measure = zips.Measure()
        self._files = ExitStack()
        self._listing, self._register, self._sums, self._problems = (self._file() for _ in range(4))
        self._about = self._totals = b""
        self._count = self._bytes = self._summed = self._room = 0
        self._held, self._is_altered = b"", False
        self._altered: list[str] = []

    def _file(self) -> BinaryIO:
        return cast(BinaryIO, self._files.enter_context(tempfile.SpooledTemporaryFile(_IN_MEMORY)))

    @property
    def size(self) -> int:
        """Bytes of the whole zip."""
        return self._measure.total

    def make(self, rows: Iterable[Any], *, maker: str) -> None:
        """Read the register once, and say what the zip will hold. Raises NotFound for a month without a document."""
        counted, written = Counted(), hashlib.sha256()
        for piece in exports.csv_lines(REGISTER, self._looked_at(counted.counting(rows))):
            self._register.write(piece)
            written.update(piece)
        if not self._count and not self._problems.tell():
            raise NotFound(Message(N_("No invoice and no credit note is dated in this month")))
        self._totals = b"".join(exports.csv_lines(TOTALS, counted.totals()))
        self._about = how_to_verify.of_month(self.month, count=self._count, size=self._bytes, maker=maker)
        for name, sha256 in (
            ("register.csv", written.hexdigest()),
            ("totals.csv", hashlib.sha256(self._totals).hexdigest()),
            ("HOW-TO-VERIFY.txt", hashlib.sha256(self._about).hexdigest()),
        ):
            self._sums.write(how_to_verify.sum_line(name, sha256))
        self._summed += self._sums.tell()
        self._room = len(how_to_verify.PROBLEMS.encode()) + self._problems.tell() + _NAMED * _LINE
        for name, size in self._further().items():
            self._measure.add(self._path(name), size)

    def _looked_at(self, rows: Iterable[Any]) -> Iterator[Any]:
        """Each row, after a look at its document in the store."""
        for row in rows:
            fault = self._fault(row)
            xml = None if fault is not None else self._xml_of(row)
            if fault is not None:
                self._problems.write(_problem(row.number, fault))
            else:
                self._listing.write(json.dumps([row.number, row.pdf_sha256, row.pdf_size, xml]).encode() + b"\n")
                for name, size in _parts(row.number, row.pdf_size, xml):
                    self._measure.add(self._path(name), size)
                    self._summed += _length_of_sum(name)
                self._count, self._bytes = self._count + 1, self._bytes + row.pdf_size + (xml or 0)
            yield row

    def _fault(self, row: Any) -> str | None:
        if row.pdf_sha256 is None:
            return _NO_DOCUMENT
        stored = storage.size_of(row.pdf_sha256)
        if stored is None:
            return _NOT_STORED
        return None if stored == row.pdf_size else _NOT_WHOLE

    def _xml_of(self, row: Any) -> int | None:
        """How long the XML of a document is that is there; None for one that brings none."""
        if not encloses_xml(row.template):
            return None
        try:
            size = documents.enclosed_size(row.pdf_sha256)
        except BackofficeError:
            size = None
        if size is None:
            self._problems.write(_problem(row.number, _NO_XML))
        return size

    def _path(self, name: str) -> str:
        return f"{self.folder}/{name}"

    def _further(self) -> dict[str, int]:
        """What the zip holds beside the documents: size by name."""
        return {
            "HOW-TO-VERIFY.txt": len(self._about),
            "register.csv": self._register.tell(),
            "totals.csv": len(self._totals),
            "SHA256SUMS": self._summed,
            "PROBLEMS.txt": self._room,
        }

    def members(self) -> Iterator[Member]:
        """The files of the zip one after the other. Needs neither the request nor the database."""
        sizes = self._further()
        # The documents first, in the order in which they were counted: beyond 4 GiB each entry is longer.
        self._listing.seek(0)
        for line in self._listing:
            number, sha256, size, xml = json.loads(line)
            pdf, *further = _parts(number, size, xml)
            yield Member(self._path(pdf[0]), size, partial(self._document, number, sha256, pdf[0]))
            for name, length in further:
                yield Member(self._path(name), length, partial(self._xml, name, length))
        self._held = b""
        reads: dict[str, Callable[[], bytes | BinaryIO]] = {
            "HOW-TO-VERIFY.txt": lambda: self._about,
            "register.csv": partial(_begun, self._register),
            "totals.csv": lambda: self._totals,
            "SHA256SUMS": partial(_begun, self._sums),
            "PROBLEMS.txt": self._told,
        }
        for name, size in sizes.items():
            yield Member(self._path(name), size, reads[name])

    def _document(self, number: str, sha256: str, name: str) -> bytes:
        """The stored bytes. Altered ones are handed out as they are, but not silently: the sums refuse them, too."""
        with storage.open_file(sha256) as file:
            self._held = file.read()
        self._sums.write(how_to_verify.sum_line(name, sha256))
        self._is_altered = hashlib.sha256(self._held).hexdigest() != sha256
        if self._is_altered and len(self._altered) < _NAMED:
            self._altered.append(number)
        return self._held

    def _xml(self, name: str, size: int) -> bytes:
        """The XML inside the document that was handed out just now, as long as was said beforehand. That of an altered
        one proves nothing: the sums refuse it, whatever it is."""
        try:
            content = documents.enclosed_xml(self._held)
        except BackofficeError:
            content = b""
        is_whole = len(content) == size and not self._is_altered
        sha256 = hashlib.sha256(content).hexdigest() if is_whole else _NO_HASH
        self._sums.write(how_to_verify.sum_line(name, sha256))
        return content[:size].ljust(size)

    def _told(self) -> bytes:
        """The list of problems, as long as was said beforehand."""
        self._problems.seek(0)
        found = self._problems.read() + b"".join(_problem(number, _ALTERED) for number in self._altered)
        told = how_to_verify.PROBLEMS.encode() + found
        return told + b" " * (self._room - len(told) - 1) + b"\n"

    def close(self) -> None:
        """Let the files go."""
        self._files.close()


def _parts(number: str, pdf: int, xml: int | None) -> list[tuple[str, int]]:
    """The files of one document and their sizes; `xml` is None for one that brings none."""
    return [(f"{number}.pdf", pdf), *([(f"{number}.xml", xml)] if xml is not None else [])]


def _length_of_sum(name: str) -> int:
    return len(how_to_verify.sum_line(name, _NO_HASH))


def _problem(number: str, fault: str) -> bytes:
    return f"{number}: {fault}\n".encode()


def _begun(file: BinaryIO) -> BinaryIO:
    file.seek(0)
    return file
