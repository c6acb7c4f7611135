"""Audit events are written with the change, and nothing can edit or delete them afterwards."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DatabaseError

from backoffice.audit import invariants, queries, services
from backoffice.audit.models import AuditEvent
from backoffice.database import session, transaction
from backoffice.permissions import SYSTEM, Actor, Role

AT = datetime(2026, 3, 6, 11, 0, tzinfo=UTC)
RITA = Actor(id=7, label="Rita", role=Role.REVIEWER, via="web", address="192.0.2.1")


def record(actor: Actor = RITA, **further: object) -> None:
    with transaction():
        services.record(actor, "request.approve", "invoice_request", "R-1", at=AT, **further)


def test_an_event_keeps_who_what_and_the_values(context) -> None:
    record(before={"amount": Decimal("10.50"), "on": date(2026, 3, 6)}, after={"state": Role.REVIEWER}, reason="fits")
    (event,) = queries.events_of("invoice_request", "R-1")
    assert (event.actor_id, event.actor_label, event.actor_role) == (7, "Rita", "reviewer")
    assert (event.via, event.address, event.reason, event.at) == ("web", "192.0.2.1", "fits", AT)
    assert event.before == {"amount": "10.50", "on": "2026-03-06"}
    assert event.after == {"state": "reviewer"}


def test_the_system_acts_without_id_and_role(context) -> None:
    record(SYSTEM)
    (event,) = queries.events_of("invoice_request", "R-1")
    assert (event.actor_id, event.actor_role, event.actor_label) == (None, None, "system")


def test_events_are_of_one_object_in_order(context) -> None:
    with transaction():
        for number in (1, 2, 3):
            services.record(SYSTEM, f"step {number}", "message", 5, at=AT)
        services.record(SYSTEM, "other", "message", 55, at=AT)
    assert [event.action for event in queries.events_of("message", 5)] == ["step 1", "step 2", "step 3"]


def test_a_change_that_is_not_kept_leaves_no_event(context) -> None:
    def interrupted() -> None:
        with transaction():
            services.record(RITA, "request.approve", "invoice_request", "R-1", at=AT)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        interrupted()
    assert queries.events_of("invoice_request", "R-1") == []


def test_a_value_json_cannot_keep_is_a_fault_of_the_caller(context) -> None:
    with pytest.raises(TypeError, match="set"), transaction():
        services.record(RITA, "a", "b", "c", at=AT, after={"x": {1}})


def test_nul_in_a_value_is_kept_visibly_on_both_databases(context) -> None:
    record(after={"remarks": "a\x00b"})
    (event,) = queries.events_of("invoice_request", "R-1")
    assert event.after == {"remarks": "a\ufffdb"}


@pytest.mark.parametrize(
    "edit", [update(AuditEvent).values(actor_label="Max"), delete(AuditEvent)], ids=["UPDATE", "DELETE"]
)
def test_the_database_refuses_to_edit_history(context, edit) -> None:
    record()
    with pytest.raises(DatabaseError, match="never"), transaction():
        session.execute(edit)
    assert session.scalar(select(func.count()).where(AuditEvent.actor_label == "Rita")) == 1


def test_invariants_hold_and_see_a_missing_guard(context) -> None:
    record()
    assert list(invariants.check()) == []
    with transaction():
        if session.get_bind().dialect.name == "sqlite":
            session.execute(text("DROP TRIGGER audit_event_no_update"))
        else:
            session.execute(text("ALTER TABLE audit_event DISABLE TRIGGER audit_event_frozen"))
    assert "missing" in " ".join(invariants.check())
