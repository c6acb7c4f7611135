"""What this process showed its readers of the checks of requests: a verdict keeps what was seen, and nobody waits for
the checks once more.

Only a memory: where it has nothing, because another process drew the page or this one began anew, the checks are worked
out with the verdict.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from datetime import datetime
from threading import Lock

from flask import Flask, current_app

from backoffice.permissions import Actor
from backoffice.review.checks.kept import Checked, as_kept, fingerprint, from_kept

_EXTENSION = "backoffice_remembered_checks"
# Pages that somebody may decide on; each takes some three kilobytes.
MOST = 256
_MARK = 16  # hexadecimal digits: two pages of one reader and request are told apart


# Its reader, the request, and the mark of what its checks said.
_Page = tuple[int | None, str, str]


class _Memory:
    """The last pages by who saw which request, and what on it. Several threads ask at once."""

    def __init__(self) -> None:
        self._pages: OrderedDict[_Page, tuple[datetime, str]] = OrderedDict()
        self._lock = Lock()

    def put(self, page: _Page, said: tuple[datetime, str]) -> None:
        with self._lock:
            self._pages[page] = said
            self._pages.move_to_end(page)
            while len(self._pages) > MOST:
                self._pages.popitem(last=False)

    def get(self, page: _Page) -> tuple[datetime, str] | None:
        with self._lock:
            return self._pages.get(page)


def init(app: Flask) -> None:
    """Give `app` its memory."""
    app.extensions[_EXTENSION] = _Memory()


def remember(reader: Actor, number: str, checked: Checked) -> str:
    """Keep what a page says; the mark of it, which its forms have to bring.

    A page that another process drew, or another one of the same reader, has a mark of its own.
    """
    kept = as_kept(checked.checks)
    mark = fingerprint(kept, checked.at)[:_MARK]
    # As text: a fifth of the memory that the sentences themselves take.
    _memory().put((reader.id, number, mark), (checked.at, json.dumps(kept)))
    return mark


def recall(reader: Actor, number: str, mark: str) -> Checked | None:
    """What the page said whose form brings `mark`; None where this process does not know."""
    found = _memory().get((reader.id, number, mark))
    return None if found is None else Checked(from_kept(json.loads(found[1])), found[0])


def _memory() -> _Memory:
    memory: _Memory = current_app.extensions[_EXTENSION]
    return memory
