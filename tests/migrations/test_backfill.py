"""What a migration does to an installation that has lived: nothing is lost, and what is new adds up."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import select, text, update

from backoffice import clock
from backoffice.database import close_connections, db, session, transaction
from backoffice.delivery.models import Message
from backoffice.headers import services as headers
from backoffice.ledger import queries
from backoffice.ledger.models import LedgerMovement, LedgerSource
from backoffice.ledger.services import entries
from backoffice.permissions import SYSTEM
from backoffice.policies import services as policies
from backoffice.policies.rules import PolicyKey
from backoffice.requests.models import Decision, RequestSearch
from backoffice.requests.rules import Ending, Reason
from backoffice.review.queries.queue import Wanted, queue
from backoffice.review.queries.views import Viewer
from backoffice.review.services import decisions
from tests.support import databases
from tests.support.apps import bare_app, test_settings
from tests.support.office import Office, contradictions


def upgraded_from(revision: str, context: Flask) -> None:
    """Back to an earlier schema and forth again, as an installation that is upgraded."""
    session.remove()
    flask_migrate.downgrade(revision=revision)
    close_connections()
    flask_migrate.upgrade()
    close_connections()


def test_the_journal_opens_with_what_stood_in_the_books(office: Office, context: Flask) -> None:
    first = office.recharge("100.00")
    office.issued("80.00")
    office.recharge("30.00")
    office.apply("40.00")
    office.refund(first, "50.00")
    office.recharge("5.00", to="yunqi")
    before = {each: queries.balance(each) for each in (office.cast.lumen, office.cast.yunqi)}
    assert (str(before[office.cast.lumen].debt), str(before[office.cast.lumen].short)) == ("30.00", "10.00")
    upgraded_from("0001", context)
    assert {each: queries.balance(each) for each in before} == before
    opened = session.query(LedgerMovement).order_by(LedgerMovement.account_id).all()
    assert [(line.kind, line.after) for line in opened] == [("opening", figures) for figures in before.values()]
    assert contradictions() == []
    office.recharge("40.00")
    assert str(queries.balance(office.cast.lumen).short) == "0.00"
    assert contradictions() == []


def test_invoices_from_before_credits_are_credited_in_nothing(office: Office, context: Flask) -> None:
    recharge = office.recharge("100.00")
    number = office.issued("80.00")
    lines = session.query(LedgerMovement).count()
    upgraded_from("0007", context)
    assert session.query(LedgerMovement).count() == lines
    (part,) = queries.parts_of(office.request(number).id)
    assert (str(part.amount), str(part.credited)) == ("80.00", "0.00")
    assert contradictions() == []
    office.credit(number, {recharge: "30.00"})
    upgraded_from("0035", context)
    assert contradictions() == [], "what is left of its rate is counted"
    office.credit(number, {recharge: "50.00"})
    assert office.invoiceable() == "100.00"
    assert contradictions() == [], "the journal's guards are there again"
    session.remove()
    with pytest.raises(SystemExit):
        flask_migrate.downgrade(revision="0007")
    close_connections()
    assert contradictions() == [], "what was credited is not forgotten"


def test_rejections_from_before_name_every_field_they_speak_of(office: Office, context: Flask) -> None:
    office.recharge("100.00")
    reasons = {
        Reason.TAX_ID: ["tax_id", "name"],
        Reason.BANK_DETAILS: ["address", "phone", "bank", "bank_account"],
        Reason.OTHER: [],
    }
    numbers = {reason: office.apply("10.00") for reason in reasons}
    approved = office.apply("10.00")
    office.approve(approved)
    for reason, number in numbers.items():
        with transaction():
            decisions.reject(office.cast.rita.actor, number, reason=reason, remarks="No.", now=clock.now())

    def verdict(number: str) -> Decision:
        request_id = office.request(number).id
        return session.query(Decision).filter_by(request_id=request_id).one()

    session.remove()
    flask_migrate.downgrade(revision="0015")
    close_connections()
    # As they were kept then: what was pointed at beside the reason's own fields, once the header as a whole.
    with transaction():
        session.execute(text("UPDATE decision SET fields = '[]'"))
        beside = text("UPDATE decision SET fields = '[\"header_id\", \"remarks\"]' WHERE reason = 'other'")
        session.execute(beside)
    session.remove()
    flask_migrate.upgrade()
    close_connections()
    for reason, fields in {**reasons, Reason.OTHER: ["name", "remarks"]}.items():
        assert (verdict(numbers[reason]).reasons, verdict(numbers[reason]).fields) == ([reason], fields)
    assert (verdict(approved).reasons, verdict(approved).fields) == ([], [])
    assert contradictions() == []


def test_requests_from_before_the_search_are_found(office: Office, context: Flask) -> None:
    office.recharge("60.00")
    office.recharge("60.00", to="yunqi")
    mine = [office.apply("10.00") for _ in range(2)]
    theirs = office.apply("10.00", office.cast.bo, copies="Books@yunqi.example, two@yunqi.example")
    rows = select(RequestSearch.request_id, RequestSearch.name, RequestSearch.grams, RequestSearch.tax_id)
    before = session.execute(rows.order_by(RequestSearch.request_id)).all()
    upgraded_from("0011", context)
    assert session.execute(rows.order_by(RequestSearch.request_id)).all() == before

    def found(typed: str) -> set[str]:
        wanted = Wanted("all", search=typed)
        return {row.number for row in session.execute(queue(wanted, Viewer(None, clock.now())))}

    assert found("流明") == set(mine)
    assert found("云栖") == found("books@yunqi.example") == {theirs}
    assert contradictions() == []


def test_mails_from_before_say_when_they_were_accepted_and_in_which_words_unless_those_are_lost(
    office: Office, context: Flask
) -> None:
    office.recharge("60.00")
    office.apply_often(3)
    at = clock.now()
    accepted = {"state": "accepted", "accepted_at": at, "attempts": 1, "server_answer": "250 OK"}
    first, second, _ = session.scalars(select(Message.id).order_by(Message.id))
    session.rollback()
    with transaction():
        session.execute(update(Message).where(Message.id.in_([first, second])).values(accepted))
        late = update(Message).where(Message.id == second)
        session.execute(late.values(reported_at=at, server_answer="4.4.1 delayed"))
    upgraded_from("0041", context)
    kept = select(Message.taken_at, Message.taken_answer).order_by(Message.id)
    assert [tuple(row) for row in session.execute(kept)] == [(at, "250 OK"), (at, None), (None, None)]
    assert contradictions() == []


def test_names_are_found_without_their_strokes_once_they_are_upgraded(office: Office, context: Flask) -> None:
    office.recharge("60.00")
    with transaction():
        details = {"kind": "personal", "name": "Łukasz Nowak", "tax_id": ""}
        header = headers.create(office.cast.ada.actor, details, now=clock.now()).id
    number, other = office.apply("10.00", header_id=header), office.apply("20.00")

    def found(typed: str) -> list[str]:
        wanted = Wanted("all", search=typed)
        return [row.number for row in session.execute(queue(wanted, Viewer(None, clock.now())))]

    assert found("lukasz") == found("ŁUKASZ") == [number]
    session.remove()
    flask_migrate.downgrade(revision="0039")
    close_connections()
    kept = text("SELECT name FROM request_search WHERE name LIKE '%nowak'")
    assert session.scalars(kept).all() == ["łukasznowak"]
    session.remove()
    flask_migrate.upgrade()
    close_connections()
    assert found("lukasz") == found("ŁUKASZ") == [number]
    assert found("流明") == [other]
    if db.engine.dialect.name == "sqlite":
        with transaction():
            session.execute(text("INSERT INTO request_search_index(request_search_index) VALUES ('integrity-check')"))


def test_a_migration_that_leaves_orphans_is_undone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """SQLite's switch is off while tables are rebuilt; PostgreSQL never stops looking."""
    app = bare_app(test_settings(tmp_path, databases.new_database("sqlite", tmp_path)))
    with app.app_context():
        with closing(db.engine.raw_connection()) as raw:
            for statement in (
                "PRAGMA foreign_keys = OFF",
                "PRAGMA query_only = OFF",
                "INSERT INTO calendar_day VALUES (987654, '2026-01-01', 'holiday', 'nobody keeps it')",
            ):
                raw.cursor().execute(statement)
        close_connections()
        with pytest.raises(SystemExit):
            flask_migrate.downgrade(revision="0001")
        assert "rows refer to nothing after the migration: [('calendar_day'" in caplog.text
        close_connections()
        assert session.scalar(text("SELECT version_num FROM alembic_version")) != "0001"
        session.remove()
        close_connections()


def test_a_first_approval_that_a_withdrawal_left_in_force_ends_with_it(office: Office, context: Flask) -> None:
    office.recharge("90000.00")
    with transaction():
        policies.set_policy(
            SYSTEM, PolicyKey.FOUR_EYES_THRESHOLD, "1.00", starts_on=clock.local_date(clock.now(), clock.zone()),
            reason="x", now=clock.now(),
        )  # fmt: skip
    withdrawn, waiting = office.apply("20000.00"), office.apply("20000.00")
    office.approve(withdrawn, waiting)
    office.withdraw(withdrawn, office.cast.lin)
    with transaction():
        session.execute(text("UPDATE decision SET revoked_at = NULL, revoked_by = NULL, revoked_why = NULL"))
    assert any("a first approval is in force" in sentence for sentence in contradictions())
    closed_at = office.request(withdrawn).closed_at
    upgraded_from("0021", context)
    assert [
        (each.revoked_at, each.revoked_by, each.revoked_why)
        for each in session.scalars(select(Decision).order_by(Decision.id))
    ] == [(closed_at, office.cast.lin.id, Ending.WITHDRAWN), (None, None, None)]
    assert contradictions() == []


def test_two_spellings_of_one_source_stay_two(office: Office, context: Flask) -> None:
    office.recharge("100.00")
    with transaction():
        entries.book([office.line("recharge", "1.00", "E-1")], source="erp", now=clock.now())
        session.execute(text("DELETE FROM ledger_source WHERE name = 'erp'"))
        entries.book([office.line("recharge", "2.00", "E-1")], source="ＥＲＰ", now=clock.now())
    upgraded_from("0024", context)
    rows = session.execute(select(LedgerSource.name, LedgerSource.folded).order_by(LedgerSource.name)).all()
    assert [tuple(row) for row in rows] == [("erp", "erp"), ("platform", "platform"), ("ＥＲＰ", "erp")]
    assert office.invoiceable() == "103.00"
