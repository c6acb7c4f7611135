"""The sweep: each broken promise is flagged once and told to every manager once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event, select, update

from backoffice import clock
from backoffice.database import engines, session
from backoffice.delivery.models import Message
from backoffice.engines import WRITE
from backoffice.requests.models import InvoiceRequest, RequestEvent
from backoffice.review.services import decisions as review
from backoffice.sla import jobs
from backoffice.sla.models import Flag
from tests.review.desk import NOW, Desk
from tests.support.visitor import Visitor

pytestmark = pytest.mark.both_databases


def sweep(desk: Desk) -> int:
    """What the worker does every minute."""
    with desk.app.app_context():
        return jobs.sweep()


def test_a_broken_promise_is_flagged_once_and_told_once(desk: Desk) -> None:
    overdue = [desk.apply(days_ago=10), desk.apply(days_ago=12)]
    desk.apply(days_ago=7)  # due today
    assert [sweep(desk), sweep(desk)] == [2, 0]
    assert desk.count(Flag) == 2
    assert desk.count(RequestEvent, RequestEvent.kind == "flagged") == 2
    with desk.app.app_context():
        mail = session.scalars(select(Message).where(Message.template == "flagged")).one()
        assert mail.recipient == desk.cast.max.email
        assert {line["request_number"] for line in mail.context["requests"]} == set(overdue)
        flagged = session.scalars(select(InvoiceRequest.number).where(InvoiceRequest.flagged_at == NOW))
        assert set(flagged) == set(overdue)


def test_approved_requests_are_still_owed_and_closed_ones_are_not(desk: Desk) -> None:
    approved, rejected = desk.apply(days_ago=10), desk.apply(days_ago=10)
    desk.run(review.approve, desk.cast.rita.actor, approved, now=NOW)
    desk.run(review.reject, desk.cast.rita.actor, rejected, reason="other", remarks="No.", now=NOW)
    assert sweep(desk) == 1
    with desk.app.app_context():
        flagged = session.scalars(select(InvoiceRequest.number).where(InvoiceRequest.flagged_at.is_not(None)))
        assert list(flagged) == [approved]
        mail = session.scalars(select(Message).where(Message.template == "flagged")).one()
        assert [line["approved"] for line in mail.context["requests"]] == [True]


def test_the_promise_breaks_with_the_first_instant_of_the_next_day(desk: Desk) -> None:
    desk.apply(days_ago=7)  # Monday a week ago: due today, in Shanghai until 16:00 UTC
    midnight = NOW.replace(hour=16)
    with clock.moved_to(midnight - timedelta(seconds=1)):
        assert sweep(desk) == 0
    with clock.moved_to(midnight):
        assert sweep(desk) == 1


def test_more_than_one_batch_is_swept_in_one_run(desk: Desk) -> None:
    from backoffice.sla.services import flags

    for _ in range(5):
        desk.apply(amount="1.00", days_ago=10)
    flagged = [len(desk.run(flags.flag_overdue, now=NOW, limit=2)) for _ in range(3)]
    assert flagged == [2, 2, 1]
    assert desk.count(Message, Message.template == "flagged") == 3


@pytest.mark.one_database
def test_open_work_leads_to_no_page_for_the_address_of_a_colleague(desk: Desk, visit: Callable[..., Visitor]) -> None:
    desk.apply(days_ago=10)
    sweep(desk)
    returned = {"state": "failed", "server_answer": "550 no", "attempts": 1}
    desk.run(lambda: session.execute(update(Message).where(Message.template == "flagged").values(returned)))
    page = visit(desk.cast.rita).get("/review/work").text
    assert desk.cast.max.email in page
    assert "Correct the address and send again" not in page, "that page knows mails to customers alone"


def test_a_sweep_that_finds_nothing_asks_for_no_right_to_write(desk: Desk) -> None:
    desk.apply(days_ago=1)
    desk.apply(days_ago=10)
    assert sweep(desk) == 1
    with desk.app.app_context():
        wished: list[object] = []
        for engine in engines():
            event.listen(
                engine, "begin", lambda connection: wished.append(connection.get_execution_options().get(WRITE))
            )
        assert jobs.sweep() == 0
    assert wished == [None]
