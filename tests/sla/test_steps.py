"""The steps of a request, each measured apart with its target, and the promise with the time of holds counted in."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from html import unescape
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select, update

from backoffice import clock
from backoffice.calendars.rules import DayKind
from backoffice.database import session, transaction
from backoffice.delivery import services as delivery
from backoffice.delivery.models import Message
from backoffice.errors import Invalid
from backoffice.permissions import SYSTEM
from backoffice.policies import rules as policy_rules
from backoffice.policies import services as policies
from backoffice.policies.rules import PolicyKey
from backoffice.requests.models import Hold, InvoiceRequest
from backoffice.review.services import claims, holds
from backoffice.review.services import decisions as review
from backoffice.sla import invariants, jobs, rules
from backoffice.sla.models import Outcome
from tests.review.desk import NOW, Desk
from tests.sla.test_dashboard import reject, shown
from tests.sla.test_folding import fold, outcome
from tests.support.visitor import Visitor

HOUR = timedelta(hours=1)


def test_minutes_grow_coarser_and_targets_are_whole_hours() -> None:
    taken = {0: 0, 1: 1, 60: 1, 61: 2, 3600: 60, 3601: 75, 86_400: 1440, 86_401: 1500}
    assert {seconds: rules.step_minutes(seconds) for seconds in taken} == taken
    assert rules.quantile({30: 1, 90: 1}, 0.9, 60) == 1.5
    default = policy_rules.DEFAULTS[PolicyKey.STEP_TARGETS]
    assert set(default) == {*rules.Step}
    policy_rules.validate(PolicyKey.STEP_TARGETS, {**default, "issue": None})
    for wrong in ({}, {**default, "issue": 0}, {**default, "issue": "4"}, {**default, "more": 4}, 4):
        with pytest.raises(Invalid):
            policy_rules.validate(PolicyKey.STEP_TARGETS, wrong)


def held(desk: Desk, number: str, at: datetime, hours: int) -> None:
    """Let the clock of a request stand still for so many hours."""
    rita = desk.cast.rita.actor
    desk.run(holds.hold, rita, number, question="Which one?", now=at)
    with desk.app.app_context():
        id_ = session.scalars(select(InvoiceRequest.id).where(InvoiceRequest.number == number)).one()
    desk.run(lambda: session.execute(update(Hold).where(Hold.request_id == id_).values(clock_stopped_at=at)))
    desk.run(lambda: session.execute(update(InvoiceRequest).where(InvoiceRequest.id == id_).values(paused_at=at)))
    desk.run(holds.resume, rita, number, now=at + hours * HOUR)


def issued(desk: Desk, number: str, at: datetime) -> tuple[int, int]:
    """Let a request be issued, with a mail to two people; returns the ids of the mails."""
    with desk.app.app_context(), transaction():
        of = update(InvoiceRequest).where(InvoiceRequest.number == number).returning(InvoiceRequest.id)
        values = {"state": "issued", "closed_at": at, "issued_at": at, "issued_on": at.date(), "invoice_number": "I-1"}
        (id_,) = session.execute(of.values(values)).one()
        context = dict.fromkeys(("amount", "header_name", "invoice_number", "request_number"), "1.00")
        mails = [
            delivery.queue("issued", to, "en", context, at=at, about=("invoice_request", id_))
            for to in ("a@b.c", "d@e.f")
        ]
        session.flush()
        return mails[0].id, mails[1].id


def arrived(desk: Desk, message_id: int, at: datetime) -> None:
    """Let a mail server take a mail."""
    took: Any = {"state": "accepted", "accepted_at": at, "attempts": 1, "server_answer": "250"}
    desk.run(lambda: session.execute(update(Message).where(Message.id == message_id).values(took)))


def steps_of(of: Outcome) -> list[tuple[int | None, bool | None]]:
    """What each step took in minutes, and whether it kept its target."""
    return [(getattr(of, f"{step}_minutes"), getattr(of, f"{step}_kept")) for step in rules.Step]


@pytest.mark.both_databases
def test_each_step_is_measured_from_its_own_beginning(desk: Desk) -> None:
    number, began = desk.apply(days_ago=7), NOW - timedelta(days=7)
    desk.run(claims.claim, desk.cast.rita.actor, number, now=began + 25 * HOUR)
    held(desk, number, began + 26 * HOUR, 48)
    desk.run(review.approve, desk.cast.rita.actor, number, now=began + 80 * HOUR)
    at = began + 80 * HOUR + timedelta(minutes=10)
    first, second = issued(desk, number, at)
    arrived(desk, first, at + timedelta(minutes=1))
    fold(desk)
    # Looked at an hour after its day was over; 48 of the 80 hours belong to the customer.
    told = [(26 * 60 - 60, False), (32 * 60, True), (10, True)]
    assert steps_of(outcome(desk, number)) == [*told, (None, None)]
    arrived(desk, second, NOW + timedelta(minutes=2))
    with clock.moved_to(NOW + timedelta(minutes=5)):
        fold(desk)
        weekend, took = 48 * HOUR, NOW + timedelta(minutes=2) - at
        assert steps_of(outcome(desk, number)) == [
            *told,
            (rules.step_minutes((took - weekend).seconds + 86_400), False),
        ]
        with desk.app.app_context():
            assert list(invariants.check()) == []


@pytest.mark.both_databases
def test_with_holds_a_promise_is_kept_only_within_the_first_day_promised(desk: Desk) -> None:
    waited, prompt = desk.apply(days_ago=14), desk.apply(days_ago=14)
    held(desk, waited, NOW - timedelta(days=13), 72)
    reject(desk, waited, days_ago=5)
    reject(desk, prompt, days_ago=8)
    fold(desk)
    judged = [(of.verdict, of.gross_verdict) for of in (outcome(desk, waited), outcome(desk, prompt))]
    assert judged == [("met", "missed"), ("met", "met")]
    with desk.app.app_context():
        assert list(invariants.check()) == []
    desk.run(lambda: session.execute(update(Outcome).where(Outcome.paused_seconds == 0).values(gross_verdict="missed")))
    with desk.app.app_context():
        told = list(invariants.check())
    assert f"request {prompt}: what became of its promise was written down otherwise" in told


def test_with_holds_a_day_that_was_promised_without_them_is_never_taken_back(desk: Desk) -> None:
    """Promised for the 16th; the calendar made it the 17th and took that back. A question of the 10th adds one day."""
    number, early = desk.apply(days_ago=14), desk.apply(days_ago=14)
    held(desk, number, NOW - timedelta(days=13), 2)
    desk.change_days(date(2026, 11, 11), DayKind.HOLIDAY)
    desk.follow_calendar()
    desk.change_days(date(2026, 11, 11), None)
    desk.follow_calendar()
    held(desk, early, NOW - timedelta(days=13), 2)
    reject(desk, number, days_ago=6)  # Tuesday the 17th
    reject(desk, early, days_ago=5)
    fold(desk)
    judged = [(of.verdict, of.gross_verdict, of.due_on.day) for of in (outcome(desk, number), outcome(desk, early))]
    assert judged == [("met", "met", 18), ("met", "missed", 18)]
    with desk.app.app_context():
        assert list(invariants.check()) == []


@pytest.mark.both_databases
def test_a_target_is_the_one_of_the_day_of_submission(desk: Desk) -> None:
    targets = {"first_look": None, "decision": 1, "issue": 4, "delivery": 4}
    starts_on = date(2026, 11, 10)
    desk.run(policies.set_policy, SYSTEM, PolicyKey.STEP_TARGETS, targets, starts_on=starts_on, reason="r", now=NOW)
    before, after = desk.apply(days_ago=14), desk.apply(days_ago=13)
    for number, days in ((before, 13.5), (after, 12.5)):
        reject(desk, number, days_ago=days)
    fold(desk)
    assert [steps_of(outcome(desk, number))[:2] for number in (before, after)] == [
        [(12 * 60, True), (12 * 60, True)], [(12 * 60, None), (12 * 60, False)],
    ]  # fmt: skip


@pytest.mark.one_database
def test_page_and_file_show_the_steps_and_no_share_of_few(desk: Desk, visit: Callable[..., Visitor]) -> None:
    for _ in range(4):
        reject(desk, desk.apply(days_ago=7), days_ago=6)
    late = desk.apply(days_ago=7)
    reject(desk, late, days_ago=1)
    desk.run(review.approve, desk.cast.rita.actor, number := desk.apply(days_ago=3), now=NOW)
    issued(desk, number, NOW)
    with desk.app.app_context():
        jobs.fold()
    manager = visit(desk.cast.max)
    page = manager.get("/sla").text
    row = {step: re.search(rf'<tr id="step-{step}">(.*?)</tr>', page, re.S) for step in rules.Step}
    said = {step: re.findall(r"<td[^>]*>(?:<a[^>]*>)?([^<]*)", found[1]) for step, found in row.items() if found}
    assert said["decision"] == ["96", "6", "24.0", "110.0", "5", "1", "83.3%"]
    assert said["issue"] == ["4", "1", "0.00", "0.00", "1", "0", "—"]
    assert said["delivery"] == ["4", "0", "—", "—", "0", "0", "—"]
    assert row["first_look"]
    assert 'title="From submission until a reviewer claimed it' in unescape(row["first_look"][1])
    address = re.search(r'href="(/sla/requests/step-late\?[^"]*cell=decision)"', page)
    assert address
    assert manager.get(address[1].replace("&amp;", "&")).text.count(f'<tr id="{late}"') == 1
    assert shown(page, "on-time-gross") == shown(page, "on-time")
    book = openpyxl.load_workbook(io.BytesIO(manager.get("/sla/report.xlsx").data))
    sheet = next(one for one in book.worksheets if "Steps" in one.title)
    decision = list(sheet.values)[2]
    assert decision[:7] == ("Decision", 96, 6, 24, 110, 5, 1)
    assert manager.get("/sla/requests/step?cell=none").status_code == 404
