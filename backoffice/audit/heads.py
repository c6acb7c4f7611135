"""The heads of the chain in a file outside the database: whoever rewrites the whole chain has to rewrite this as well,
and every copy of it.

One line for each seal: its number, its last event, the hash, the instant. Lines are only added.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from backoffice.audit.rules import Head
from backoffice.errors import N_, Conflict, Message, Unavailable

_END = 4096  # bytes; a line has less than 200
_UNWRITTEN = N_("The file of heads cannot be written now.")
_NO_HEAD = N_("The file of heads ends with a line that is none: look at it before anything is added.")


class HistoryCutOff(Conflict):
    """The file of heads goes on where the database ends: events were cut off, or a backup was restored."""

    code = "audit-history-cut-off"


def place(instance_path: Path) -> Path:
    """Where the installation keeps its heads."""
    return instance_path / "audit" / "heads.log"


def compare(path: Path, head_of: Callable[[int], Head | None], end: Callable[[], Head | None]) -> Head | None:
    """The last head in the file, where the chain has it; None where there is none.

    To be asked before anything is sealed: a new seal with the number of a lost one would look like history that was
    rewritten. Raises HistoryCutOff where the chain ends before that head, Conflict where it has another one.
    """
    last = _newest(path)
    if last is None or head_of(last.seal) == last:
        return last
    ending = end()
    if ending is not None and ending.seal >= last.seal:
        raise _differs(last)
    told = N_(
        "History was cut off after event %(event)s: seal %(seal)s was written outside on %(at)s, and is gone. Nothing "
        "is sealed until you say, with backoffice audit seal --after-restore, that a backup was restored."
    )
    raise HistoryCutOff(Message(told, event=ending.event if ending else 0, seal=last.seal, at=last.at))


def lost_since(path: Path, head_of: Callable[[int], Head | None], end: Head | None) -> Head:
    """The last head in a file that is ahead of a chain which ends with `end`: what a restore lost goes up to there.

    Raises Conflict where the file is not ahead, and where what it says up to the end of the chain is not the chain:
    that is no restore.
    """
    last, ends_at = _newest(path), end.seal if end else 0
    if last is None or last.seal <= ends_at:
        if last is not None and head_of(last.seal) != last:
            raise _differs(last)
        raise Conflict(Message(N_("The file of heads is not ahead of the database: nothing has to be begun anew.")))
    common = None
    for head in read(path):
        if head.seal > ends_at:
            break
        common = head
    if common is not None and head_of(common.seal) != common:
        raise _differs(common)
    return last


def put_aside(path: Path, to: Path) -> None:
    """Keep the file, with all its lines, under another name. Raises Conflict where that is taken, Unavailable when the
    disk refuses."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            to.hardlink_to(path)
            path.unlink()
    except FileExistsError as error:
        raise Conflict from error
    except OSError as error:
        raise Unavailable(Message(_UNWRITTEN)) from error


def append(path: Path, head_of: Callable[[int], Head | None], heads_after: Callable[[int], Iterable[Head]]) -> int:
    """Bring the file up to the chain, and to the disk; returns how many heads were added.

    What a killed process left half written is written anew. Raises Conflict where the last head in the file is not
    that of the chain: then history was rewritten, or another database is behind, and the file stays as it is.
    Raises Unavailable when the disk refuses.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            last = _last(file)
            if last is not None and head_of(last.seal) != last:
                raise _differs(last)
            added = 0
            for head in heads_after(last.seal if last else 0):
                file.write(head.line().encode())
                added += 1
            if added:
                file.flush()
                os.fsync(file.fileno())
    except OSError as error:
        raise Unavailable(Message(_UNWRITTEN)) from error
    return added


def read(path: Path) -> Iterator[Head]:
    """Every head in a file; the half of a last line is none yet. Raises ValueError for a line that is no head."""
    with path.open(encoding="ascii") as file:
        for line in file:
            if line.endswith("\n"):
                yield Head.of_line(line)


def newest(path: Path) -> list[Head]:
    """The last few heads in a file, in order, however long it is; none where there is no file. Raises ValueError for a
    line that is no head."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _END))
            lines = file.read().split(b"\n")[:-1]
    except FileNotFoundError:
        return []
    return [Head.of_line(line.decode("ascii")) for line in (lines[1:] if size > _END else lines)]


def _last(file: BinaryIO) -> Head | None:
    """The last whole line; what stands behind it is cut away."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END))
    whole, _, half = file.read().rpartition(b"\n")
    if half:
        file.truncate(size - len(half))
    try:
        return Head.of_line(whole.rpartition(b"\n")[2].decode("ascii")) if whole else None
    except ValueError as error:
        raise Conflict(Message(_NO_HEAD), code="audit-head-differs") from error


def _newest(path: Path) -> Head | None:
    try:
        return next(reversed(newest(path)), None)
    except ValueError as error:
        raise Conflict(Message(_NO_HEAD), code="audit-head-differs") from error
    except OSError as error:
        raise Unavailable(Message(_UNWRITTEN)) from error


def _differs(head: Head) -> Conflict:
    told = N_("The chain has another seal %(seal)s than the file of heads: look with backoffice audit verify.")
    return Conflict(Message(told, seal=head.seal), code="audit-head-differs")
