"""What the fixtures promise to every other test."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Flask
from sqlalchemy import func, select

from backoffice import clock
from backoffice.accounts.models import Account, User
from backoffice.config import Settings
from backoffice.database import db, session
from backoffice.policies import queries as policies
from tests.support.people import Cast


def test_a_database_has_policies_and_nobody_in_it(context: Flask, database: str, settings: Settings) -> None:
    assert db.engine.dialect.name == database
    assert session.scalar(select(func.count()).select_from(User)) == 0
    assert policies.value("sla_business_days", clock.today()) == settings.sla_business_days


def test_the_cast_is_complete(context: Flask, cast: Cast) -> None:
    assert [person.email for person in cast][:3] == ["ada@lumen.example", "lin@lumen.example", "bo@yunqi.example"]
    assert session.scalar(select(func.count()).select_from(User)) == 8
    assert session.scalar(select(Account.id).where(Account.code == "yunqi")) == cast.bo.account_id == cast.yunqi


def test_the_clock_stands_still_where_it_was_put(freeze) -> None:  # type: ignore[no-untyped-def]
    instant = datetime(2026, 2, 28, 16, tzinfo=UTC)
    freeze(instant)
    assert clock.now() == instant
