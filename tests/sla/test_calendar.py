"""The calendar's page, and open promises that follow a new version: later, never earlier, flags taken back."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select

from backoffice import clock
from backoffice.calendars import queries
from backoffice.calendars.rules import DayKind
from backoffice.database import session
from backoffice.invariants import violations
from backoffice.requests.models import InvoiceRequest, RequestEvent
from backoffice.review.services import decisions as review
from backoffice.sla import jobs
from backoffice.sla.models import Flag
from backoffice.sla.queries import moves
from backoffice.sla.views import provenance
from tests.review.desk import NOW, Desk
from tests.support.visitor import Visitor

TODAY = date(2026, 11, 23)
PAGE, LOOK = "/admin/calendar", "Show whom it moves"


def due(desk: Desk, number: str) -> date:
    with desk.app.app_context():
        return session.scalars(select(InvoiceRequest.due_on).where(InvoiceRequest.number == number)).one()


def test_open_requests_move_later_and_closed_ones_stay(desk: Desk) -> None:
    waiting, approved, closed = (desk.apply(days_ago=3) for _ in range(3))
    desk.run(review.approve, desk.cast.rita.actor, approved, now=NOW)
    desk.run(review.reject, desk.cast.rita.actor, closed, reason="other", remarks="No.", now=NOW)
    before = {number: due(desk, number) for number in (waiting, approved, closed)}
    desk.change_days(TODAY, DayKind.HOLIDAY, TODAY + timedelta(days=1))
    assert [desk.follow_calendar(), desk.follow_calendar()] == [2, 0]
    assert due(desk, closed) == before[closed]
    for number in (waiting, approved):
        assert due(desk, number) == before[number] + timedelta(days=4), "two days more, over a weekend"
    told = [{"before": before[waiting].isoformat(), "due_on": due(desk, waiting).isoformat()}] * 2
    with desk.app.app_context():
        events = session.scalars(select(RequestEvent).where(RequestEvent.kind == "due_moved")).all()
        assert [{name: one.data[name] for name in ("before", "due_on")} for one in events] == told
        assert {one.data["calendar_version"] for one in events} == {queries.current_version_id()}
        assert list(violations()) == []


def test_a_promise_never_moves_earlier(desk: Desk) -> None:
    number = desk.apply(days_ago=3)
    before = due(desk, number)
    desk.change_days(date(2026, 11, 22), DayKind.WORKDAY)
    with desk.app.app_context():
        told = moves.who_moves(queries.current_calendar())
        assert (told.open, told.later, told.kept) == (1, 0, 1)
    assert desk.follow_calendar() == 1
    assert due(desk, number) == before
    assert desk.count(RequestEvent, RequestEvent.kind == "due_moved") == 0


def test_a_later_day_takes_the_flag_back_and_it_is_flagged_anew_when_that_is_over(desk: Desk) -> None:
    number = desk.apply(days_ago=10)
    with desk.app.app_context():
        assert jobs.sweep() == 1
    desk.change_days(TODAY - timedelta(days=3), DayKind.HOLIDAY, TODAY)
    assert desk.follow_calendar() == 1
    with desk.app.app_context():
        assert session.scalars(select(InvoiceRequest.flagged_at).where(InvoiceRequest.number == number)).one() is None
        assert [flag.withdrawn_at for flag in session.scalars(select(Flag))] == [NOW]
        assert list(violations()) == []
    with clock.moved_to(NOW + timedelta(days=9)), desk.app.app_context():
        assert jobs.sweep() == 1
        assert list(violations()) == []
    kinds = [RequestEvent.kind == kind for kind in ("flagged", "due_moved", "flag_withdrawn")]
    assert [desk.count(RequestEvent, kind) for kind in kinds] == [2, 1, 1]


def test_a_change_shows_whom_it_moves_before_it_is_saved(desk: Desk, visit: Callable[..., Visitor]) -> None:
    number = desk.apply(days_ago=3)
    ana = visit(desk.cast.ana)
    ana.get(f"{PAGE}?day=2026-11-24")
    said = {"first": "2026-11-24", "kind": "holiday", "name": "Founders' day 100%", "reason": "Founders"}
    shown = ana.submit(said, button=LOOK).text
    assert number in shown
    assert "1 open request gets a later day" in shown
    with desk.app.app_context():
        assert queries.current_calendar().is_business_day(date(2026, 11, 24))
    changed = ana.submit({"first": "2026-11-25"}, button="Save").text
    assert "This is what the change does now" in changed, "another change than the one looked at is not saved"
    ana.submit(button="Save")
    page = ana.follow()
    assert "get a later day within a minute" in page.text
    assert "Founders" in page.text
    with desk.app.app_context():
        assert not queries.current_calendar().is_business_day(date(2026, 11, 25))


def test_a_year_is_exported_and_imported_again(desk: Desk, visit: Callable[..., Visitor]) -> None:
    ana = visit(desk.cast.ana)
    file = ana.get(f"{PAGE}.csv?year=2026").text
    assert "2026-10-10,workday,National Day" in file
    file = file.replace("2026-10-10,workday,National Day\n", "")
    ana.get(PAGE)
    said = {"file": (io.BytesIO(file.encode()), "2026.csv"), "reason": "Notice"}
    shown = ana.submit(said, button=LOOK).text
    assert "Working weekend day: National Day" in shown
    ana.submit(button="Save")
    with desk.app.app_context():
        assert not queries.current_calendar().is_business_day(date(2026, 10, 10))


@pytest.mark.parametrize(
    ("days", "warns"), [("2027-01-01,holiday,New Year", "2027 would have 1 holiday"), ("2031-05-01,holiday,", "2031 ")]
)
def test_a_file_with_few_days_of_a_year_is_warned_about(
    desk: Desk, visit: Callable[..., Visitor], days: str, warns: str
) -> None:
    ana = visit(desk.cast.ana)
    ana.get(PAGE)
    shown = ana.submit({"file": (io.BytesIO(f"day,kind,name\n{days}\n".encode()), "new.csv")}, button=LOOK).text
    assert "Few days for a whole year" in shown
    assert warns in shown
    ana.get(PAGE)
    whole = ana.get(f"{PAGE}.csv?year=2026").text
    ana.get(PAGE)
    shown = ana.submit({"file": (io.BytesIO(whole.encode()), "2026.csv")}, button=LOOK).text
    assert "Few days for a whole year" not in shown


def test_who_may_not_change_it_reads_it(desk: Desk, visit: Callable[..., Visitor]) -> None:
    page = visit(desk.cast.max).get(f"{PAGE}?year=2027").text
    assert "2027 is provisional" in page
    assert "Change days" not in page
    assert visit(desk.cast.max).get(f"{PAGE}?year=99999x").status_code == 200


FACTS = "holidays 0.84: 2026, 2027; provisional: 2027; chinesecalendar 1.11.0 disagrees on 2026-02-14, 2026-02-15"
KEPT = "kept as people changed them: 2026-11-24 (here holiday Founders' day; a; b, library as its weekday)"


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("note", "english", "chinese"),
    [
        (
            f"{FACTS}; {KEPT}",
            "library holidays 0.84: 2026, 2027; provisional: 2027; chinesecalendar 1.11.0 disagrees on 14 Feb 2026,"
            " 15 Feb 2026; kept as people changed them: 24 Nov 2026 (here holiday Founders' day; a; b, library as its"
            " weekday)",
            "holidays 库 0.84：2026, 2027; 暂定：2027; chinesecalendar 1.11.0 对以下日期有不同意见：2026年2月14日,"
            " 2026年2月15日; 保留人工修改：2026年11月24日（此处：节假日 Founders' day; a; b，库：按星期）",
        ),
        (f"{FACTS[:-5]}", None, "holidays 库 0.84：2026, 2027; 暂定：2027; " + FACTS[FACTS.index("chinese") : -5]),
        ("something of an older release", "something of an older release", "something of an older release"),
    ],
)
def test_where_a_version_comes_from_is_told_in_the_readers_language(
    app: Flask, note: str, english: str | None, chinese: str
) -> None:
    for locale, expected in (("en", english), ("zh", chinese)):
        with app.test_request_context(), force_locale(locale):
            assert expected in (None, provenance.told(note))


def test_the_line_that_the_library_makes_is_of_the_form_that_is_told(desk: Desk, visit: Callable[..., Visitor]) -> None:
    max_ = visit(desk.cast.max)
    assert "library holidays " in max_.get(PAGE).text
    max_.client.set_cookie("locale", "zh")
    page = max_.get(PAGE).text
    assert "holidays 库" in page
    assert "provisional:" not in page
