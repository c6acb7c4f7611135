"""Whom a calendar would move: asked before it is saved, answered by the same rule that moves them afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from backoffice.calendars.rules import BusinessCalendar
from backoffice.database import session
from backoffice.requests.models import InvoiceRequest, is_open
from backoffice.requests.services.promises import Promises

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Move:
    """An open request whose promised day becomes later; the years on the way to it that will be provisional."""

    number: str
    header_name: str
    amount: Decimal
    submitted_on: date
    before: date
    after: date
    provisional: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Moves:
    """What a calendar does to the open requests: how many there are, which move (the most urgent ones), how many of
    them, and how many would be due earlier and keep their day all the same."""

    open: int
    shown: tuple[Move, ...]
    later: int
    kept: int


def who_moves(calendar: BusinessCalendar) -> Moves:
    """What `calendar` would do to every open request; reads them one after the other, and keeps few."""
    promises = Promises(calendar)
    shown: list[Move] = []
    count = later = kept = 0
    columns = (
        InvoiceRequest.number, InvoiceRequest.header_name, InvoiceRequest.amount, InvoiceRequest.submitted_on,
        InvoiceRequest.due_on, InvoiceRequest.submitted_at, InvoiceRequest.paused_seconds,
    )  # fmt: skip
    every_open_one = select(*columns).where(is_open()).order_by(InvoiceRequest.due_at, InvoiceRequest.id)
    for row in session.execute(every_open_one.execution_options(yield_per=1000)):
        day = promises.day(row.submitted_at, row.paused_seconds)
        count += 1
        kept += day < row.due_on
        if day > row.due_on:
            later += 1
            if len(shown) < SHOWN:
                unsure = calendar.provisional_between(row.submitted_on, day)
                shown.append(Move(row.number, row.header_name, row.amount, row.submitted_on, row.due_on, day, unsure))
    return Moves(count, tuple(shown), later, kept)
