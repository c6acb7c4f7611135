"""Days edited one by one: what is refused, what a version keeps, who may, and who came first."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime

import pytest

from backoffice.audit.models import AuditEvent
from backoffice.calendars import files, queries, services
from backoffice.calendars.rules import DayKind, SpecialDay
from backoffice.database import session, transaction
from backoffice.errors import Conflict, Forbidden, Invalid
from tests.support.people import Cast

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
MONDAY, SATURDAY = date(2026, 12, 14), date(2026, 12, 19)


def fields(*said: object) -> set[str]:
    with pytest.raises(Invalid) as caught:
        services.edited(*said)  # type: ignore[arg-type]
    return set(caught.value.fields)


def test_an_edit_touches_its_days_alone(cast: Cast) -> None:
    before = queries.current_calendar()
    found = services.edited(MONDAY, MONDAY, DayKind.HOLIDAY, "Founders' day")
    after = services.calendar_with(found)
    assert not after.is_business_day(MONDAY)
    assert {day: after.special[day] for day in after.special if before.special.get(day) != after.special[day]} == {
        MONDAY: SpecialDay(DayKind.HOLIDAY, "Founders' day")
    }
    assert after.years == before.years
    assert queries.current_calendar() is before, "nothing is written before it is saved"


def test_a_holiday_is_taken_back_and_a_weekend_is_worked(cast: Cast) -> None:
    golden = date(2026, 10, 1)
    assert services.calendar_with(services.edited(golden, golden, None, "")).is_business_day(golden)
    assert services.calendar_with(services.edited(SATURDAY, SATURDAY, DayKind.WORKDAY, "")).is_business_day(SATURDAY)


def test_what_makes_no_sense_is_refused_beside_its_field(cast: Cast) -> None:
    assert fields(SATURDAY, MONDAY, DayKind.HOLIDAY, "") == {"last"}
    assert fields(MONDAY, date(2027, 1, 20), DayKind.HOLIDAY, "") == {"last"}
    assert fields(MONDAY, SATURDAY, DayKind.WORKDAY, "") == {"kind"}
    assert fields(date(2040, 1, 2), date(2040, 1, 2), DayKind.HOLIDAY, "") == {"first"}
    assert fields(MONDAY, MONDAY, None, "") == {"kind"}
    assert fields(MONDAY, MONDAY, DayKind.HOLIDAY, "x" * 121) == {"name"}


def test_saving_needs_a_reason_a_role_and_the_calendar_that_was_seen(cast: Cast) -> None:
    found, base = services.edited(MONDAY, MONDAY, DayKind.HOLIDAY, ""), queries.current_version_id()
    with transaction(), pytest.raises(Forbidden):
        services.change(cast.rita.actor, found, source="page", reason="rest", now=NOW)
    with transaction(), pytest.raises(Invalid):
        services.change(cast.ana.actor, found, source="page", reason=" ", now=NOW)
    with transaction():
        made = services.change(cast.ana.actor, found, source="page", reason="Founders", base=base, now=NOW)
    assert made.created_by == cast.ana.actor.label
    assert session.query(AuditEvent).filter_by(action="calendar.change").one().reason == "Founders"
    session.rollback()
    with transaction(), pytest.raises(Conflict):
        services.change(cast.ana.actor, found, source="page", reason="Again", base=base, now=NOW)


def test_what_is_exported_reads_back_as_the_same_days() -> None:
    days = {MONDAY: SpecialDay(DayKind.HOLIDAY, 'A "day", 元旦'), SATURDAY: SpecialDay(DayKind.WORKDAY)}
    assert files.read(files.write(days), "67") == days


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "-1+1", "'=1", "'t was a day off", "1 Mar", "@home"])
def test_a_name_that_a_spreadsheet_would_run_stays_text_in_the_file_and_is_read_back(name: str) -> None:
    days = {MONDAY: SpecialDay(DayKind.HOLIDAY, name)}
    written = files.write(days)
    assert next(csv.reader(written.splitlines()[1:]))[2] == f"'{name}"
    assert files.read(written, "67") == days
    assert files.read(f"day,kind,name\n{MONDAY},holiday,'t was a rest\n", "67")[MONDAY].name == "'t was a rest"
