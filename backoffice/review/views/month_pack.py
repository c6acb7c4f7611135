"""The register of a month as a file, and all its documents as one zip, however many they are.

The zip is planned before it begins: a first pass reads the register in pieces, looks whether each document is in the
store, and keeps what it found in files of its own. From then on no database is needed, the length is known, and the
browser shows how far it is.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import date
from functools import partial
from itertools import chain
from typing import Any, BinaryIO, cast

from flask import Response, request
from flask_babel import gettext

from backoffice import clock, storage
from backoffice.database import session
from backoffice.errors import N_, Message, NotFound
from backoffice.extensions import limiter
from backoffice.permissions import Permission
from backoffice.review.queries import register as queries
from backoffice.review.views import how_to_verify
from backoffice.review.views.books import asked_month, last_of
from backoffice.review.views.numbering import REGISTER
from backoffice.review.views.plumbing import blueprint
from backoffice.web import exports, limits, zips
from backoffice.web.filters import refuse_others
from backoffice.web.guards import current_actor, guard
from backoffice.web.paging import every_row
from backoffice.web.zips import Member

PACKS = "10 per minute; 60 per hour"
# Documents that turn out altered while they are read are named at the end, in room that was kept for them.
_NAMED, _LINE = 100, 100
_IN_MEMORY = 256 * 1024
_NO_DOCUMENT = "its document is not made yet / 文件尚未生成"
_NOT_STORED = "its document is not in the store / 文件库中没有此文件"
_NOT_WHOLE = "its document is not whole / 文件不完整"
_ALTERED = "its document was altered / 文件被改动"


@blueprint.get("/books/register.<any(csv, xlsx):extension>")
@guard(Permission.SEE_BOOKS)
@limiter.limit(exports.EXPORTS, key_func=limits.who_asks)
def export_register(extension: str) -> Any:
    """The invoices dated in a month as a file, in the order of their numbers."""
    refuse_others(request.args, ("month",))
    first = asked_month()
    name = gettext("Register %(period)s", period=f"{first:%Y-%m}")
    return exports.answer(extension, REGISTER, _rows(first), name=name, ascii_name=f"register-{first:%Y-%m}")


@blueprint.get("/books/register.zip")
@guard(Permission.SEE_BOOKS)
@limiter.limit(PACKS, key_func=limits.who_asks)
def month_pack() -> Response:
    """All documents of a month with its register and their hashes; what is not in the store is named in it."""
    refuse_others(request.args, ("month",))
    first = asked_month()
    plan = Plan(f"{first:%Y-%m}")
    try:
        plan.make(_rows(first), maker=current_actor().label)
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


def _rows(first: date) -> Iterator[Any]:
    """The register of a month in pieces; between two of them neither snapshot nor connection is held."""
    statements = queries.invoices_between(first, last_of(first))
    return chain.from_iterable(every_row(session, each, queries.ORDER) for each in statements)


class Plan:
    """What goes into the zip of a month, kept in temporary files: memory does not grow with the month."""

    def __init__(self, month: str) -> None:
        self.month, self.folder = month, f"invoices-{month}"
        self._measure = zips.Measure()
        self._files = ExitStack()
        self._listing, self._register, self._sums, self._problems = (self._file() for _ in range(4))
        self._about = b""
        self._count = self._bytes = self._room = 0
        self._altered: list[str] = []

    def _file(self) -> BinaryIO:
        return cast(BinaryIO, self._files.enter_context(tempfile.SpooledTemporaryFile(_IN_MEMORY)))

    @property
    def size(self) -> int:
        """Bytes of the whole zip."""
        return self._measure.total

    def make(self, rows: Iterable[Any], *, maker: str) -> None:
        """Read the register once, and say what the zip will hold. Raises NotFound for a month without an invoice."""
        written = hashlib.sha256()
        for piece in exports.csv_lines(REGISTER, self._looked_at(rows)):
            self._register.write(piece)
            written.update(piece)
        if not self._count and not self._problems.tell():
            raise NotFound(Message(N_("No invoice is dated in this month")))
        self._about = how_to_verify.of_month(self.month, count=self._count, size=self._bytes, maker=maker)
        for name, sha256 in (
            ("register.csv", written.hexdigest()),
            ("HOW-TO-VERIFY.txt", hashlib.sha256(self._about).hexdigest()),
        ):
            self._sums.write(how_to_verify.sum_line(name, sha256))
        self._room = len(how_to_verify.PROBLEMS.encode()) + self._problems.tell() + _NAMED * _LINE
        for name, size in self._further():
            self._measure.add(name, size)

    def _looked_at(self, rows: Iterable[Any]) -> Iterator[Any]:
        """Each row, after a look at its document in the store."""
        for row in rows:
            fault = self._fault(row)
            if fault is not None:
                self._problems.write(_problem(row.number, fault))
            else:
                name = f"{row.number}.pdf"
                self._measure.add(f"{self.folder}/{name}", row.pdf_size)
                self._sums.write(how_to_verify.sum_line(name, row.pdf_sha256))
                self._listing.write(json.dumps([row.number, row.pdf_sha256, row.pdf_size]).encode() + b"\n")
                self._count, self._bytes = self._count + 1, self._bytes + row.pdf_size
            yield row

    def _fault(self, row: Any) -> str | None:
        if row.pdf_sha256 is None:
            return _NO_DOCUMENT
        stored = storage.size_of(row.pdf_sha256)
        if stored is None:
            return _NOT_STORED
        return None if stored == row.pdf_size else _NOT_WHOLE

    def _further(self) -> list[tuple[str, int]]:
        """What the zip holds beside the documents, by name and size."""
        sizes = {
            "HOW-TO-VERIFY.txt": len(self._about),
            "register.csv": self._register.tell(),
            "SHA256SUMS": self._sums.tell(),
            "PROBLEMS.txt": self._room,
        }
        return [(f"{self.folder}/{name}", size) for name, size in sizes.items()]

    def members(self) -> Iterator[Member]:
        """The files of the zip one after the other. Needs neither the request nor the database."""
        reads: tuple[Callable[[], bytes | BinaryIO], ...] = (
            lambda: self._about,
            partial(_begun, self._register),
            partial(_begun, self._sums),
            self._told,
        )
        about, register, sums, problems = (
            Member(name, size, read) for (name, size), read in zip(self._further(), reads, strict=True)
        )
        # The documents first, in the order in which they were counted: beyond 4 GiB each entry is longer.
        self._listing.seek(0)
        for line in self._listing:
            number, sha256, size = json.loads(line)
            yield Member(f"{self.folder}/{number}.pdf", size, partial(self._document, number, sha256))
        yield from (about, register, sums, problems)

    def _document(self, number: str, sha256: str) -> bytes:
        """The stored bytes. Altered ones are handed out as they are, but not silently: the sums refuse them, too."""
        with storage.open_file(sha256) as file:
            content = file.read()
        if hashlib.sha256(content).hexdigest() != sha256 and len(self._altered) < _NAMED:
            self._altered.append(number)
        return content

    def _told(self) -> bytes:
        """The list of problems, as long as was said beforehand."""
        self._problems.seek(0)
        found = self._problems.read() + b"".join(_problem(number, _ALTERED) for number in self._altered)
        told = how_to_verify.PROBLEMS.encode() + found
        return told + b" " * (self._room - len(told) - 1) + b"\n"

    def close(self) -> None:
        """Let the files go."""
        self._files.close()


def _problem(number: str, fault: str) -> bytes:
    return f"{number}: {fault}\n".encode()


def _begun(file: BinaryIO) -> BinaryIO:
    file.seek(0)
    return file
