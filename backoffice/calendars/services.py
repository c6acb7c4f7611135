"""Verbs that make calendar versions. A version is never changed: every edit writes a new one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

from backoffice import clock, text
from backoffice.audit import services as audit
from backoffice.calendars import files, queries
from backoffice.calendars.models import CalendarDay, CalendarVersion, CalendarYear
from backoffice.calendars.official import official
from backoffice.calendars.rules import NAME_LIMIT, BusinessCalendar, DayKind, KnownYears, SpecialDay, fingerprint
from backoffice.database import session
from backoffice.errors import N_, Conflict, Forbidden, Invalid, Message
from backoffice.permissions import Actor, Permission

NOTE_LIMIT = 1000
# Golden weeks are a week; what is longer is a slip of the finger or an arrangement for a file.
LONGEST_SPAN = 31


def seed(country: str, years: Iterable[int], *, now: datetime, created_by: str = "system") -> CalendarVersion:
    """Make a version in which `years` are as the holiday library knows them; other years of the country are kept.

    Days that people changed stay as they made them; the version's note names those the library knows otherwise.
    Raises Invalid (field `country`) for a country the library does not know.
    """
    found = official(country, years, today=clock.local_date(now, clock.zone()))
    return _make(_with_changes_of_people(found), source="library", created_by=created_by, note=None, now=now)


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
    found = official(country, open_years, today=clock.local_date(now, clock.zone()))
    wanted = [year for year in open_years if year not in known or not found.years[year]]
    return seed(country, wanted, now=now, created_by=created_by) if wanted else None


def _with_changes_of_people(found: KnownYears) -> KnownYears:
    newest = queries.newest_version()
    if newest is None or (newest.country, newest.weekend) != (found.country, found.weekend):
        return found
    changed = queries.changed_by_people(found.country, found.weekend, found.years)
    now = queries.special_days_of(newest.id)
    kept = {day: now[day] for day in changed if day in now}
    special = {day: what for day, what in found.special.items() if day not in changed} | kept
    differ = sorted(day for day in changed if now.get(day) != found.special.get(day))
    told = [f"{day} (here {_word(now.get(day))}, library {_word(found.special.get(day))})" for day in differ]
    note = found.provenance + (f"; kept as people changed them: {', '.join(told)}" if told else "")
    return replace(found, special=special, provenance=note)


def _word(what: SpecialDay | None) -> str:
    return "as its weekday" if what is None else " ".join(filter(None, (what.kind.value, what.name)))


def edited(first: date, last: date, kind: DayKind | None, name: str) -> KnownYears:
    """The calendar in force with the days from `first` to `last` as `kind` says; None: as their weekday says.

    Nothing is written. Raises Invalid by field: a span backwards, too long or in a year that the calendar does not
    cover, a weekday that is worked anyway, a name without a holiday, days that are that already.
    """
    current = queries.current_version()
    years, special = queries.years_of(current.id), queries.special_days_of(current.id)
    span = _span(first, last, years)
    what = None if kind is None else SpecialDay(kind, text.of_field("name", name, max_length=NAME_LIMIT))
    if kind is DayKind.WORKDAY and (plain := [day for day in span if str(day.isoweekday()) not in current.weekend]):
        worked = Message(N_("%(day)s is on no weekend, it is worked anyway"), day=plain[0])
        raise Invalid({"kind": [worked]})
    if all(special.get(day) == what for day in span):
        raise Invalid({"kind": [Message(N_("These days are that already."))]})
    touched = {year: years[year] for year in {first.year, last.year}}
    days = {day: one for day, one in special.items() if day.year in touched and day not in span}
    days |= {} if what is None else dict.fromkeys(span, what)
    return KnownYears(current.country, current.weekend, days, touched)


def _span(first: date, last: date, years: Iterable[int]) -> list[date]:
    if last < first:
        raise Invalid({"last": [Message(N_("The last day comes before the first."))]})
    if (last - first).days >= LONGEST_SPAN:
        raise Invalid({"last": [Message(N_("At most %(most)s days at once."), most=LONGEST_SPAN)]})
    for name, day in (("first", first), ("last", last)):
        if day.year not in years:
            told = Message(N_("The calendar does not cover %(year)s yet. Import that year as a file."), year=day.year)
            raise Invalid({name: [told]})
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def read(content: str) -> KnownYears:
    """The calendar in force with the years of a file, which count as settled. Nothing is written.

    The years that appear in the file are replaced as a whole. Raises Invalid (field `file`) as `files.read` does.
    """
    current = queries.current_version()
    special = files.read(content, current.weekend)
    settled = dict.fromkeys(sorted({day.year for day in special}), False)
    return KnownYears(current.country, current.weekend, special, settled)


def calendar_with(found: KnownYears) -> BusinessCalendar:
    """The calendar that would be in force were `found` saved."""
    return BusinessCalendar(map(int, found.weekend), *_merged(found))


def change(
    actor: Actor, found: KnownYears, *, source: str, reason: str, base: int | None = None, now: datetime
) -> CalendarVersion:
    """Save `found` over the version in force. `base` is the version that whoever saves has seen, where they saw one.

    Raises Invalid (field `reason`) when nobody says why, Conflict when another version came in between, Forbidden for
    people who do not administer.
    """
    if actor.role is not None and not actor.can(Permission.ADMINISTER):  # the machine's operator has no role
        raise Forbidden
    why = text.of_field("reason", reason, max_length=NOTE_LIMIT, empty=Message(N_("Say why the calendar changes.")))
    before = queries.current_version()
    if base is not None and base != before.id:
        told = Message(N_("%(who)s changed the calendar meanwhile."), who=before.created_by)
        raise Conflict(told, code="calendar-changed")
    version = _make(found, source=source, created_by=actor.label, note=why, now=now)
    audit.record(
        actor, "calendar.change", "calendar", str(version.id), at=now, reason=why,
        before={"version": before.id, "fingerprint": before.fingerprint},
        after={"version": version.id, "fingerprint": version.fingerprint, "source": source},
    )  # fmt: skip
    return version


def _make(found: KnownYears, *, source: str, created_by: str, note: str | None, now: datetime) -> CalendarVersion:
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


def _merged(found: KnownYears) -> tuple[dict[date, SpecialDay], dict[int, bool]]:
    """The found years over those of the version in force, as long as both speak of the same country and weekend."""
    newest = queries.newest_version()
    if newest is None or (newest.country, newest.weekend) != (found.country, found.weekend):
        return dict(found.special), dict(found.years)
    kept = {day: what for day, what in queries.special_days_of(newest.id).items() if day.year not in found.years}
    return dict(sorted({**kept, **found.special}.items())), {**queries.years_of(newest.id), **found.years}
