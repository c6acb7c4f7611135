"""Calendar versions: seeded from two libraries, edited by file, never changed; on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update

from backoffice.calendars import invariants, queries, services
from backoffice.calendars.models import CalendarDay, CalendarVersion, CalendarYear
from backoffice.calendars.official import official
from backoffice.calendars.rules import DayKind, KnownYears, SpecialDay
from backoffice.database import session, transaction
from backoffice.errors import Invalid, Unavailable
from backoffice.permissions import Actor

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
YEARS = range(2024, 2028)
ANA = Actor(id=None, label="Ana", role=None)
ARRANGEMENT_2027 = """day,kind,name
2027-01-01,holiday,New Year's Day
2027-02-05,holiday,Chinese New Year's Eve
2027-02-08,holiday,Spring Festival
2027-02-20,workday,Spring Festival
"""


@pytest.fixture
def no_calendar(context: Flask, freeze: Callable[[datetime], None]) -> None:
    """An installation before its first calendar."""
    freeze(NOW)
    with transaction():
        for table in (CalendarDay, CalendarYear, CalendarVersion):
            session.execute(delete(table))


def seeded(years: range = YEARS) -> CalendarVersion:
    with transaction():
        return services.seed("CN", years, now=NOW)


def imported(content: str, note: str = "State Council notice") -> CalendarVersion:
    with transaction():
        return services.change(ANA, services.read(content), source="file", reason=note, now=NOW)


def faults(content: str, **options: str) -> list[str]:
    with pytest.raises(Invalid) as caught:
        imported(content, **options)
    return [str(message) for messages in caught.value.fields.values() for message in messages]


class TestOfficial:
    def test_working_weekends_and_names(self) -> None:
        special = official("CN", [2026], today=NOW.date()).special
        worked = [day for day, what in special.items() if what.kind == DayKind.WORKDAY]
        assert worked == [date(2026, 1, 4), date(2026, 2, 14), date(2026, 2, 28), date(2026, 5, 9), date(2026, 9, 20),
                          date(2026, 10, 10)]  # fmt: skip
        assert [special[day].name for day in worked] == [
            "New Year's Day", "Spring Festival", "Spring Festival", "Labor Day", "National Day", "National Day",
        ]  # fmt: skip
        assert special[date(2026, 10, 6)].name == "National Day"

    def test_years_without_an_announcement_are_provisional(self) -> None:
        assert official("CN", YEARS, today=NOW.date()).years == {2024: False, 2025: False, 2026: False, 2027: True}

    def test_a_year_the_two_libraries_dispute_is_provisional_and_says_why(self) -> None:
        found = official("CN", [2005], today=NOW.date())
        assert found.years == {2005: True}
        assert found.provenance.endswith("disagrees on 2005-12-31")

    def test_other_countries_have_their_own_weekend(self) -> None:
        assert official("SA", [2026], today=NOW.date()).weekend == "56"
        found = official("DE", [2026], today=NOW.date())
        assert (found.years, found.weekend) == ({2026: False}, "67")
        assert found.special[date(2026, 10, 3)].name == "German Unity Day"

    def test_where_weekends_are_worked_now_and_then_the_next_year_waits_until_it_has_begun(self) -> None:
        # Hungary worked no weekend in 2017 nor 2023, Bulgaria none since 2016.
        assert official("HU", [2024, 2026, 2027], today=NOW.date()).years == {2024: False, 2026: False, 2027: True}
        assert official("HU", [2027], today=date(2027, 1, 1)).years == {2027: False}
        assert official("HU", [2023], today=date(2022, 12, 31)).years == {2023: True}
        assert official("BG", [2027], today=NOW.date()).years == {2027: False}

    def test_an_unknown_country_is_refused(self) -> None:
        with pytest.raises(Invalid, match="no official holidays for XX"):
            official("XX", [2026], today=NOW.date())


@pytest.mark.usefixtures("no_calendar")
class TestSeed:
    def test_nothing_can_be_promised_before_it(self) -> None:
        with pytest.raises(Unavailable):
            queries.current_calendar()

    def test_makes_a_version(self) -> None:
        version = seeded()
        assert (version.country, version.weekend, version.source, version.created_by) == (
            "CN",
            "67",
            "library",
            "system",
        )
        assert "provisional: 2027" in version.note
        assert queries.current_version_id() == version.id
        assert queries.years_of(version.id) == {2024: False, 2025: False, 2026: False, 2027: True}
        calendar = queries.current_calendar()
        assert calendar.add_business_days(date(2026, 9, 30), 5) == date(2026, 10, 13)
        assert queries.current_calendar() is calendar

    def test_missing_years_only(self) -> None:
        with transaction():
            first = services.seed_missing("CN", range(2024, 2027), now=NOW)
            assert services.seed_missing("CN", range(2024, 2027), now=NOW) is None
            second = services.seed_missing("CN", YEARS, now=NOW)
            # Still not announced: asking again changes nothing.
            assert services.seed_missing("CN", YEARS, now=NOW) is None
        assert first is not None
        assert second is not None
        assert list(queries.years_of(second.id)) == [2024, 2025, 2026, 2027]
        kept = {day: what for day, what in queries.special_days_of(second.id).items() if day.year < 2027}
        assert kept == queries.special_days_of(first.id)

    def test_a_provisional_year_is_replaced_once_it_is_settled(self) -> None:
        version = seeded()
        with transaction():
            session.execute(update(CalendarYear).where(CalendarYear.year == 2025).values(provisional=True))
            newer = services.seed_missing("CN", YEARS, now=NOW)
        assert newer is not None
        assert newer.id > version.id
        assert queries.years_of(newer.id)[2025] is False

    def test_days_that_people_changed_stay_and_the_version_says_what_the_library_knows(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seeded()
        rest, worked, same = date(2027, 3, 1), date(2027, 1, 1), date(2027, 2, 20)
        for day, kind in ((rest, DayKind.HOLIDAY), (worked, None), (same, DayKind.WORKDAY)):
            with transaction():
                found = services.edited(day, day, kind, "Moving house" if kind == DayKind.HOLIDAY else "")
                services.change(ANA, found, source="page", reason="Notice", now=NOW)
        arranged = {date(2027, 2, 8): SpecialDay(DayKind.HOLIDAY, "Spring Festival"), same: SpecialDay(DayKind.WORKDAY),
                    worked: SpecialDay(DayKind.HOLIDAY, "New Year's Day")}  # fmt: skip
        for settled in (False, True):  # what was kept once is kept again

            def known(country: str, years: Iterable[int], *, today: date, settled: bool = settled) -> KnownYears:
                return KnownYears("CN", "67", arranged, {2027: not settled}, "library")

            monkeypatch.setattr(services, "official", known)
            with transaction():
                version = services.seed("CN", [2027], now=NOW)
            days = {day: what.kind for day, what in queries.special_days_of(version.id).items() if day.year == 2027}
            assert days == {date(2027, 2, 8): "holiday", same: "workday", rest: "holiday"}
            assert queries.years_of(version.id)[2027] is not settled
            assert version.note.partition("; kept as people changed them: ")[2].split(", ") == [
                "2027-01-01 (here as its weekday", "library holiday New Year's Day)",
                "2027-03-01 (here holiday Moving house", "library as its weekday)",
            ]  # fmt: skip
        with transaction():
            assert list(invariants.check()) == []

    def test_what_a_file_settled_is_left_alone(self) -> None:
        seeded()
        version = imported(ARRANGEMENT_2027)
        with transaction():
            assert services.seed_missing("CN", YEARS, now=NOW) is None
        assert queries.current_version_id() == version.id

    def test_another_country_starts_afresh(self) -> None:
        seeded()
        with transaction():
            version = services.seed_missing("DE", [2026], now=NOW)
        assert version is not None
        assert queries.years_of(version.id) == {2026: False}
        assert not queries.current_calendar().is_business_day(date(2026, 2, 14))

    def test_a_version_that_was_rolled_back_leaves_no_calendar_behind(self) -> None:
        seeded()
        with transaction():
            services.change(ANA, services.read(ARRANGEMENT_2027), source="file", reason="draft", now=NOW)
            assert queries.current_calendar().is_business_day(date(2027, 2, 20))
            session.rollback()
        # SQLite gives the same id to the next version.
        imported("day,kind,name\n2027-02-21,workday,\n")
        assert not queries.current_calendar().is_business_day(date(2027, 2, 20))
        assert queries.current_calendar().is_business_day(date(2027, 2, 21))


@pytest.mark.usefixtures("no_calendar")
class TestImport:
    def test_replaces_the_years_it_speaks_of(self) -> None:
        before = seeded()
        version = imported(
            "\n".join(reversed(ARRANGEMENT_2027.strip().split("\n")[1:])).join(["day,kind,name\n", "\n"])
        )
        assert (version.source, version.created_by, version.note) == ("file", "Ana", "State Council notice")
        assert queries.years_of(version.id)[2027] is False
        days = queries.special_days_of(version.id)
        assert [day for day in days if day.year == 2027] == [date(2027, 1, 1), date(2027, 2, 5), date(2027, 2, 8),
                                                            date(2027, 2, 20)]  # fmt: skip
        assert {d: w for d, w in days.items() if d.year < 2027} == {
            d: w for d, w in queries.special_days_of(before.id).items() if d.year < 2027
        }
        assert queries.current_calendar().add_business_days(date(2027, 2, 19), 1) == date(2027, 2, 20)
        assert queries.calendar_of(before).add_business_days(date(2027, 2, 19), 1) == date(2027, 2, 22)

    def test_names_each_bad_line(self) -> None:
        seeded()
        assert faults(
            "day,kind,name\n2027-13-01,holiday,x\n20270101,holiday,x\n1989-01-01,holiday,x\n2027-01-01,feast,x\n"
            "2027-02-20,workday,x\n2027-02-20,holiday,x\n2027-02-22,workday,x\n2027-01-01,holiday\n"
            "2027-01-02,holiday,x,y\n2027-01-03,holiday,a\x1bb\n"
        ) == [
            "Line 2: the day is no date such as 2026-10-10 between 1990 and 2200",
            "Line 3: the day is no date such as 2026-10-10 between 1990 and 2200",
            "Line 4: the day is no date such as 2026-10-10 between 1990 and 2200",
            "Line 5: the kind is neither holiday nor workday",
            "Line 7: 2027-02-20 appears twice",
            "Line 8: 2027-02-22 is on no weekend, it is worked anyway",
            "Line 9: it does not have three columns",
            "Line 10: it does not have three columns",
            "Line 11: Remove the character U+001B; it cannot be printed.",
        ]
        assert session.scalar(select(func.count()).select_from(CalendarVersion)) == 1

    def test_refuses_what_is_no_calendar(self) -> None:
        seeded()
        for content, fault in (
            ("", "The first line must be: day,kind,name"),
            ("date,kind,name\n", "The first line must be: day,kind,name"),
            ("\0", "The first line must be: day,kind,name"),
            ("day,kind,name\n", "The file holds no day."),
            ("day,kind,name\n" + "x" * 1_000_000, "The file is too large for a calendar."),
            ('day,kind,name\n2027-01-01,holiday,x\n"2027', "From line 2 on this is not CSV text."),
            (
                "day,kind,name\n" + "x,y,z\n" * 1000,
                "Line 2: the day is no date such as 2026-10-10 between 1990 and 2200",
            ),
        ):
            found = faults(content)
            assert found[0] == fault
            assert len(found) == 1 or (len(found), found[-1]) == (21, "and 980 more")

    def test_somebody_says_why(self) -> None:
        seeded()
        for note in ("", "  ", "a\0b", "x" * 1001):
            assert len(faults(ARRANGEMENT_2027, note=note)) == 1


@pytest.mark.usefixtures("no_calendar")
class TestInvariants:
    def test_hold_for_seeded_and_imported_versions(self) -> None:
        seeded()
        imported(ARRANGEMENT_2027)
        assert list(invariants.check()) == []

    def test_no_calendar(self) -> None:
        assert list(invariants.check()) == ["there is no business calendar, no request can be promised a day"]

    def test_a_missing_year(self) -> None:
        version = seeded(range(2026, 2027))
        assert list(invariants.check()) == [f"calendar version {version.id}: it does not cover 2027"]

    def test_an_edited_day(self) -> None:
        version = seeded()
        edited = f"calendar version {version.id}: its days were changed after it was made"
        for values, more in (
            ({"kind": "holiday"}, []),
            ({"name": "?"}, []),
            ({"day": date(2026, 2, 13)}, ["2026-02-13 is a working weekend day, but on no weekend"]),
            ({"day": date(2030, 2, 17)}, ["2030-02-17 is in a year it does not cover"]),
        ):
            with transaction():
                session.execute(update(CalendarDay).where(CalendarDay.day == date(2026, 2, 14)).values(**values))
                found = list(invariants.check())
                session.rollback()
            assert found == [edited, *(f"calendar version {version.id}: {sentence}" for sentence in more)]
