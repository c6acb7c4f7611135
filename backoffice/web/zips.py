"""A zip of any number of documents, streamed: its length is known before its first byte, and memory holds one document.

    measure = zips.Measure()
    for name, size in ...: measure.add(name, size)
    return zips.answer(members, measure.total, at=..., name="发票 2026-11.zip", ascii_name="invoices-2026-11.zip")

Nothing is compressed (a PDF is already), so every byte can be counted beforehand: the browser shows how far it is and
notices when something is missing at the end. Written by hand after APPNOTE.TXT 6.3.10 of PKWARE, because the libraries
keep an object for each member. Beyond 4 GiB or 65,535 members the directory is that of ZIP64.
"""

from __future__ import annotations

import io
import struct
import tempfile
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from flask import Response

from backoffice.web.downloads import disposition

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_OFFSET = struct.Struct("<2HQ")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR = struct.Struct("<4sIQI")
_END = struct.Struct("<4s4H2IH")

_PLAIN, _ZIP64 = 20, 45  # what a reader must know: version 2.0, 4.5
_UNIX = 3 << 8
_READABLE = 0o100644 << 16  # a regular file that everybody may read
_UTF8 = 0x0800
_MOST, _FAR = 0xFFFF, 0xFFFFFFFF
_PIECE = 256 * 1024
_DIRECTORY_IN_MEMORY = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a zip. `read` is called when its turn comes and gives exactly `size` bytes, at once or as a file."""

    name: str
    size: int
    read: Callable[[], bytes | BinaryIO]


def whole(name: str, content: bytes) -> Member:
    """A small file that is in memory already."""
    return Member(name, len(content), lambda: content)


class Measure:
    """How long a zip becomes, counted member by member. The limits, which tests bring nearer, are those of ZIP64."""

    def __init__(self, far: int = _FAR, most: int = _MOST) -> None:
        self._far, self._most = far, most
        self._members = self._directory = self._bytes = 0

    def add(self, name: str, size: int) -> None:
        """Count one more member. Raises ValueError for one that no plain entry can hold."""
        if size >= _FAR:
            raise ValueError("a member of a zip is smaller than 4 GiB here")
        length = len(name.encode())
        self._directory += _CENTRAL.size + length + (_OFFSET.size if self._bytes >= self._far else 0)
        self._bytes += _LOCAL.size + length + size
        self._members += 1

    @property
    def total(self) -> int:
        """All bytes, from the first member to the end of the directory."""
        is_large = self._members >= self._most or max(self._bytes, self._directory) >= self._far
        return self._bytes + self._directory + _END.size + (_END64.size + _LOCATOR.size if is_large else 0)


class Stream:
    """The bytes of a zip, one after the other. An object, no generator: what nobody reads has to be let go, too."""

    def __init__(
        self,
        members: Iterable[Member],
        at: datetime,
        done: Callable[[], None] | None = None,
        far: int = _FAR,
        most: int = _MOST,
    ) -> None:
        self._done, self._writer = done, _Writer(at, far, most)
        self._pieces = self._writer.pieces(members)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._pieces)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let everything go; the server calls it whatever became of the answer. More than once is fine."""
        self._pieces.close()
        self._writer.directory.close()
        done, self._done = self._done, None
        if done is not None:
            done()

    def __del__(self) -> None:
        self.close()


class _Writer:
    """Writes member after member, and what the directory says of them. It knows nothing of its stream: that one is let
    go as soon as nobody holds it."""

    def __init__(self, at: datetime, far: int, most: int) -> None:
        self._far, self._most = far, most
        self._when = _dos(at)
        self._written = self._count = 0
        self.directory = tempfile.SpooledTemporaryFile(_DIRECTORY_IN_MEMORY)  # noqa: SIM115  closed with the stream

    def pieces(self, members: Iterable[Member]) -> Generator[bytes, None, None]:
        """All members, then the directory."""
        for member in members:
            for piece in self._member(member):
                self._written += len(piece)
                yield piece
        size = self.directory.tell()
        self.directory.seek(0)
        while piece := self.directory.read(_PIECE):
            yield piece
        yield self._end(size)

    def _member(self, member: Member) -> Iterator[bytes]:
        content = member.read()
        file = io.BytesIO(content) if isinstance(content, bytes) else content
        with file:
            checksum = size = 0
            while piece := file.read(_PIECE):
                checksum, size = zlib.crc32(piece, checksum), size + len(piece)
            if size != member.size:
                raise ValueError(f"{member.name} has {size} bytes, not {member.size}")
            name = member.name.encode()
            shared = (_UTF8, 0, *self._when, checksum, size, size, len(name))
            self._enter(name, shared)
            yield _LOCAL.pack(b"PK\x03\x04", _PLAIN, *shared, 0) + name
            file.seek(0)
            while piece := file.read(_PIECE):
                yield piece

    def _enter(self, name: bytes, shared: tuple[int, ...]) -> None:
        """Write the member into the directory, with the place where it begins."""
        is_far = self._written >= self._far
        further = _OFFSET.pack(1, 8, self._written) if is_far else b""
        needed = _ZIP64 if is_far else _PLAIN
        place = _FAR if is_far else self._written
        entry = _CENTRAL.pack(b"PK\x01\x02", _UNIX | needed, needed, *shared, len(further), 0, 0, 0, _READABLE, place)
        self.directory.write(entry + name + further)
        self._count += 1

    def _end(self, size: int) -> bytes:
        begins = self._written
        if self._count < self._most and max(begins, size) < self._far:
            return _END.pack(b"PK\x05\x06", 0, 0, self._count, self._count, size, begins, 0)
        record = _END64.pack(
            b"PK\x06\x06", _END64.size - 12, _UNIX | _ZIP64, _ZIP64, 0, 0, self._count, self._count, size, begins
        )
        locator = _LOCATOR.pack(b"PK\x06\x07", 0, begins + size, 1)
        return record + locator + _END.pack(b"PK\x05\x06", 0, 0, _MOST, _MOST, _FAR, _FAR, 0)


def answer(
    members: Iterable[Member],
    size: int,
    *,
    at: datetime,
    name: str,
    ascii_name: str,
    done: Callable[[], None] | None = None,
) -> Response:
    """The response that streams these members as a zip of `size` bytes; `done` is called at its end, come what may.

    `at` is the local time that every member carries: the same documents give the same bytes. `members` are read after
    the view has returned, and must need neither its request nor the database.
    """
    response = Response(Stream(members, at, done), mimetype="application/zip")
    response.headers["Content-Disposition"] = disposition(name, ascii_name)
    response.content_length = size
    return response


def _dos(at: datetime) -> tuple[int, int]:
    """Time and date as MS-DOS wrote them, to two seconds."""
    time = at.hour << 11 | at.minute << 5 | at.second // 2
    return time, (max(at.year, 1980) - 1980) << 9 | at.month << 5 | at.day
