"""The very first number of a series, which several workers want at once: whoever waited for it holds the lock too."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from threading import Event, Thread, current_thread
from types import SimpleNamespace

import pytest
from flask import Flask

from backoffice import clock
from backoffice.database import transaction
from backoffice.issuing.services import numbers
from backoffice.issuing.services.numbers import Taken

pytestmark = pytest.mark.both_databases


def test_nobody_comes_between_the_second_to_want_it_and_the_clock(
    context: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted, asked, may_commit, third_is_done = Event(), Event(), Event(), Event()
    taken: dict[str, Taken] = {}

    def slow_now() -> datetime:
        """The second reads the clock, and then another worker has time to come before it, if it can."""
        moment = clock.now()
        if current_thread().name == "second":
            asked.set()
            third_is_done.wait(1.5)
        return moment

    def worker(name: str, meanwhile: Callable[[], object] = lambda: None) -> Thread:
        def take() -> None:
            with context.app_context(), transaction():
                taken[name] = numbers.take("INV")
                meanwhile()

        return Thread(target=take, name=name)

    names = {name: getattr(clock, name) for name in ("today", "zone", "local_date")}
    monkeypatch.setattr(numbers, "clock", SimpleNamespace(**names, now=slow_now))
    first = worker("first", lambda: (counted.set(), may_commit.wait(30)))
    second, third = worker("second"), worker("third", third_is_done.set)
    first.start()
    assert counted.wait(30)
    second.start()
    time.sleep(0.5)  # it has found no row and waits for the one of the first
    may_commit.set()
    assert asked.wait(30)
    third.start()
    for each in (first, second, third):
        each.join(30)
    in_order = sorted(taken.values(), key=lambda one: one.sequence)
    assert [one.sequence for one in in_order] == [1, 2, 3]
    assert [one.at for one in in_order] == sorted(one.at for one in in_order)
    assert taken["second"].sequence == 2
