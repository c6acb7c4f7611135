"""How far an import is that keeps nothing yet: a note in a file, because its transaction is seen by nobody else.

It is for show only. A note that cannot be written or read is no fault.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Progress:
    """Bytes and lines that were read."""

    bytes_done: int = 0
    lines: int = 0


def folder_in(instance: Path) -> Path:
    """Where the notes of an installation lie."""
    return instance / "cache" / "imports"


def note(folder: Path, file_id: int, progress: Progress) -> None:
    """Write down how far the import is; whoever reads sees the note before or this one, never a part."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f".{file_id}"
        fresh.write_text(json.dumps([progress.bytes_done, progress.lines]))
        fresh.replace(folder / str(file_id))


def read(folder: Path, file_id: int) -> Progress:
    """How far the import is; zero when nothing was noted."""
    with suppress(OSError, ValueError):
        bytes_done, lines = json.loads((folder / str(file_id)).read_text())
        return Progress(int(bytes_done), int(lines))
    return Progress()


def forget(folder: Path, file_id: int) -> None:
    """Throw the note away: the database tells the rest."""
    with suppress(OSError):
        (folder / str(file_id)).unlink(missing_ok=True)
