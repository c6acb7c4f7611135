"""Verbs that make calendar versions. A version is never changed: every edit writes a new one."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime

from backoffice import text
from backoffice.calendars import queries
from backoffice.calendars.models import CalendarDay, CalendarVersion, CalendarYear
from backoffice.calendars.official import Official, official
from backoffice.calendars.rules import FIRST_YEAR, LAST_YEAR, DayKind, SpecialDay, fingerprint
from backoffice.database import session
from backoffice.errors import N_, Invalid, Message

COLUMNS = ("day", "kind", "name")
NAME_LIMIT, NOTE_LIMIT = 120, 1000
# A century of calendars; whatever is larger is another file.
FILE_LIMIT = 1_000_000
_FAULTS_SHOWN = 20


def seed(country: str, years: Iterable[int], *, now: datetime, created_by: str = "system") -> CalendarVersion:
    """Make a version in which `years` are as the holiday library knows them; other years of the country are kept.

    Raises Invalid (field `country`) for a country the library does not know.
    """
    return _make(official(country, years), source="library", created_by=created_by, note=None, now=now)


def seed_missing(
    country: str, years: Iterable[int], *, now: datetime, created_by: str = "system"
) -> CalendarVersion | None:
    """Make a version if the one in force lacks some of `years`, or if a provisional one of them is settled by now.

    Years that are settled are left alone, wherever they came from. None when there is nothing to do.
    """
    newest = queries.newest_version()
    if newest is None or newest.country != country:
        return seed(country, years, now=now, created_by=created_by)
    known = queries.years_of(newest.id)
    # Years whose data is not wanted cost nothing: the library is not even loaded.
    open_years = [year for year in years if known.get(year, True)]
    if not open_years:
        return None
    found = official(country, open_years)
    wanted = [year for year in open_years if year not in known or not found.years[year]]
    return seed(country, wanted, now=now, created_by=created_by) if wanted else None


def import_csv(content: str, *, created_by: str, note: str, now: datetime) -> CalendarVersion:
    """Make a version from CSV text with the columns day (2026-10-10), kind (holiday or workday) and name.

    The years that appear in the file are replaced as a whole and count as settled; other years are kept. Raises
    Invalid (field `file`) with the line number and reason of each fault, (field `note`) when nobody says why.
    """
    current = queries.current_version()
    special = _parse(content, current.weekend)
    settled = dict.fromkeys(sorted({day.year for day in special}), False)
    found = Official(current.country, current.weekend, special, settled, "")
    return _make(found, source="file", created_by=created_by, note=_note(note), now=now)


def _note(note: str) -> str:
    return text.of_field("note", note, max_length=NOTE_LIMIT, empty=Message(N_("Say why the calendar changes.")))


def _make(found: Official, *, source: str, created_by: str, note: str | None, now: datetime) -> CalendarVersion:
    special, years = _merged(found)
    version = CalendarVersion(
        country=found.country,
        weekend=found.weekend,
        created_at=now,
        created_by=created_by,
        source=source,
        note=(found.provenance if note is None else note)[:NOTE_LIMIT],
        fingerprint=fingerprint(found.weekend, special, years),
    )
    session.add(version)
    session.flush()
    session.add_all(CalendarYear(version_id=version.id, year=year, provisional=flag) for year, flag in years.items())
    session.add_all(
        CalendarDay(version_id=version.id, day=day, kind=what.kind, name=what.name) for day, what in special.items()
    )
    session.flush()
    return version


def _merged(found: Official) -> tuple[dict[date, SpecialDay], dict[int, bool]]:
    """The found years over those of the version in force, as long as both speak of the same country and weekend."""
    newest = queries.newest_version()
    if newest is None or (newest.country, newest.weekend) != (found.country, found.weekend):
        return dict(found.special), dict(found.years)
    kept = {day: what for day, what in queries.special_days_of(newest.id).items() if day.year not in found.years}
    return dict(sorted({**kept, **found.special}.items())), {**queries.years_of(newest.id), **found.years}


def _parse(content: str, weekend: str) -> dict[date, SpecialDay]:
    """The days of a file. Raises Invalid that lists the first faults by line."""
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
                for fault in _read(row, weekend, days)
            )
    except csv.Error:
        faults.append(Message(N_("From line %(line)s on this is not CSV text."), line=reader.line_num))
    if not days and not faults:
        faults.append(Message(N_("The file holds no day.")))
    if faults:
        raise _refused(faults)
    return days


def _read(row: Mapping[str, str | None], weekend: str, days: dict[date, SpecialDay]) -> Iterator[Message]:
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
            days[day] = SpecialDay(DayKind(kind), text.clean(row["name"] or "", max_length=NAME_LIMIT))
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
