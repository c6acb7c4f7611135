"""The head of the chain reaches the auditors once a day, in their language, and their page proves the newest seals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from backoffice import clock
from backoffice.accounts import jobs as accounts
from backoffice.accounts.models import User
from backoffice.audit import heads, jobs
from backoffice.audit import services as audit
from backoffice.audit.queries import seals
from backoffice.database import db, session, transaction
from backoffice.delivery.messages import render
from backoffice.delivery.models import Message
from backoffice.permissions import SYSTEM
from tests.support.office import contradictions
from tests.support.people import Cast
from tests.support.visitor import Visitor


def happen(what: str = "something") -> None:
    with transaction():
        audit.record(SYSTEM, what, "message", 1, at=clock.now())


def test_auditors_are_told_the_newest_head_once_a_day(context: Flask, cast: Cast) -> None:
    assert accounts.tell_auditors() == 0, "nothing is sealed"
    jobs.seal()
    assert [accounts.tell_auditors() for _ in range(2)] == [1, 0]
    with clock.shifted(timedelta(days=1)):
        assert accounts.tell_auditors() == 0, "nothing was sealed since"
        happen()
        jobs.seal()
        with transaction():
            session.execute(update(User).where(User.id == cast.otto.id).values(locale="zh"))
        assert [accounts.tell_auditors() for _ in range(2)] == [1, 0]
    first, second = session.scalars(select(Message).where(Message.template == "audit_head").order_by(Message.id))
    head = seals.head()
    assert head is not None
    assert (first.recipient, second.context["head"]) == (cast.otto.email, head.sha256)
    english, chinese = (render(one.template, one.locale, one.context) for one in (first, second))
    assert f"backoffice audit verify --head {first.context['head']}\n" in english.text
    assert (english.subject[:21], chinese.subject[:6]) == ("Head of the audit log", "审计日志链首")
    assert contradictions() == []


def test_where_there_is_no_auditor_the_day_waits_for_one(context: Flask, cast: Cast) -> None:
    jobs.seal()
    for active, told in ((False, 0), (True, 1)):
        with transaction():
            session.execute(update(User).where(User.id == cast.otto.id).values(is_active=active))
        assert accounts.tell_auditors() == told


@pytest.mark.both_databases
def test_the_page_proves_the_newest_seals_and_names_what_was_changed(
    app: Flask, cast: Cast, visit: Callable[..., Visitor]
) -> None:
    otto = visit(cast.otto)
    assert "Nothing is sealed yet" in otto.get("/audit").text
    with app.app_context():
        jobs.seal()
        head, newest = seals.head(), heads.place(app.config["BACKOFFICE_SETTINGS"].instance_path)
        assert head is not None
        assert heads.newest(newest) == [head]
    assert head.sha256 in otto.get("/audit").text
    proved = otto.submit(button="Prove the newest seals").text
    assert "events are as they were sealed" in proved
    assert "1 head in the file outside the database agrees." in proved
    with app.app_context(), transaction():
        if db.engine.dialect.name == "sqlite":
            session.execute(text("DROP TRIGGER audit_event_no_update"))
        else:
            session.execute(text("ALTER TABLE audit_event DISABLE TRIGGER audit_event_frozen"))
        session.execute(text(f"UPDATE audit_event SET actor_label = 'Max' WHERE id = {head.event}"))
    otto.get("/audit")
    assert (
        f"Audit event {head.event} was edited after it was sealed." in otto.submit(button="Prove the newest seals").text
    )
