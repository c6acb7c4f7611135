"""Leadership across machines: one connection holds the lead, whichever of the worker's threads asks first."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from types import SimpleNamespace

import pytest

from backoffice import worker


class Connection:
    """One that grants the lock."""

    def execution_options(self, **_options: object) -> Connection:
        return self

    def scalar(self, *_statement: object) -> bool:
        return True

    def execute(self, *_statement: object) -> None:
        """Say that it lives."""


def test_threads_that_ask_for_the_lead_at_once_open_one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second one would take the lock with it into the pool, where nobody sees when it ends."""
    opened, together = list[Connection](), Barrier(5)

    def connect() -> Connection:
        time.sleep(0.05)
        opened.append(Connection())
        return opened[-1]

    monkeypatch.setattr(worker, "db", SimpleNamespace(engine=SimpleNamespace(connect=connect)))
    leadership = worker.AdvisoryLeadership()

    def ask(_thread: int) -> bool:
        together.wait()
        return leadership.held()

    with ThreadPoolExecutor(5) as threads:
        assert list(threads.map(ask, range(5))) == [True] * 5
    assert len(opened) == 1
