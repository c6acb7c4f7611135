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


def place(instance_path: Path) -> Path:
    """Where the installation keeps its heads."""
    return instance_path / "audit" / "heads.log"


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
                told = N_(
                    "The chain has another seal %(seal)s than the file of heads: look with backoffice audit verify."
                )
                raise Conflict(Message(told, seal=last.seal), code="audit-head-differs")
            added = 0
            for head in heads_after(last.seal if last else 0):
                file.write(head.line().encode())
                added += 1
            if added:
                file.flush()
                os.fsync(file.fileno())
    except OSError as error:
        raise Unavailable(Message(N_("The file of heads cannot be written now."))) from error
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
        told = N_("The file of heads ends with a line that is none: look at it before anything is added.")
        raise Conflict(Message(told), code="audit-head-differs") from error
