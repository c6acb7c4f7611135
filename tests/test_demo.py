"""The demo data: every state is there, the books are right, and the same seed tells the same story."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from backoffice import demo
from backoffice.accounts.models import User
from backoffice.config import Settings
from backoffice.database import db, session
from backoffice.invariants import violations
from backoffice.issuing.models import Invoice
from backoffice.ledger.models import LedgerEntry
from backoffice.requests.models import InvoiceRequest, is_open
from backoffice.requests.rules import State
from tests.support import databases
from tests.support.apps import bare_app, test_settings

# A Tuesday afternoon in Shanghai: what waits and what is overdue does not hang on the day of the test.
NOW = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _short_year(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "DAYS", 75)


def test_every_state_is_there_and_the_books_are_right(
    context: Flask, settings: Settings, freeze: Callable[[datetime], None]
) -> None:
    freeze(NOW)
    demo.seed(settings, seed=2026)
    states = set(session.scalars(select(InvoiceRequest.state).distinct()))
    assert states == set(State)
    overdue = session.scalars(select(InvoiceRequest).where(is_open(), InvoiceRequest.due_at <= NOW)).all()
    assert overdue
    assert all(one.flagged_at is not None for one in overdue)
    assert list(violations()) == []


def test_a_second_seed_is_left_out_when_people_are_there(
    context: Flask, settings: Settings, freeze: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze(NOW)
    monkeypatch.setattr(demo, "DAYS", 12)
    demo.seed(settings, seed=1)
    before = session.scalar(select(func.count()).select_from(User))
    session.rollback()
    demo.seed(settings, seed=1, if_empty=True)
    assert session.scalar(select(func.count()).select_from(User)) == before


def test_the_same_seed_tells_the_same_story(tmp_path: Path, freeze: Callable[[datetime], None]) -> None:
    freeze(NOW)
    first, again, other = (_story(tmp_path / name, seed) for name, seed in (("a", 7), ("b", 7), ("c", 8)))
    assert first == again
    assert first != other


def _story(folder: Path, seed: int) -> list[Any]:
    settings = test_settings(folder, databases.new_database("sqlite", folder))
    app = bare_app(settings)
    with app.app_context():
        demo.seed(settings, seed=seed)
        told = [
            session.execute(select(InvoiceRequest.number, InvoiceRequest.amount, InvoiceRequest.state)).all(),
            session.execute(select(LedgerEntry.external_id, LedgerEntry.amount, LedgerEntry.invoiced)).all(),
            session.execute(select(Invoice.number, Invoice.gross, Invoice.pdf_sha256)).all(),
        ]
        session.remove()
        db.engine.dispose()
    return told
