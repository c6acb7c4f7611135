"""The Maildir that the mail server, or a fetching program, puts returned mail into. Nothing is ever deleted from it.

What waits lies in `new`; what was read goes to `cur` marked as seen; what a person has to look at goes to the folder
`.set-aside`, which mail programs show as a folder of the box.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import structlog

_log = structlog.get_logger(__name__)
_ASIDE = ".set-aside"


def waiting(folder: Path, limit: int) -> list[Path]:
    """The files that wait, the longest waiting first; none where there is no such Maildir."""
    try:
        with os.scandir(folder / "new") as entries:
            # A link could lead out of the Maildir.
            names = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
    except OSError:
        return []
    return [folder / "new" / name for name in sorted(names)[:limit]]


def read(letter: Path, most: int) -> bytes | None:
    """The first `most` bytes of a file; None when it is gone or closed to us."""
    try:
        with letter.open("rb") as file:
            return file.read(most)
    except FileNotFoundError:
        return None
    except OSError as error:
        _log.warning("delivery.returned_unreadable", file=letter.name, error=str(error))
        return None


def settle(folder: Path, letter: Path, *, set_aside: bool) -> None:
    """Take a file out of `new`, so that it is not read again. Whoever took it before has done the same."""
    box = folder / _ASIDE if set_aside else folder
    for part in ("tmp", "new", "cur"):
        (box / part).mkdir(parents=True, exist_ok=True)
    seen = letter.name.partition(":")[0] + (":2," if set_aside else ":2,S")
    with contextlib.suppress(FileNotFoundError):
        letter.rename(box / "cur" / seen)


def count_set_aside(folder: Path) -> int:
    """How many returned mails wait for a person to look at them."""
    count = 0
    for part in ("new", "cur"):
        with contextlib.suppress(OSError), os.scandir(folder / _ASIDE / part) as entries:
            count += sum(entry.is_file(follow_symlinks=False) for entry in entries)
    return count
