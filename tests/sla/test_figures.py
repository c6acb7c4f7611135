"""Every figure of the managers' page equals its list, in number and in sum, whatever has happened."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from backoffice.database import session, transaction
from backoffice.delivery import services as delivery
from backoffice.requests import queries as requests
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.services import changes
from backoffice.review.services import claims, holds
from backoffice.review.services import decisions as review
from backoffice.sla import invariants, jobs
from backoffice.sla.messages import charts
from backoffice.sla.messages.lists import addresses as lists_of
from backoffice.sla.queries import coming, figures, lists
from backoffice.sla.queries.board import Shown
from backoffice.sla.queries.lists import Asked, Figure
from tests.review.desk import NOW, Desk

pytestmark = pytest.mark.both_databases

TODAY = date(2026, 11, 23)
HOURS = (timedelta(minutes=2), timedelta(hours=9))
AMOUNTS = ("1.50", "7.00", "99.99", "1000.00", "30.00")
PERIODS = {
    "30 days": Asked(TODAY - timedelta(days=29), TODAY),
    "12 weeks, one type": Asked(TODAY - timedelta(days=83), TODAY, header_kind="enterprise"),
    "one band": Asked(TODAY - timedelta(days=29), TODAY, band=0),
    "past days": Asked(date(2026, 11, 2), date(2026, 11, 13)),
}


def every(board: Any) -> Iterator[Shown]:
    """Each figure of the page, wherever it stands."""
    if isinstance(board, Shown):
        yield board
    elif isinstance(board, tuple):
        for one in board:
            yield from every(one)
    elif is_dataclass(board) and not isinstance(board, Asked):
        for field in fields(board):
            yield from every(getattr(board, field.name))


def live(desk: Desk) -> None:
    """Eight weeks of requests: decided early and late, asked about, taken back, withdrawn, still open."""
    chance, cast = random.Random(7), desk.cast
    for _ in range(40):
        who = chance.choice([cast.ada, cast.bo])
        days = chance.uniform(0, 56)
        number = desk.apply(who, chance.choice(AMOUNTS), days_ago=days)
        left = days - chance.uniform(0, 12)
        reviewer = chance.choice([cast.rita, cast.rui]).actor
        at = NOW - timedelta(days=max(left, 0))
        fate = chance.choice(
            ["open", "claimed", "approved", "rejected", "rejected", "returned", "withdrawn", "held", "paused"]
        )
        if fate == "withdrawn":
            desk.run(changes.withdraw, who.actor, number, now=at)
        if fate == "claimed":
            desk.run(claims.claim, reviewer, number, now=NOW)
        if fate in ("approved", "returned"):
            desk.run(review.approve, reviewer, number, now=at)
        if fate == "returned":
            desk.run(review.return_to_queue, cast.rita.actor, number, why="Wrong", now=at)
        if fate in ("rejected", "returned"):
            reason = chance.choice(["other", "tax_id", "amount"])
            desk.run(review.reject, reviewer, number, reason=reason, remarks="No.", now=at)
        if fate == "approved" and chance.random() < 0.7:
            issued(desk, number, at)
        if fate in ("held", "paused"):  # the clock stands still from the moment on in which the mail is accepted
            desk.run(holds.hold, reviewer, number, question="Which one?", now=at)
        if fate == "paused":
            stopped = update(InvoiceRequest).where(InvoiceRequest.number == number).values(paused_at=at)
            desk.run(lambda sent=stopped: session.execute(sent))
    for days in (58, 57, 7, 6):  # the oldest, and of the day after it; due today, and on the next business day
        desk.apply(days_ago=days)
    with desk.app.app_context():
        jobs.fold()


def issued(desk: Desk, number: str, at: datetime) -> None:
    """Let a request be issued, as if its clock had stood still for an hour, with a mail that is on its way."""
    values = {"state": "issued", "closed_at": at, "issued_at": at, "issued_on": at.date(), "paused_seconds": 3600}
    former = select(func.min(InvoiceRequest.id)).scalar_subquery()
    with desk.app.app_context(), transaction():
        found = requests.by_number(number)
        again = former if found.id % 2 and found.id > 1 else None
        of = update(InvoiceRequest).where(InvoiceRequest.id == found.id)
        session.execute(of.values(**values, invoice_number=f"I{found.id}", resubmission_of_id=again))
        context = dict.fromkeys(("amount", "header_name", "invoice_number", "request_number"), "1.00")
        mail = delivery.queue("issued", "a@bills.example", "en", context, at=at, about=("invoice_request", found.id))
        if found.id % 3:
            mail.state, mail.accepted_at, mail.attempts, mail.server_answer = (
                "accepted",
                at + HOURS[found.id % 2],
                1,
                "250",
            )


def test_every_figure_equals_its_list_in_number_and_sum(desk: Desk) -> None:
    live(desk)
    seen: set[Figure] = set()
    known: set[tuple[Figure, Asked]] = set()
    faults: list[str] = []
    with desk.app.app_context():
        periods = {**PERIODS, "one reviewer": Asked(TODAY - timedelta(days=59), TODAY, reviewer=desk.cast.rita.id)}
        for name, asked in periods.items():
            for shown in every((figures.dashboard(asked, NOW), coming.coming(NOW))):
                if (shown.figure, shown.asked) in known:
                    continue
                known.add((shown.figure, shown.asked))
                of_list = lists.listed(shown.figure, shown.asked, NOW).with_only_columns(InvoiceRequest.amount)
                listed = list(session.scalars(of_list))
                total = lists.total(shown.figure, shown.asked, NOW)
                counted = (len(listed), sum(listed))
                if not counted == (shown.number, shown.amount) == (total.number, total.amount):
                    faults.append(f"{name}: {shown} has {counted} rows, its list says {total}")
                if shown.number:
                    seen.add(shown.figure)
        assert list(invariants.check()) == []
    assert not faults, "\n".join(faults[:20])
    assert seen == {*Figure}


@pytest.mark.parametrize(
    ("since", "until", "grain", "places"),
    [
        (date(2026, 9, 13), date(2026, 12, 1), "Week", 13),  # begins on a Sunday: its first week is one day
        (date(2026, 11, 23), date(2026, 11, 23), "Day", 1),
        (date(2026, 10, 24), date(2026, 11, 23), "Day", 31),
        (date(2026, 10, 23), date(2026, 11, 23), "Week", 6),
    ],
)
@pytest.mark.one_database
def test_the_table_of_the_backlog_is_headed_by_what_its_rows_are(
    desk: Desk, since: date, until: date, grain: str, places: int
) -> None:
    with desk.app.test_request_context("/"):
        board = figures.dashboard(Asked(since, until), NOW + timedelta(days=30))
        flow = charts.of_board(board, lists_of("/"), target_days=5, on_time_target=0.95)["flow"]
    assert (flow.heading, len(flow.rows)) == (grain, places)
