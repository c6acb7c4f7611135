"""An auditor finds what the reviewer saw when they decided: the checks are kept with the verdict, whoever gives it."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from backoffice import clock
from backoffice.database import close_connections, session, transaction
from backoffice.permissions import Actor
from backoffice.requests.models import Decision
from backoffice.review import jobs
from backoffice.review.checks import panel
from backoffice.review.checks.kept import Checked, as_kept, from_kept
from backoffice.review.models import DecisionChecks
from backoffice.review.queries import kept
from backoffice.review.rules import BulkAction
from backoffice.review.services import bulk, decisions
from backoffice.review.services.sight import sight_of
from backoffice.review.views import remembered
from tests.review.checks import cases
from tests.review.desk import NOW, Desk
from tests.review.told import found
from tests.support.office import Office, as_before_checks_were_kept, contradictions
from tests.support.visitor import Visitor

LATER = NOW + timedelta(minutes=40)
UNKEPT = "What the checks said then was not kept yet."
REJECTION = {"reason": "tax_id", "remarks": "Please check."}


def kept_of(desk: Desk, number: str) -> list[tuple[str, datetime | None, set[str]]]:
    """Each verdict on a request with when its checks were worked out, and which they are."""
    with desk.app.app_context():
        rows = kept.with_checks(_request(number))
        return [
            (verdict.verdict, said.at if said else None, {one.code for one in said.checks} if said else set())
            for verdict, said in ((verdict, kept.read(row)) for verdict, row in rows)
        ]


# What each database has for taking a row out without deleting it.
EMPTYING = {
    "sqlite": "INSERT OR REPLACE INTO decision_checks"
    " SELECT decision_id, '2020-01-01 00:00:00.000000', found, sha256 FROM decision_checks",
    "postgresql": "TRUNCATE decision_checks",
}


def _request(number: str) -> int:
    statement = text("SELECT id FROM invoice_request WHERE number = :number")
    return int(session.scalars(statement, {"number": number}).one())


@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_a_verdict_keeps_what_its_page_showed(
    desk: Desk, visit: Callable[..., Visitor], freeze: Callable[[datetime], None], verdict: str
) -> None:
    number = desk.apply()
    rita = visit(desk.cast.rita)
    rita.get(f"/review/{number}")
    freeze(LATER)
    fields, button = (REJECTION, "Reject") if verdict == "reject" else ({}, "Approve")
    assert rita.submit(fields, button=button).status_code == 303
    assert kept_of(desk, number) == [(verdict, NOW, set(panel.LABELS))]


def test_of_two_pages_of_one_reader_a_verdict_keeps_the_one_it_came_from(
    desk: Desk, visit: Callable[..., Visitor], freeze: Callable[[datetime], None]
) -> None:
    number = desk.apply()
    older, newer = visit(desk.cast.rita), visit(desk.cast.rita)
    older.get(f"/review/{number}")
    freeze(LATER)
    # Nothing that a verdict would be refused for: both pages have seen the request as far.
    newer.get(f"/review/{number}")
    assert older.submit({}, button="Approve").status_code == 303
    assert kept_of(desk, number) == [("approve", NOW, set(panel.LABELS))]


@pytest.mark.parametrize("case", ["began anew", "another's page", "no page"])
def test_what_this_process_showed_nobody_is_worked_out_with_the_verdict(
    desk: Desk, visit: Callable[..., Visitor], freeze: Callable[[datetime], None], case: str
) -> None:
    number = desk.apply()
    rita, rui = visit(desk.cast.rita), visit(desk.cast.rui)
    rui.get(f"/review/{number}")
    word = next(values["seen"] for form in rui.forms() if "seen" in (values := dict(form.values)))
    if case == "began anew":
        rita.get(f"/review/{number}")
        remembered.init(desk.app)
    freeze(LATER)
    rita.get("/settings")
    token = {"csrf_token": dict(rita.forms()[0].values)["csrf_token"]}
    sent = token | ({} if case == "no page" else {"seen": word})
    assert rita.client.post(f"/review/{number}/approve", data=sent).status_code == 303
    assert kept_of(desk, number) == [("approve", LATER, set(panel.LABELS))]


def test_what_was_seen_before_the_clock_was_put_back_is_worked_out_anew(office: Office) -> None:
    office.recharge("100.00")
    number = office.apply("10.00")
    seen = Checked((), clock.now() + timedelta(minutes=1))
    sight = sight_of(number, "", seen, now=clock.now(), currency="CNY")
    assert sight.checked.at <= clock.now()
    assert {one.code for one in sight.checked.checks} == set(panel.LABELS)


def test_the_memory_of_shown_pages_is_small_and_each_readers_own(app: Flask) -> None:
    rita, rui = Actor(1, "Rita", None), Actor(2, "Rui", None)
    with app.app_context():
        remembered.init(app)
        said = Checked(panel.run(cases.facts()), NOW)
        marks = [remembered.remember(rita, f"IR-{turn}", said) for turn in range(remembered.MOST + 1)]
        assert remembered.recall(rita, "IR-0", marks[0]) is None
        assert remembered.recall(rita, "IR-1", marks[1]) == Checked(tuple(said.checks), NOW)
        assert remembered.recall(rita, "IR-1", "0" * len(marks[1])) is None
        assert remembered.recall(rui, "IR-1", marks[1]) is None


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"short": "5.00", "parts": (cases.paid("别人"), cases.paid("", channel=""))},
        {"debt": "7.00", "refunds": (cases.refund(False),), "history": cases.states("rejected", "pending")},
        {"is_open": False, "holds_money": False, "header": cases.header(tax_id="91310000MA1FL0A278")},
        {
            "amount": "99999.00",
            "near": (cases.former("99999.00", 2),),
            "remarks": "请拆分\N{ZERO WIDTH SPACE}两张 100%",
        },
        {"email": "x@gmial.example", "last_invoice": cases.last(name="Other"), "untaxed_on": cases.TODAY},
    ],
)
def test_what_is_kept_says_the_same_when_it_is_read(changes: dict[str, Any]) -> None:
    said = panel.run(cases.facts(**changes))
    assert from_kept(json.loads(json.dumps(as_kept(said)))) == tuple(said)


@pytest.mark.parametrize("action", [BulkAction.APPROVE, BulkAction.REJECT])
def test_verdicts_in_bulk_keep_what_their_run_found(
    office: Office, freeze: Callable[[datetime], None], action: BulkAction
) -> None:
    freeze(NOW)
    office.recharge("100.00", channel="Alipay")
    number = office.apply("60.00")
    said = {code: (one.outcome, one.message) for code, one in found(number).items()}
    given = {"leave_doubtful": False} if action is BulkAction.APPROVE else REJECTION
    with transaction():
        bulk.start(office.cast.rita.actor, bulk.Order(action, [number], "form", given), now=clock.now())
    freeze(LATER)
    assert jobs.work_off() == 1
    ((verdict, row),) = kept.with_checks(office.request(number).id)
    checked = kept.read(row)
    assert checked is not None
    assert (verdict.verdict, checked.at) == (action, LATER)
    assert {one.code: (one.outcome, one.message) for one in checked.checks} == said
    assert contradictions() == []


@pytest.mark.both_databases
def test_the_database_refuses_to_change_what_was_kept(office: Office) -> None:
    office.recharge("100.00")
    number = office.apply("10.00")
    office.approve(number)
    for statement in (
        "UPDATE decision_checks SET worked_out_at = NULL, found = NULL", "DELETE FROM decision_checks",
        "INSERT INTO decision_checks (decision_id) SELECT id + 1 FROM decision",
        EMPTYING[session.get_bind().dialect.name],
    ):  # fmt: skip
        with pytest.raises(DatabaseError), transaction():
            session.execute(text(statement))
    session.rollback()
    assert len(session.scalars(select(DecisionChecks)).all()) == 1


def pack_of(visitor: Visitor, number: str) -> tuple[list[dict[str, str]], list[dict[str, str]], str]:
    """The checks and the timeline of an invoice's audit pack, and how it says to verify them."""
    answer = visitor.get(f"/review/{number}/audit-pack.zip")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
        (folder,) = {name.partition("/")[0] for name in packed.namelist()}
        checks, timeline = (
            list(csv.DictReader(io.StringIO(packed.read(f"{folder}/{name}.csv").decode("utf-8-sig"))))
            for name in ("checks", "timeline")
        )
        return checks, timeline, packed.read(f"{folder}/HOW-TO-VERIFY.txt").decode()


def history_of(visitor: Visitor, number: str) -> str:
    """The words of the timeline with all that can be opened in it."""
    page = visitor.get(f"/review/{number}").text
    listed = page[page.index('<ol class="timeline"') :].partition("</ol>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", listed)).split())


def test_page_and_pack_tell_what_the_checks_said_then(
    visit: Callable[..., Visitor], app: Flask, cast: Any, freeze: Callable[[datetime], None]
) -> None:
    freeze(NOW)
    with app.app_context():
        office = Office(cast)
        office.recharge("100.00", channel="Alipay")
        number = office.apply("60.00")
        office.approve(number)
        assert office.issue(number)
        freeze(NOW + timedelta(days=90))
        office.recharge("9000.00", channel="Alipay")
    otto = visit(cast.otto)
    told = history_of(otto, number)
    assert "What the checks said then Failed: 0. To look at: 1. Worked out at 23 Nov 2026, 10:00:00 ." in told
    assert "Covered: ¥40.00 can still be invoiced afterwards." in told
    checks, timeline, text_of = pack_of(otto, number)
    assert {row["Check"]: row["What it says"] for row in checks}["Balance"].startswith("Covered: ")
    assert {(row["Decision"], row["Checks kept with the decision"]) for row in checks} == {("Approved", "Yes")}
    assert {row["Checks worked out at"] for row in checks} == {row["Decided at"] for row in checks}
    assert len(checks) == len(panel.LABELS)
    (approved,) = [row["What the checks said then"] for row in timeline if row["What"] == "Approved"]
    assert approved.startswith("Look: Header since the last invoice | Pass: Balance; ")
    assert "as it was kept with the decision" in text_of
    assert "on the day this pack was made" not in text_of
    otto.client.set_cookie("locale", "zh")
    assert "当时的检查结果" in history_of(otto, number)


@pytest.mark.both_databases
def test_verdicts_from_before_they_were_kept_say_so(
    visit: Callable[..., Visitor], app: Flask, cast: Any, freeze: Callable[[datetime], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    freeze(NOW)
    with app.app_context():
        office = Office(cast)
        office.recharge("100.00", channel="Alipay")
        before, after = office.apply("60.00"), office.apply("10.00")
        with monkeypatch.context() as then:
            as_before_checks_were_kept(then)
            office.approve(before)
        assert office.issue(before)
        session.remove()
        flask_migrate.downgrade(revision="0041")
        close_connections()
        flask_migrate.upgrade()
        close_connections()
        office.approve(after)
        assert contradictions() == []
        said = select(DecisionChecks.found.is_not(None)).join(Decision, Decision.id == DecisionChecks.decision_id)
        assert session.scalars(said.order_by(Decision.id)).all() == [False, True]
    freeze(NOW + timedelta(days=90))
    otto = visit(cast.otto)
    assert UNKEPT in history_of(otto, before)
    assert "Worked out at" not in history_of(otto, before)
    assert "Worked out at 23 Nov 2026" in history_of(otto, after)
    checks, timeline, text_of = pack_of(otto, before)
    assert {(row["Checks kept with the decision"], row["Checks worked out at"][:10]) for row in checks} == {
        ("No", "2027-02-21")
    }
    assert len(checks) == len(panel.LABELS)
    assert [row["What the checks said then"] for row in timeline if row["What"] == "Approved"] == [UNKEPT]
    assert "on the day this pack was made" in text_of


def test_both_of_two_approvals_keep_theirs(four_eyes: Desk) -> None:
    number = four_eyes.apply(amount="2000.00")
    for person, at in ((four_eyes.cast.rita, NOW), (four_eyes.cast.rui, LATER)):
        four_eyes.run(decisions.approve, person.actor, number, now=at)
    assert [(verdict, at) for verdict, at, _ in kept_of(four_eyes, number)] == [
        ("first_approve", NOW),
        ("approve", LATER),
    ]
