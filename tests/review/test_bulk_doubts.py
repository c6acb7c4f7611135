"""A bulk approval leaves what has doubts to the person: nothing doubtful is approved that nobody looked at."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import select

from backoffice import clock
from backoffice.audit.models import AuditEvent
from backoffice.database import session, transaction
from backoffice.engines import WRITE
from backoffice.errors import Message
from backoffice.ledger.models import LedgerEntry
from backoffice.requests.rules import State
from backoffice.review import jobs
from backoffice.review.models import BulkRun
from backoffice.review.queries import bulk as queries
from backoffice.review.queries.doubts import Doubts
from backoffice.review.rules import BulkAction
from backoffice.review.services import bulk, claims, holds
from backoffice.review.views.bulk_beside import WITH_EVIDENCE
from tests.review.runs import words
from tests.support.office import Office, contradictions
from tests.support.sql import statements
from tests.support.visitor import Visitor

pytestmark = pytest.mark.both_databases
BOX = "Leave requests whose checks warn or fail for a look of their own"
BOXED = re.compile(r'<input[^>]*id="bulk-doubts"[^>]* checked|<input[^>]* checked[^>]*id="bulk-doubts"')
_tokens = count()


@pytest.fixture
def money(office: Office) -> Office:
    """An account whose first invoice makes the next requests plain: header, payer and address are known."""
    office.recharge("5000.00", channel="Alipay")
    office.issued("60.00")
    return office


def start(office: Office, *numbers: str, action: str = "approve", **given: Any) -> int:
    """Let Rita ask for it; the run."""
    with transaction():
        order = bulk.Order(BulkAction(action), numbers, f"form-{next(_tokens)}", given)
        return bulk.start(office.cast.rita.actor, order, now=clock.now()).id


def worked(run: int) -> dict[str, tuple[str | None, str]]:
    """Let the worker do it; what became of each request, in English."""
    jobs.work_off()
    assert contradictions() == []
    rows = session.execute(queries.items(run))
    return {row.number: (row.outcome, str(Message.unpacked(row.reason)) if row.reason else "") for row in rows}


def test_what_has_doubts_is_left_with_the_names_of_the_checks(money: Office) -> None:
    clean, asks, large = money.apply("20.00"), money.apply("21.50", remarks="Please call me"), money.apply("900.00")
    told = worked(start(money, clean, asks, large))
    assert told == {
        clean: ("done", ""),
        asks: ("left", "Left for you: Remarks"),
        large: ("left", "Left for you: Usual amount"),
    }
    assert money.states([clean, asks, large]) == [State.APPROVED, State.PENDING, State.PENDING]
    ended = session.scalars(select(AuditEvent).where(AuditEvent.action == "bulk.end")).one()
    assert ended.after == {"done": 1, "left": 2}


def test_several_checks_are_named_the_gravest_first(money: Office) -> None:
    money.apply("900.00")
    twin = money.apply("900.00", remarks="Please call me")
    assert worked(start(money, twin)) == {twin: ("left", "Left for you: Duplicate, Usual amount, Remarks")}


def test_to_approve_what_has_doubts_is_a_choice_that_is_written_down(money: Office) -> None:
    asks = money.apply("21.50", remarks="Please call me")
    run = start(money, asks, leave_doubtful=False)
    assert worked(run) == {asks: ("done", "")}
    begun = session.scalars(select(AuditEvent).where(AuditEvent.action == "bulk.start")).one()
    assert begun.after["leave_doubtful"] is False
    assert session.get_one(BulkRun, run).arguments["leave_doubtful"] is False


def test_a_rejection_and_an_assignment_take_doubts_as_well(money: Office) -> None:
    asks = money.apply("21.50", remarks="Please call me")
    assert worked(start(money, asks, action="assign", assignee=money.cast.rita.id)) == {asks: ("done", "")}
    assert worked(start(money, asks, action="reject", reason="other", remarks="No.")) == {asks: ("done", "")}


def test_what_was_left_is_left_again_until_somebody_decides_on_it(money: Office) -> None:
    asks = money.apply("21.50", remarks="Please call me")
    first, again = (worked(start(money, asks)) for _ in range(2))
    assert first == again
    money.approve(asks)
    assert worked(start(money, asks)) == {asks: ("already", "You have approved this request already.")}


def test_a_run_from_before_there_was_a_choice_does_what_was_asked_for(money: Office) -> None:
    asks = money.apply("21.50", remarks="Please call me")
    run = start(money, asks)
    with transaction():
        session.get_one(BulkRun, run).arguments = {"remarks": ""}
    assert worked(run) == {asks: ("done", "")}


def test_the_checks_are_gathered_while_nobody_waits_for_the_right_to_write(
    money: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, writing = jobs.doubts, list[bool]()

    def watched(number: str, **options: Any) -> Doubts | None:
        writing.append(WRITE in session.info)
        return real(number, **options)

    monkeypatch.setattr(jobs, "doubts", watched)
    worked(start(money, money.apply("20.00"), money.apply("30.00")))
    assert writing == [False, False]


def test_an_item_with_its_checks_costs_the_same_in_a_long_run(
    context: Flask, money: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "TURN_SECONDS", 60)
    costs = []
    for size in (3, 9):
        start(money, *money.apply_often(size))
        with statements(context) as sent:
            jobs.work_off()
        costs.append(len(sent))
    assert (costs[1] - costs[0]) / 6 <= 22, costs


@pytest.mark.parametrize("ticked", [True, False])
def test_the_page_offers_to_leave_them_and_says_which(
    money: Office, visit: Callable[..., Visitor], ticked: bool
) -> None:
    clean, asks = money.apply("20.00"), money.apply("21.50", remarks="Please call me")
    rita = visit(money.cast.rita)
    rita.get(f"/review/bulk/new?action=approve&number={clean}&number={asks}")
    page = words(rita)
    assert BOX in page
    assert "As things stand that is 1 of them." in page
    assert "Look Remarks" in page
    rita.submit({} if ticked else {"leave_doubtful": []}, button="Approve 2 requests")
    rita.follow()
    jobs.work_off()
    assert money.states([clean, asks]) == [State.APPROVED, State.PENDING if ticked else State.APPROVED]
    rita.get(rita.path)
    page = words(rita)
    assert ("1 request was left for a look of its own" in page) is ticked
    assert ("Approved all the same" in page) is not ticked
    assert (f'value="{asks}"' in rita.page.text) is ticked, "it stays selected"
    assert f'href="/review/{asks}"' in rita.page.text
    rita.get("/review/bulk")
    assert ("Doubtful ones too" in words(rita)) is not ticked, "the list says which runs were given without a look"


def test_the_choice_outlasts_another_language_and_no_form_without_the_box_approves_doubts(
    money: Office, visit: Callable[..., Visitor]
) -> None:
    asks = money.apply("21.50", remarks="Please call me")
    rita = visit(money.cast.rita)
    rita.get(f"/review/bulk/new?action=approve&number={asks}")
    form = rita.page
    rita.submit({"leave_doubtful": []}, button="中文")
    rita.follow()
    assert not BOXED.search(rita.page.text)
    rita.submit(button="English")
    rita.follow()
    assert not BOXED.search(rita.page.text)
    rita.get(rita.path)
    rita.page = form
    assert BOXED.search(form.text)
    rita.submit({"doubts_shown": "", "leave_doubtful": []}, button="Approve 1 request")
    rita.follow()
    jobs.work_off()
    assert money.states([asks]) == [State.PENDING]


def test_above_the_limit_the_rows_say_what_is_known_and_the_box_is_ticked(
    money: Office, visit: Callable[..., Visitor]
) -> None:
    many = money.apply_often(WITH_EVIDENCE - 2)
    held, claimed, short = money.apply("7.00"), money.apply("8.00"), money.apply("4500.00")
    paid = session.scalars(select(LedgerEntry.external_id).order_by(LedgerEntry.id)).first()
    money.refund(str(paid), "2000.00")
    with transaction():
        claims.claim(money.cast.rui.actor, claimed, now=clock.now())
        holds.hold(money.cast.rui.actor, held, question="Which order?", now=clock.now())
    rita = visit(money.cast.rita)
    chosen = [("number", one) for one in (*many, held, claimed, short)]
    rita.get(f"/review/bulk/new?{urlencode([('action', 'approve'), *chosen])}")
    page = words(rita)
    assert "The checks of so many are not shown here" in page
    assert "1 of them is short" in page
    assert BOXED.search(rita.page.text)
    rows = {number: row for row in rita.page.text.split("<tr>") for number in (held, claimed, short) if number in row}
    assert ["On hold" in rows[held], "芮明 works on it" in rows[claimed], "Short" in rows[short]] == [True] * 3
    assert "Short" not in rows[held]
    rita.submit({}, button=f"Approve {WITH_EVIDENCE + 1} requests")
    rita.follow()
    jobs.work_off()
    rita.get(rita.path)
    assert "requests were left for a look of their own" in words(rita)
    assert "2 requests were not done" in words(rita), "the short one, and the one that somebody works on"
    assert set(money.states([*many, short, claimed])) == {State.PENDING}, "the many are all alike"
    rita.get("/review/bulk")
    assert "Left for a look" in words(rita)
