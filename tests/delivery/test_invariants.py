"""The checker is green on what the services do and red on each fault it is there for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from backoffice import clock, storage
from backoffice.database import session, transaction
from backoffice.delivery import invariants, services
from tests.delivery.conftest import NOW

# Faults that constraints of the table prevent: seeded where the constraint can be lifted (a damaged or foreign file).
GUARDED = {
    "state = 'accepted', attempts = 1, server_answer = '250', mime = x'00'": "nobody knows when",
    "accepted_at = '2026-03-06 00:00:00'": "was not accepted",
    "state = 'sending'": "does not fit its state",
}
FREE = {
    "state = 'accepted', accepted_at = created_at, attempts = 1": "no answer",
    "state = 'failed', attempts = 1": "no answer",
    "state = 'failed', attempts = 1, server_answer = ''": "no answer",
    "state = 'deferred', server_answer = '451'": "without an attempt",
    "state = 'accepted', accepted_at = created_at, attempts = 1, server_answer = '250'": "when its server took it",
    "reported_at = created_at": "neither was accepted nor came back",
}


def seed(change: str) -> None:
    with transaction():
        session.execute(text(f"UPDATE message SET {change}"))


def test_fresh_and_leased_messages_are_in_order(queue) -> None:
    sha256 = storage.put(b"%PDF")
    for _ in range(3):
        queue(attachment_sha256=sha256, attachment_name="a.pdf")
    with transaction():
        services.take(NOW, 60)
    assert list(invariants.check()) == []


@pytest.mark.parametrize(("change", "sentence"), FREE.items(), ids=FREE.keys())
def test_a_wrong_end_is_seen(queue, change: str, sentence: str) -> None:
    message_id = queue()
    seed(change)
    assert [found for found in invariants.check() if sentence in found and f"message {message_id}:" in found]


@pytest.mark.parametrize(("change", "sentence"), GUARDED.items(), ids=GUARDED.keys())
def test_a_fault_behind_a_lifted_constraint_is_seen(queue, change: str, sentence: str) -> None:
    queue()
    if session.get_bind().dialect.name == "sqlite":
        with transaction():
            session.execute(text("PRAGMA ignore_check_constraints = ON"))
            session.execute(text(f"UPDATE message SET {change}"))
            session.execute(text("PRAGMA ignore_check_constraints = OFF"))
    else:
        with transaction():
            for name in ("ck_message_accepted_says_when", "ck_message_lease_is_whole"):
                session.execute(text(f"ALTER TABLE message DROP CONSTRAINT {name}"))
            session.execute(text(f"UPDATE message SET {change}".replace("x'00'", "'\\x00'")))
    assert [found for found in invariants.check() if sentence in found]


def test_a_forgotten_lease_is_seen(queue) -> None:
    queue()
    with transaction():
        services.take(NOW, 60)
    with clock.moved_to(NOW + timedelta(days=1, minutes=2)):
        assert [found for found in invariants.check() if "more than a day ago" in found]


def test_a_repeated_message_id_is_seen(queue) -> None:
    queue()
    queue()
    with transaction():
        session.execute(text("DROP INDEX uq_message_message_id"))
        session.execute(text("UPDATE message SET message_id = '<same@x>'"))
    assert [found for found in invariants.check() if "<same@x>" in found]


def test_a_lost_document_is_seen(queue) -> None:
    queue(attachment_sha256="0" * 64, attachment_name="a.pdf")
    assert [found for found in invariants.check() if "not in the store" in found]
