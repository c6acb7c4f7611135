"""The weekly report: once a week to every manager who wants it, with the figures of the page and its file."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from email import message_from_bytes, policy
from zoneinfo import ZoneInfo

import pypdf
import pytest
from sqlalchemy import select, update

from backoffice import clock, storage
from backoffice.accounts import services as accounts
from backoffice.audit.models import AuditEvent
from backoffice.calendars.rules import BusinessCalendar, DayKind, SpecialDay
from backoffice.database import session
from backoffice.delivery import jobs as delivery
from backoffice.delivery import queries as messages
from backoffice.delivery.messages import render
from backoffice.delivery.models import Message
from backoffice.permissions import Role
from backoffice.sla import invariants, jobs, rules
from backoffice.sla.models import WeeklyReport
from backoffice.sla.queries import coming, figures
from backoffice.sla.queries.lists import Asked
from tests.review.desk import NOW, Desk
from tests.sla.test_dashboard import reject, shown
from tests.support.visitor import Visitor

LAST_WEEK = date(2026, 11, 16)


def week_of(local: str, *off: date) -> date | None:
    """The week reported at a local time, when these days are holidays."""
    calendar = BusinessCalendar((5, 6), {day: SpecialDay(DayKind.HOLIDAY, "Rest") for day in off}, {2026: False})
    return rules.reported_week(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo("Asia/Shanghai")), calendar)


def test_a_report_is_due_from_the_first_business_day_of_the_week_on() -> None:
    monday, week = date(2026, 11, 23), [date(2026, 11, 23) + timedelta(days=number) for number in range(7)]
    assert [week_of(at) for at in ("2026-11-23 07:59", "2026-11-23 08:00", "2026-11-29 23:59")] == [
        None, LAST_WEEK, LAST_WEEK,
    ]  # fmt: skip
    assert [week_of(at, monday) for at in ("2026-11-23 12:00", "2026-11-24 07:59", "2026-11-24 08:00")] == [
        None, None, LAST_WEEK,
    ]  # fmt: skip
    assert week_of("2026-11-29 12:00", *week) is None, "a week without a business day makes none"
    assert week_of("2026-11-30 08:00", *week) == monday


def manager(desk: Desk, name: str, locale: str) -> str:
    """One more manager; returns the address."""
    address = f"{name}@backoffice.example"
    desk.run(
        accounts.create_user, desk.cast.ana.actor, email=address, name=name, role=Role.MANAGER, account_id=None,
        password="one long pass phrase", locale=locale, now=NOW,
    )  # fmt: skip
    return address


def two_weeks(desk: Desk) -> None:
    """Of the last week six in time, one late and one that is still open; of the one before one in time; two to come."""
    for days in (8, 8, 7, 7, 6, 6, 3):
        reject(desk, desk.apply(days_ago=12), days_ago=days)
    reject(desk, desk.apply(amount="7.00", days_ago=19), days_ago=15)
    for days in (12, 5, 5):
        desk.apply(amount="30.00", days_ago=days)


def report(desk: Desk, after: timedelta = timedelta(0)) -> int:
    """What the worker does every minute; returns how many are told."""
    with clock.moved_to(NOW + after), desk.app.app_context():
        return jobs.report_week()


def mails(desk: Desk) -> list[Message]:
    """The reports that were queued."""
    with desk.app.app_context():
        return list(session.scalars(select(Message).where(Message.template == "weekly_report").order_by(Message.id)))


@pytest.mark.both_databases
def test_it_says_what_page_and_file_say_in_the_managers_language(desk: Desk, visit: Callable[..., Visitor]) -> None:
    two_weeks(desk)
    xu = manager(desk, "xu", "zh")
    assert report(desk) == 2
    told = {mail.recipient: mail for mail in mails(desk)}
    assert {to: mail.locale for to, mail in told.items()} == {desk.cast.max.email: "en", xu: "zh"}
    of_max = visit(desk.cast.max)
    page = of_max.get("/sla?from=2026-11-16&to=2026-11-22").text
    with desk.app.app_context():
        board, before = (
            figures.dashboard(Asked(day, day + timedelta(days=6)), NOW) for day in (LAST_WEEK, date(2026, 11, 9))
        )
        english, chinese = (render("weekly_report", one.locale, one.context) for one in told.values())
        missing = coming.coming(NOW).missing_count
    assert (board.promises.due.number, before.promises.due.number) == (8, 1)
    received = [sum(day.received.number for day in one.flow) for one in (board, before)]
    lines = [
        f"On time: {shown(page, 'on-time')} (6 of 8) [1 of 1]",
        f"Received: {received[0]} [{received[1]}]",
        f"Open at its end: {board.flow[-1].backlog.number} [{before.flow[-1].backlog.number}]",
        f"Median turnaround: {shown(page, 'turnaround')} [{before.net.median:.1f} business days]",
        f"Nine of ten within: {shown(page, 'p90')} [",
        f"Overdue when this was written: {shown(page, 'overdue')} [—]",
        f"Will miss their day at the present pace: {missing} [—]",
    ]
    for line in lines:
        assert f"* {line}" in english.text
    assert ("Hello Max" in english.text, "/sla?from=2026-11-16&to=2026-11-22" in english.text) == (True, True)
    assert f"按时率: {shown(page, 'on-time')} (8 件中 6 件) [1 件中 1 件]" in chinese.text
    assert [len(re.findall(r"<tr>\s*<th scope=\"row\"", mail.html)) for mail in (english, chinese)] == [8, 8]
    first_of_all = update(Message).where(Message.template != "weekly_report").values(state="cancelled")
    desk.run(lambda: session.execute(first_of_all))
    with desk.app.app_context():
        delivery.send_due()  # nobody listens; the bytes of the first one are kept
        kept = session.scalars(select(Message.mime).where(Message.id == told[desk.cast.max.email].id)).one()
        stored = storage.get(told[xu].attachment_sha256 or "")
        assert list(invariants.check()) == []
    assert kept
    assert b"/documents/" not in kept, "a report of the house has no link that needs no signing in"
    (document,) = message_from_bytes(kept, policy=policy.default).iter_attachments()
    assert document.get_filename() == "Service level 2026-11-16 2026-11-22.pdf"
    assert told[xu].attachment_name == "服务时效 2026-11-16 2026-11-22.pdf"
    of_page = of_max.get("/sla/report.pdf?from=2026-11-16&to=2026-11-22").data
    assert pages(document.get_content()) == pages(of_page)
    assert "服务时效" in pages(stored)[0]


def pages(pdf: bytes) -> list[str]:
    """The words of a document, page by page."""
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


@pytest.mark.both_databases
def test_a_week_is_told_once_by_whomever_and_after_any_sleep(desk: Desk) -> None:
    two_weeks(desk)
    assert (desk.twice_at_once(jobs.report_week), report(desk, timedelta(days=4))) == ([0, 1], 0)
    late = manager(desk, "late", "en")
    assert report(desk, timedelta(days=5)) == 0, "whoever becomes a manager later hears of the weeks to come"
    assert report(desk, timedelta(days=24)) == 2, "two weeks slept through: the last full one is told"
    ended = [(mail.recipient, mail.context["since"], mail.context["overdue"]) for mail in mails(desk)[1:]]
    assert ended == [(to, "2026-12-07", [3, None]) for to in (late, desk.cast.max.email)]
    with desk.app.app_context():
        assert list(session.scalars(select(WeeklyReport.monday).order_by(WeeklyReport.monday))) == [
            LAST_WEEK, date(2026, 12, 7),
        ]  # fmt: skip
        assert list(invariants.check()) == []
    assert report(desk, timedelta(days=28)) == 2
    last = mails(desk)[-1].context
    assert (last["since"], last["overdue"]) == ("2026-12-14", [3, 3]), "beside what the report before it said"


@pytest.mark.one_database
def test_nobody_is_told_of_nothing_or_against_their_wish(desk: Desk, visit: Callable[..., Visitor]) -> None:
    assert (report(desk), report(desk)) == (0, 0)
    two_weeks(desk)
    assert report(desk) == 0, "the week is done"
    of_max = visit(desk.cast.max)
    of_max.client.set_cookie("locale", "zh")
    for wanted in ([], ["y"], []):
        of_max.get("/settings")
        assert of_max.submit({"weekly_report": wanted}).status_code == 302
    assert not re.search(r'<input checked[^>]*name="weekly_report"', of_max.get("/settings").text)
    of_max.client.set_cookie("locale", "en")
    assert "The last thing you did was to choose your mails" in of_max.get("/settings").text, "in the page's language"
    assert report(desk, timedelta(days=7)) == 0
    assert mails(desk) == []
    with desk.app.app_context():
        chosen = session.scalars(select(AuditEvent.after).where(AuditEvent.action == "user.mails-chosen"))
        assert [after["weekly_report"] for after in chosen] == [False, True, False]
        assert list(session.scalars(select(WeeklyReport.told))) == [0, 0]
    assert "/settings/mails" not in visit(desk.cast.rita).get("/settings").text


@pytest.mark.one_database
def test_a_report_that_came_back_is_missed_until_the_next_one_arrives(desk: Desk) -> None:
    two_weeks(desk)
    report(desk)
    came_back = update(Message).where(Message.template == "weekly_report")
    desk.run(lambda: session.execute(came_back.values(state="failed", server_answer="550 no", attempts=1)))
    report(desk, timedelta(days=7))
    first, second = (mail.id for mail in mails(desk))
    with desk.app.app_context():
        assert [mail.id for mail in messages.problems()] == [first]
    arrived = update(Message).where(Message.id == second)
    desk.run(
        lambda: session.execute(arrived.values(state="accepted", accepted_at=NOW, server_answer="250", attempts=1))
    )
    with desk.app.app_context():
        assert list(messages.problems()) == []


@pytest.mark.one_database
def test_a_week_that_was_told_otherwise_is_found(desk: Desk) -> None:
    two_weeks(desk)
    report(desk)
    desk.run(lambda: session.execute(update(WeeklyReport).values(told=2)))
    with desk.app.app_context():
        (told,) = invariants.check()
    assert told == "report of the week of 2026-11-16: 2 were told, 1 mails were queued"
    early = {"monday": date(2026, 11, 17), "told_at": NOW - timedelta(days=3), "told": 0}
    desk.run(lambda: session.execute(update(WeeklyReport).values(**early)))
    with desk.app.app_context():
        assert [told.partition(":")[0] for told in invariants.check()] == [
            "report of the week of 2026-11-17", "weekly report queued at 2026-11-23 02",
        ]  # fmt: skip
