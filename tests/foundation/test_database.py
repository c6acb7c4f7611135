"""What every statement goes through: who may write, and that SQLite plans a statement once."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import literal, select, text
from sqlalchemy.exc import DBAPIError

from backoffice.database import session, transaction
from backoffice.ledger.models import LedgerEntry, Reservation
from backoffice.ledger.models.books import EntryKind
from backoffice.money import ZERO
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import State
from tests.support.sql import planned, statements


@pytest.mark.both_databases
def test_a_page_cannot_write(app: Flask) -> None:
    write = text("UPDATE account SET name = 'somebody else'")
    with app.app_context():
        with transaction():
            session.execute(write)
        with pytest.raises(DBAPIError, match=r"read-?only"):
            session.execute(write)
        session.rollback()
        with transaction():
            session.execute(write)
        with pytest.raises(DBAPIError, match=r"read-?only"):
            session.execute(write)


CONSTANT = {
    "a state": (select(InvoiceRequest.id).where(InvoiceRequest.state == State.PENDING), "= 'pending'"),
    "any other": (select(InvoiceRequest.id).where(InvoiceRequest.state != State.PENDING), "!= 'pending'"),
    "several": (
        select(InvoiceRequest.id).where(InvoiceRequest.state.in_([State.ISSUED, State.REJECTED])),
        "IN ('issued', 'rejected')",
    ),
    "none of several": (
        select(InvoiceRequest.id).where(InvoiceRequest.state.not_in({State.ISSUED})),
        "NOT IN ('issued')",
    ),
    "nothing": (select(Reservation.request_id).where(Reservation.short > ZERO), "> 0"),
}


@pytest.mark.parametrize("case", CONSTANT)
def test_what_partial_indexes_are_made_of_is_written_into_the_statement(app: Flask, case: str) -> None:
    statement, written = CONSTANT[case]
    with statements(app) as sent, app.app_context():
        session.execute(statement).all()
    assert written in sent[0], sent


def test_what_was_typed_is_sent_beside_it(app: Flask) -> None:
    typed = "x' OR 1 = 1 --"
    wanted = (
        InvoiceRequest.state == typed,
        InvoiceRequest.state.in_([typed, State.PENDING]),
        InvoiceRequest.state == literal(typed),
    )
    with statements(app) as sent, app.app_context():
        for condition in wanted:
            assert session.execute(select(InvoiceRequest.id).where(condition)).all() == []
        of_refunds = select(LedgerEntry.kind).where(LedgerEntry.kind == EntryKind.REFUND)
        assert session.execute(select(LedgerEntry.id).where(LedgerEntry.kind.in_(of_refunds))).all() == []
    assert not [statement for statement in sent if "OR 1" in statement]


@pytest.mark.sqlite_only
def test_how_many_are_wanted_makes_no_new_plan(app: Flask) -> None:
    newest = select(InvoiceRequest.id).order_by(InvoiceRequest.submitted_at.desc())
    with app.app_context(), planned(app) as made:
        for turn in range(4):
            assert session.execute(newest.limit(5)).all() == []
            session.rollback()
            assert len(made) == 1, turn
        session.execute(newest.limit(6))
    assert len(made) == 2, "the block above sees what is planned"
