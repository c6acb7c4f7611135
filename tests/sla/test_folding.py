"""Folding: each closed promise is judged once, and the figures of a day are those of its rows, however often folded."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import inspect, select

from backoffice import clock
from backoffice.calendars.rules import DayKind
from backoffice.database import session, transaction
from backoffice.requests import queries as requests
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.services import applying
from backoffice.review.services import decisions as review
from backoffice.sla import invariants, jobs, rules
from backoffice.sla.models import Backlog, DayFigures, DayPace, Outcome
from backoffice.sla.rules import Verdict
from backoffice.sla.services import folding
from tests.review.desk import NOW, Desk

pytestmark = pytest.mark.both_databases


def reject(desk: Desk, number: str, days_ago: float) -> None:
    """Close a request that many days before NOW."""
    at = NOW - timedelta(days=days_ago)
    desk.run(review.reject, desk.cast.rita.actor, number, reason="other", remarks="No.", now=at)


def fold(desk: Desk) -> int:
    """What the worker does every half minute."""
    with desk.app.app_context():
        return jobs.fold()


def rows(desk: Desk, *models: Any) -> list[list[tuple[Any, ...]]]:
    """Every row of these tables in the order of their keys."""
    with desk.app.app_context():
        columns = [list(model.__table__.columns) for model in models]
        keys = [inspect(model).primary_key for model in models]
        return [
            [tuple(row) for row in session.execute(select(*of).order_by(*key))]
            for of, key in zip(columns, keys, strict=True)
        ]


def outcome(desk: Desk, number: str) -> Outcome:
    """What became of a request's promise."""
    with desk.app.app_context():
        joined = select(Outcome).join(InvoiceRequest, InvoiceRequest.id == Outcome.request_id)
        return session.scalars(joined.where(InvoiceRequest.number == number)).one()


@pytest.mark.one_database
def test_a_promise_is_judged_by_its_instant_and_a_withdrawal_only_once_it_is_late() -> None:
    due = datetime(2026, 3, 2, 16, tzinfo=UTC)
    early, late = due - timedelta(seconds=1), due
    judged = {state: (rules.verdict(state, early, due), rules.verdict(state, late, due)) for state in
              ("issued", "rejected", "withdrawn")}  # fmt: skip
    assert judged == {
        "issued": (Verdict.MET, Verdict.MISSED),
        "rejected": (Verdict.MET, Verdict.MISSED),
        "withdrawn": (Verdict.UNCOUNTED, Verdict.MISSED),
    }
    assert [rules.band_of(Decimal(amount)) for amount in ("0.01", "999.99", "1000", "99999.99", "100000")] == [
        0, 0, 1, 2, 3,
    ]  # fmt: skip
    assert [rules.tenths_of(seconds) for seconds in (0, 1, 8640, 8641, 86400)] == [0, 1, 1, 2, 10]
    assert [rules.bucket_of(tenths) for tenths in (0, 10, 11, 100, 101, 900)] == [1, 1, 2, 10, 11, 11]
    numbers = {3: 5, 20: 4, 90: 1}
    assert [rules.quantile(numbers, share) for share in (0.5, 0.9, 0.95)] == [0.3, 2.0, 9.0]
    assert rules.quantile({}, 0.5) is None


def test_what_is_closed_stays_as_it_was_measured_and_a_repeat_changes_nothing(desk: Desk) -> None:
    first = desk.apply(amount="7.00", days_ago=21)
    reject(desk, first, days_ago=19)
    late = desk.apply(amount="1000.00", days_ago=21)
    reject(desk, late, days_ago=2)
    desk.apply(days_ago=3)
    assert [fold(desk), fold(desk)] == [2, 0]
    met, missed = outcome(desk, first), outcome(desk, late)
    assert (met.verdict, met.band, met.seconds, met.reason, met.closed_on) == (
        "met", 0, 2 * 86400, "other", date(2026, 11, 4),
    )  # fmt: skip
    assert (missed.verdict, missed.band, missed.due_on) == ("missed", 1, date(2026, 11, 9))
    assert met.reviewer_id == missed.reviewer_id == desk.cast.rita.id
    folded = rows(desk, Outcome, DayFigures, DayPace, Backlog)
    assert [len(table) for table in folded] == [2, 7, 16, 1]
    # The days in which they were worked on become days of rest: what was measured stands.
    desk.change_days(date(2026, 11, 3), DayKind.HOLIDAY, date(2026, 11, 6))
    desk.follow_calendar()
    fold(desk)
    assert rows(desk, Outcome, DayFigures, DayPace) == folded[:3]
    with desk.app.app_context():
        assert list(invariants.check()) == []


def test_a_resubmission_counts_from_the_first_application_and_a_verdict_taken_back_is_remembered(desk: Desk) -> None:
    first = desk.apply(days_ago=20)
    reject(desk, first, days_ago=19)
    with desk.app.app_context(), transaction():
        former = requests.by_number(first)
        application = applying.Application(former.header_id, "100.00", "ap@bills.example", resubmission_of=first)
        again = applying.apply(
            desk.cast.ada.actor, application, submit_token="again", locale="en", now=NOW - timedelta(days=14)
        ).number
    desk.run(review.approve, desk.cast.rui.actor, again, now=NOW - timedelta(days=13, hours=1))
    desk.run(review.return_to_queue, desk.cast.rita.actor, again, why="Wrong", now=NOW - timedelta(days=13))
    reject(desk, again, days_ago=12)
    assert fold(desk) == 2
    of = outcome(desk, again)
    assert (of.attempt, of.first_submitted_at, of.reopened_of_id) == (2, NOW - timedelta(days=20), desk.cast.rui.id)
    assert of.seconds < of.chain_seconds == of.seconds + 4 * 86400


def test_two_workers_and_a_fold_in_pieces_come_to_the_same(desk: Desk) -> None:
    for days in (30, 25, 24, 20, 12, 6):
        reject(desk, desk.apply(amount=f"{days}.00", days_ago=days), days_ago=days - 4)
    assert [desk.run(folding.fold, now=NOW, limit=2) for _ in range(4)] == [2, 2, 2, 0]
    in_pieces = rows(desk, Outcome, DayFigures, DayPace)
    with desk.app.app_context(), transaction():
        for table in (Outcome, DayFigures, DayPace, folding.Fold):
            session.execute(table.__table__.delete())
    assert desk.twice_at_once(jobs.fold) == [0, 6]
    assert rows(desk, Outcome, DayFigures, DayPace) == in_pieces


def test_after_hours_of_sleep_the_days_between_are_whole(desk: Desk) -> None:
    fold(desk)
    later = NOW + timedelta(days=3)
    with clock.moved_to(NOW + timedelta(days=1)):
        number = desk.apply(days_ago=-1)
        reject(desk, desk.apply(days_ago=-1), days_ago=-1.1)
    with clock.moved_to(later):
        assert fold(desk) == 1
        with desk.app.app_context():
            counted = session.execute(
                select(DayFigures.received, DayFigures.rejected).where(DayFigures.day == date(2026, 11, 24))
            ).all()
            assert (sum(row.received for row in counted), sum(row.rejected for row in counted)) == (2, 1)
            assert list(invariants.check()) == []
    assert number
