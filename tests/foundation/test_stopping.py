"""A signal that tells a process to stop is heard whenever it comes: before, at, and after the wait begins."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from backoffice.config import ROOT
from backoffice.stopping import StopSignal

pytestmark = pytest.mark.fault

LONG = 10.0
HEARD, NOT_HEARD = 0, 3


def test_a_signal_at_any_moment_around_the_wait_is_heard() -> None:
    assert _in_a_small_process("signals_around_the_wait") == HEARD


def test_it_stays_told_and_comes_to_nobody_before() -> None:
    assert _in_a_small_process("told_once") == HEARD


def _in_a_small_process(part: str) -> int:
    """A fork of the tests themselves would copy all they have in memory."""
    return subprocess.run([sys.executable, "-m", __name__, part], cwd=ROOT, timeout=120, check=False).returncode


# --- what runs there ---


def signals_around_the_wait() -> int:
    """Five hundred processes, each told at another moment of the first 0.1 ms."""
    for _ in range(500):
        pid = os.fork()
        if pid == 0:
            stop = StopSignal(signal.SIGALRM)
            signal.setitimer(signal.ITIMER_REAL, random.uniform(1, 100) / 1_000_000)
            begin = time.monotonic()
            heard = stop.wait(LONG) and time.monotonic() - begin < LONG / 2
            os._exit(HEARD if heard else NOT_HEARD)
        _, status = os.waitpid(pid, 0)
        if os.waitstatus_to_exitcode(status) != HEARD:
            return NOT_HEARD
    return HEARD


def told_once() -> int:
    """One that nobody has told, and then somebody."""
    stop = StopSignal(signal.SIGTERM)
    before = stop.has_come() or stop.wait(0.01)
    os.kill(os.getpid(), signal.SIGTERM)
    told = stop.wait(LONG) and stop.has_come() and stop.wait()
    return HEARD if told and not before else NOT_HEARD


if __name__ == "__main__":
    sys.exit({"signals_around_the_wait": signals_around_the_wait, "told_once": told_once}[sys.argv[1]]())
