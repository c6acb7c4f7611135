"""The one seam for "now". Everything that needs the time asks here, so tests and drills can move it.

Instants are aware and in UTC; a calendar date is always a local date of the installation's zone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# A drill may run whole processes in another time: seconds added to the real clock.
_offset = timedelta(seconds=float(os.environ.get("BACKOFFICE_CLOCK_OFFSET", "0")))
_frozen: datetime | None = None
_zone = ZoneInfo("Asia/Shanghai")


def configure(zone: ZoneInfo) -> None:
    """Set the installation's zone, once, when the application is created."""
    global _zone
    _zone = zone


def zone() -> ZoneInfo:
    """The zone in which calendar dates are dates."""
    return _zone


def today() -> date:
    """The local calendar date of the present instant."""
    return local_date(now(), _zone)


def now() -> datetime:
    """The present instant in UTC."""
    return _frozen if _frozen is not None else datetime.now(UTC) + _offset


def real_now() -> datetime:
    """The machine's own clock, which schedulers live by; not for anything the business sees."""
    return datetime.now(UTC)


@contextmanager
def moved_to(instant: datetime) -> Iterator[None]:
    """Let the clock stand still at `instant` inside the block (demo data and tests)."""
    global _frozen
    before, _frozen = _frozen, instant.astimezone(UTC)
    try:
        yield
    finally:
        _frozen = before


@contextmanager
def shifted(by: timedelta) -> Iterator[None]:
    """Let the clock run `by` ahead of the real one inside the block."""
    global _offset
    before, _offset = _offset, _offset + by
    try:
        yield
    finally:
        _offset = before


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    """The calendar date on which `instant` falls in `zone`."""
    return instant.astimezone(zone).date()


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of the local `day`, in UTC.

    Some zones skip midnight when summer time begins (Africa/Cairo, America/Santiago): with fold=0 the missing midnight
    is read with the offset before the jump, which is the instant of the jump itself. A midnight that happens twice is
    meant the first time.
    """
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
