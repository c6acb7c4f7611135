"""The wish to stop: how a process that waits learns of SIGTERM and Ctrl-C, without losing one and without locking up.

An event that a handler sets can do both: the handler runs in the thread that waits, which may hold the event's own
lock at that moment, and a signal that comes just before the thread begins to wait is told only when it wakes up. A
byte in a pipe, written by the system's own handler, waits for whoever looks
(https://docs.python.org/3.11/library/signal.html#signal.set_wakeup_fd).
"""

from __future__ import annotations

import os
import select
import signal
from types import FrameType


class StopSignal:
    """Has come when one of the signals arrived after this was made; made in the main thread, once in a process."""

    def __init__(self, *numbers: signal.Signals) -> None:
        self._arrived, self._wake = os.pipe()
        for end in (self._arrived, self._wake):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        for number in numbers:
            signal.signal(number, _heard)

    def has_come(self) -> bool:
        """Whether somebody wants this process to stop."""
        return self.wait(0)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for it, at most so many seconds; whether it has come."""
        # The byte is never read: once told, it stays told.
        ready, _, _ = select.select([self._arrived], [], [], seconds)
        return bool(ready)


def _heard(_signal: int, _frame: FrameType | None) -> None:
    """Nothing to do: the byte is in the pipe."""
