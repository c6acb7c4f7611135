"""What will break next: pace, requests that miss their day, a forecast, and what the last one was worth."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from backoffice.calendars import queries as calendars
from backoffice.database import session, transaction
from backoffice.requests.models import InvoiceRequest
from backoffice.sla import forecast
from backoffice.sla.models import DayFigures
from backoffice.sla.queries import coming
from tests.review.desk import NOW, Desk
from tests.sla.test_dashboard import fold, history, reject, shown
from tests.support.sql import statements
from tests.support.visitor import Visitor

TODAY = date(2026, 11, 23)


def year(desk: Desk, *, last: date = TODAY - timedelta(days=1), days: int = 200) -> None:
    """Days that received and closed as many as their weekday does."""
    zeros = {column.key: Decimal(0) if column.key.endswith("amount") else 0 for column in DayFigures.__table__.columns}
    with desk.app.app_context(), transaction():
        for ago in range(days):
            day = last - timedelta(days=ago)
            moved = {0: (9, 6), 1: (5, 6), 2: (5, 6), 3: (5, 5), 4: (4, 5)}.get(day.weekday())
            if moved:
                left = {"issued": moved[1] - 1, "rejected": 1, "withdrawn": 2}
                session.add(DayFigures(**{**zeros, "day": day, "header_kind": "enterprise", "band": 1, "reviewer_id": 0,
                                          "received": moved[0], **left}))  # fmt: skip


def test_pace_misses_and_last_months_forecast(desk: Desk, visit: Callable[..., Visitor]) -> None:
    history(desk, kept=0, broken=0)  # one past its day, one due today
    numbers = [desk.apply(amount="11.00", days_ago=4) for _ in range(12)]
    fold(desk)
    year(desk)
    with desk.app.app_context():
        told = coming.coming(NOW)
        assert (told.open, told.late.number, told.in_time) == (14, 1, 13)
        assert told.pace == pytest.approx(5.6), "closed a business day in the last ten"
        # Turns at 5.6 a day: 5 today, then 11, 16; what is due on day n and comes later misses.
        turns = forecast.outlook([(1, TODAY)], told.pace, calendars.current_calendar(), TODAY)
        assert not turns[0].misses
        assert told.missing_count == len(told.missing) <= 13
        assert told.forecast is not None
        assert told.last_month is not None
        assert len(told.forecast.days) == len(told.last_month.backlog) == forecast.HORIZON
        by_hand = (14 + sum(one.inflow for one in told.forecast.days)) / forecast.HORIZON
        assert told.to_clear == pytest.approx(by_hand)
    manager = visit(desk.cast.max)
    page = manager.get("/sla/forecast").text
    assert (shown(page, "pace"), shown(page, "missing"), shown(page, "late")) == ("5.6", str(told.missing_count), "1")
    assert set(re.findall(r"IR-\d{8}-\d{6}", page)) <= set(numbers)
    assert ("Expected backlog" in page, "Last month&#39;s forecast" in page) == (True, True)
    with statements(desk.app) as sent:
        manager.get("/sla/forecast")
    # Who asks, their navigation (2), calendar, figures (2), open requests, those that miss their day, the promise's
    # terms for the definitions, and the workers' signs of life.
    assert len(sent) == 10


def test_without_a_pace_everything_misses_and_nothing_is_forecast(desk: Desk, visit: Callable[..., Visitor]) -> None:
    number = desk.apply(amount="11.00", days_ago=1)
    fold(desk)
    page = visit(desk.cast.max).get("/sla/forecast").text
    assert (shown(page, "pace"), shown(page, "missing")) == ("0.0", "1")
    assert (number in page, "not at this pace" in page, "fifteen business days" in page) == (True, True, True)


def test_each_figure_opens_its_requests_in_the_order_of_their_turns(desk: Desk, visit: Callable[..., Visitor]) -> None:
    for ago in (13, 12, 12, 11, 10, 7, 6, 5, 4, 4):
        reject(desk, desk.apply(amount="8.00", days_ago=ago + 1), days_ago=ago)
    history(desk, kept=0, broken=0)
    for ago in (4, 4, 4, 3, 3, 1, 1, 1):
        desk.apply(amount="11.00", days_ago=ago)
    fold(desk)
    with desk.app.app_context():
        told = coming.coming(NOW)
        misses = dict(session.execute(select(InvoiceRequest.id, InvoiceRequest.number)).all())
        wanted = [misses[turn.key] for turn in told.missing]
    manager = visit(desk.cast.max)
    page = manager.get("/sla/forecast").text
    opened = {
        name: re.search(rf'id="{name}">.*?<a href="([^"]+)"', page, re.S) for name in ("pace", "to-keep", "missing")
    }
    assert all(opened.values())
    addresses = {name: found[1].replace("&amp;", "&") for name, found in opened.items() if found}
    assert (addresses["to-keep"], addresses["missing"]) == ("/sla/requests/to-keep", "/sla/requests/will-miss")
    assert addresses["pace"].startswith("/sla/requests/closed?from=2026-11-")
    lists = {name: manager.get(address).text for name, address in addresses.items()}
    assert 3 <= len(wanted) < told.in_time
    assert re.findall(r'<tr id="(IR-[^"]+)"', lists["missing"]) == wanted
    for name, of in (("pace", told.closed), ("to-keep", told.hardest), ("missing", told.misses)):
        said = f"{of.number} request{'s' if of.number != 1 else ''} · ¥{of.amount:,.2f}"
        assert said in lists[name], name
    assert told.pace == pytest.approx(told.closed.number / forecast.PACE_DAYS)
    enterprise = manager.get("/sla/requests/will-miss?kind=enterprise").text
    assert re.findall(r'<tr id="(IR-[^"]+)"', enterprise) == wanted
    assert re.findall(r'<tr id="(IR-[^"]+)"', manager.get("/sla/requests/will-miss?kind=personal").text) == []


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("by", "said"),
    [
        ("2026-11-24", "datetime=\"2026-11-24\""), ("yesterday", "Use the form year-month-day"),
        ("2026-11-22", "Choose a day from today on"), ("2036-01-01", "Choose a day from today on"),
    ],
)  # fmt: skip
def test_the_day_of_an_empty_desk(desk: Desk, visit: Callable[..., Visitor], by: str, said: str) -> None:
    page = visit(desk.cast.max).get(f"/sla/forecast?by={by}").text
    assert said in page
    assert f'value="{by}"' in page
