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
from backoffice.review.checks.kept import Checked, as_kept, from_kept

_EXTENSION = "backoffice_remembered_checks"
# Pages that somebody may decide on; each takes some three kilobytes.
MOST = 256


class _Memory:
    """The last pages by who saw which request how far. Several threads ask at once."""

    def __init__(self) -> None:
        self._pages: OrderedDict[tuple[int | None, str, str], tuple[datetime, str]] = OrderedDict()
        self._lock = Lock()

    def put(self, page: tuple[int | None, str, str], said: tuple[datetime, str]) -> None:
        with self._lock:
            self._pages[page] = said
            self._pages.move_to_end(page)
            while len(self._pages) > MOST:
                self._pages.popitem(last=False)

    def get(self, page: tuple[int | None, str, str]) -> tuple[datetime, str] | None:
        with self._lock:
            return self._pages.get(page)


def init(app: Flask) -> None:
    """Give `app` its memory."""
    app.extensions[_EXTENSION] = _Memory()


def remember(reader: Actor, number: str, word: str, checked: Checked) -> None:
    """Keep what the page said that showed a request as far as `word` (`queries.seen`)."""
    # As text: a fifth of the memory that the sentences themselves take.
    _memory().put((reader.id, number, word), (checked.at, json.dumps(as_kept(checked.checks))))


def recall(reader: Actor, number: str, word: str) -> Checked | None:
    """What the page said whose form brings `word`; None where this process does not know."""
    found = _memory().get((reader.id, number, word))
    return None if found is None else Checked(from_kept(json.loads(found[1])), found[0])


def _memory() -> _Memory:
    memory: _Memory = current_app.extensions[_EXTENSION]
    return memory
