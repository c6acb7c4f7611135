"""What a migration does to an installation that has lived: nothing is lost, and what is new adds up."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import text

from backoffice.database import db, session
from backoffice.ledger import queries
from backoffice.ledger.models import LedgerMovement
from tests.support import databases
from tests.support.apps import bare_app, test_settings
from tests.support.office import Office, contradictions


def upgraded_from(revision: str, context: Flask) -> None:
    """Back to an earlier schema and forth again, as an installation that is upgraded."""
    session.remove()
    flask_migrate.downgrade(revision=revision)
    db.engine.dispose()
    flask_migrate.upgrade()
    db.engine.dispose()


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
    office.credit(number, {recharge: "80.00"})
    assert office.invoiceable() == "100.00"
    assert contradictions() == [], "the journal's guards are there again"
    session.remove()
    with pytest.raises(SystemExit):
        flask_migrate.downgrade(revision="0007")
    db.engine.dispose()
    assert contradictions() == [], "what was credited is not forgotten"


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
        db.engine.dispose()
        with pytest.raises(SystemExit):
            flask_migrate.downgrade(revision="0001")
        assert "rows refer to nothing after the migration: [('calendar_day'" in caplog.text
        db.engine.dispose()
        assert session.scalar(text("SELECT version_num FROM alembic_version")) != "0001"
        session.remove()
        db.engine.dispose()
