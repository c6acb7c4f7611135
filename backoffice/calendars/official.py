"""What the public holiday libraries know of a country's years, in the form our calendars are kept in.

The libraries are heavy and needed once a year: they are imported when they are asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from importlib.metadata import version
from typing import Any

from backoffice.calendars.rules import NAME_LIMIT, BusinessCalendar, DayKind, KnownYears, SpecialDay
from backoffice.errors import N_, Invalid, Message

_RENAMED = {
    "Chinese New Year (Spring Festival)": "Spring Festival",
    "Chinese New Year Extended Holiday": "Spring Festival",
}
_ESTIMATED = re.compile(r"estimated")
_SUFFIX = re.compile(r" \((observed|estimated|observed, estimated)\)$")
_SUBSTITUTED = re.compile(r"substituted from (\d\d)/(\d\d)/(\d{4})")
# A moved day off belongs to the festival it lengthens, which is never further away than a golden week.
_NEAR = 8
# Where no weekend was worked for so many years, it is not usual any more.
_LOOKED_BACK = 6


def official(country: str, years: Iterable[int], *, today: date) -> KnownYears:
    """Read `years` from the `holidays` library; for China, check each day against `chinesecalendar`.

    A year is provisional while its dates are estimates, while working weekends may still be announced for it, or when
    the two libraries disagree about a day. China announces some for every year. A country that had some in the years
    before, such as Hungary or Vietnam, may have none in another: a year without any is provisional until it has begun,
    as such decrees are out before it does. Raises Invalid (field `country`) for an unknown country.
    """
    wanted = sorted(set(years))
    library = _library(country, wanted)
    weekend = "".join(str(weekday + 1) for weekday in sorted(library.weekend))
    special = dict(_special(library, wanted))
    provisional = {year: _is_open(library, country, year, today) for year in wanted}
    disputed = _disputed(BusinessCalendar(map(int, weekend), special, provisional)) if country == "CN" else []
    provisional |= dict.fromkeys((day.year for day in disputed), True)
    return KnownYears(country, weekend, special, provisional, _provenance(wanted, provisional, disputed))


def _library(country: str, wanted: list[int]) -> Any:
    import holidays

    try:
        languages = holidays.country_holidays(country).supported_languages
        # The neighbours are asked too: a new year's day may be observed in the old year, and what was usual before.
        around = sorted({year + offset for year in wanted for offset in range(-_LOOKED_BACK, 2)})
        language = "en_US" if "en_US" in languages else None
        return holidays.country_holidays(country, years=around, language=language)
    except NotImplementedError:
        raise Invalid(
            {"country": [Message(N_("There are no official holidays for %(country)s."), country=country)]}
        ) from None


def _special(library: Any, wanted: list[int]) -> Iterable[tuple[date, SpecialDay]]:
    festivals = {day: _festival(name) for day, name in library.items() if not _SUBSTITUTED.search(name)}
    moved = {day: _moved_from(name) for day, name in library.items() if _SUBSTITUTED.search(name)}
    lengthened = {day: _nearest(day, festivals) for day in moved}
    days = {day: SpecialDay(DayKind.HOLIDAY, name) for day, name in (festivals | lengthened).items()}
    made_up_for = {worked: lengthened[day] for day, worked in moved.items()}
    # The same order of precedence as the library's own is_working_day().
    for day in library.weekend_workdays:
        days[day] = SpecialDay(DayKind.WORKDAY, made_up_for.get(day, ""))
    return ((day, days[day]) for day in sorted(days) if day.year in wanted)


def _festival(name: str) -> str:
    parts = (_SUFFIX.sub("", part) for part in name.split("; "))
    return "; ".join(dict.fromkeys(_RENAMED.get(part, part) for part in parts))[:NAME_LIMIT]


def _moved_from(name: str) -> date | None:
    found = _SUBSTITUTED.search(name)
    return date(int(found[3]), int(found[1]), int(found[2])) if found else None


def _nearest(day: date, festivals: Mapping[date, str]) -> str:
    around = (day + timedelta(days=sign * distance) for distance in range(1, _NEAR) for sign in (-1, 1))
    return next((festivals[other] for other in around if other in festivals), "")


def _is_open(library: Any, country: str, year: int, today: date) -> bool:
    made_up = {day.year for day in library.weekend_workdays}
    usual = country == "CN" or (year > today.year and not made_up.isdisjoint(range(year - _LOOKED_BACK, year)))
    if usual and year not in made_up:
        return True
    return any(_ESTIMATED.search(name) for day, name in library.items() if day.year == year)


def _disputed(calendar: BusinessCalendar) -> list[date]:
    """Days about which the second library thinks otherwise; a year it does not know is no dispute."""
    import chinese_calendar

    disputed = []
    for year in calendar.years:
        day = date(year, 1, 1)
        while day.year == year:
            try:
                agrees = chinese_calendar.is_workday(day) == calendar.is_business_day(day)
            except NotImplementedError:
                break
            if not agrees:
                disputed.append(day)
            day += timedelta(days=1)
    return disputed


def _provenance(wanted: list[int], provisional: Mapping[int, bool], disputed: list[date]) -> str:
    told = f"holidays {version('holidays')}: {', '.join(map(str, wanted))}"
    unsure = [str(year) for year in wanted if provisional[year]]
    if unsure:
        told += f"; provisional: {', '.join(unsure)}"
    if disputed:
        days = ", ".join(day.isoformat() for day in disputed)
        told += f"; chinesecalendar {version('chinesecalendar')} disagrees on {days}"
    return told
