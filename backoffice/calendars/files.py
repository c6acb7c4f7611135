"""Calendars as CSV text: the columns day (2026-10-10), kind (holiday or workday) and name."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date

from backoffice import text
from backoffice.calendars.rules import FIRST_YEAR, LAST_YEAR, NAME_LIMIT, DayKind, SpecialDay
from backoffice.errors import N_, Invalid, Message
from backoffice.web.cells import as_it_was, kept_as_text

COLUMNS = ("day", "kind", "name")
# A century of calendars; whatever is larger is another file.
FILE_LIMIT = 1_000_000
_FAULTS_SHOWN = 20


def write(special: Mapping[date, SpecialDay]) -> str:
    """The text that `read` reads back as the same days; what a spreadsheet would run stays text there."""
    written = io.StringIO(newline="")
    lines = csv.writer(written, lineterminator="\n")
    lines.writerow(COLUMNS)
    named = ((day.isoformat(), special[day].kind.value, kept_as_text(special[day].name)) for day in sorted(special))
    lines.writerows(named)
    return written.getvalue()


def read(content: str, weekend: str) -> dict[date, SpecialDay]:
    """The days of a file. Raises Invalid (field `file`) that lists the first faults by line."""
    if len(content) > FILE_LIMIT:
        raise _refused([Message(N_("The file is too large for a calendar."))])
    reader = csv.DictReader(io.StringIO(content, newline=""), strict=True)
    days: dict[date, SpecialDay] = {}
    faults: list[Message] = []
    try:
        if {*(reader.fieldnames or ())} != {*COLUMNS}:
            raise _refused([Message(N_("The first line must be: %(columns)s"), columns=",".join(COLUMNS))])
        for row in reader:
            faults += (
                Message(N_("Line %(line)s: %(fault)s"), line=reader.line_num, fault=fault)
                for fault in _line(row, weekend, days)
            )
    except csv.Error:
        faults.append(Message(N_("From line %(line)s on this is not CSV text."), line=reader.line_num))
    if not days and not faults:
        faults.append(Message(N_("The file holds no day.")))
    if faults:
        raise _refused(faults)
    return days


def _line(row: Mapping[str, str | None], weekend: str, days: dict[date, SpecialDay]) -> Iterator[Message]:
    """Put one line's day into `days`, or yield what is wrong with it."""
    day, kind = _day(row["day"] or ""), (row["kind"] or "").strip()
    if None in row or None in row.values():
        yield Message(N_("it does not have three columns"))
    elif day is None:
        yield Message(N_("the day is no date such as 2026-10-10 between %(first)s and %(last)s"),
                      first=FIRST_YEAR, last=LAST_YEAR)  # fmt: skip
    elif kind not in {*DayKind}:
        yield Message(N_("the kind is neither holiday nor workday"))
    elif day in days:
        yield Message(N_("%(day)s appears twice"), day=day.isoformat())
    elif kind == DayKind.WORKDAY and str(day.isoweekday()) not in weekend:
        yield Message(N_("%(day)s is on no weekend, it is worked anyway"), day=day.isoformat())
    else:
        try:
            name = text.clean(as_it_was(row["name"] or ""), max_length=NAME_LIMIT)
            days[day] = SpecialDay(DayKind(kind), name)
        except text.TextError as error:
            yield error.message


def _day(value: str) -> date | None:
    value = value.strip()
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    # fromisoformat also takes 20261010 and week dates, which people mistake for other things.
    return day if day.isoformat() == value and FIRST_YEAR <= day.year <= LAST_YEAR else None


def _refused(faults: list[Message]) -> Invalid:
    hidden = len(faults) - _FAULTS_SHOWN
    more = [Message(N_("and %(count)s more"), count=hidden)] if hidden > 0 else []
    return Invalid({"file": [*faults[:_FAULTS_SHOWN], *more]})
