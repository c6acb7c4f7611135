"""Whatever an owner of the database does to sealed history is found and named, on both databases."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from backoffice import clock
from backoffice.audit import heads, jobs, rules
from backoffice.audit import services as audit
from backoffice.audit.models import POSTGRESQL_TRIGGERS, SQLITE_TRIGGERS, AuditEvent, AuditSeal
from backoffice.audit.queries import seals
from backoffice.audit.queries.verifying import Outside
from backoffice.audit.services import sealing
from backoffice.database import close_connections, db, session, transaction
from backoffice.issuing import jobs as issuing
from backoffice.permissions import SYSTEM
from tests.audit.tampering import AT, EVENT, as_owner, copied, empty, fault, put, resealed
from tests.foundation.test_commands import run
from tests.support.office import Office, as_before_checks_were_kept, contradictions

ISSUES = ("invoice.issue", "credit_note.issue")
EDITED, DELETED = "Audit event {} was edited", "Audit event {} was deleted"
TAMPERED = {
    "a reason": (["UPDATE audit_event SET reason = 'other' WHERE id = 40"], EDITED.format(40)),
    "a microsecond": (["UPDATE audit_event SET at = '2026-03-06 11:00:00.000251' WHERE id = 10"], EDITED.format(10)),
    "a value inside": (
        ["""UPDATE audit_event SET after = '{"z": [1, true], "a": "b"}' WHERE id = 50"""], EDITED.format(50)),
    "who": (["UPDATE audit_event SET actor_id = NULL WHERE id >= 20"], EDITED.format(20)),
    "first deleted": (["DELETE FROM audit_event WHERE id = 10"], DELETED.format(10)),
    "last of a seal deleted": (["DELETE FROM audit_event WHERE id = 40"], DELETED.format(40)),
    "all of the end deleted": (["DELETE FROM audit_event WHERE id >= 40"], DELETED.format(40)),
    "deleted, put in under another id": ([copied(40, 41), "DELETE FROM audit_event WHERE id = 40"], DELETED.format(40)),
    "put in inside a seal": ([copied(40, 35)], "Audit event 35 was not there"),
    "put in between two seals": ([copied(20, 25)], "Audit event 25 was not there"),
    "put in before all": ([copied(20, 1)], "Audit event 1 was not there"),
    "swapped": (
        [f"UPDATE audit_event SET id = {a} WHERE id = {b}" for a, b in ((99, 30), (30, 40), (40, 99))],
        EDITED.format(30),
    ),
    "a seal deleted": (["DELETE FROM audit_seal WHERE id = 2"], "Seal 2 is gone"),
    "the first seal deleted": (["DELETE FROM audit_seal WHERE id = 1"], "Seal 1 is gone"),
    "a seal's time edited": (
        ["UPDATE audit_seal SET sealed_at = '2026-01-01 00:00:00' WHERE id = 2"], "Seal 2 was edited"),
    "a seal's hash edited": ([f"UPDATE audit_seal SET sha256 = '{'0' * 64}' WHERE id = 3"], "Seal 3 was edited"),
    "a seal ends earlier": (["UPDATE audit_seal SET last_event_id = 39 WHERE id = 2"], "Seal 2 was edited"),
    "a seal has marks of another": (
        ["UPDATE audit_seal SET marks = (SELECT marks FROM audit_seal WHERE id = 1) WHERE id = 2"],
        "Seal 2 was edited"),
}  # fmt: skip


@pytest.mark.parametrize("what", TAMPERED)
def test_what_was_done_to_sealed_history_is_named(log: Path, what: str) -> None:
    assert fault() == fault(Outside.of(heads.read(log))) == ""
    statements, told = TAMPERED[what]
    as_owner(*statements)
    assert told in fault()


def test_the_newest_seals_are_proved_by_themselves(log: Path) -> None:
    as_owner("UPDATE audit_event SET reason = 'other' WHERE id = 20")
    assert fault(after=1) == ""
    as_owner("UPDATE audit_event SET reason = 'other' WHERE id = 30")
    assert EDITED.format(30) in fault(after=1)


def test_only_what_is_new_is_sealed_and_a_seal_stands(log: Path) -> None:
    assert jobs.seal() == 0
    put(70)
    assert (jobs.seal(), jobs.seal()) == (1, 0)
    assert [(one.first_event_id, one.last_event_id) for one in session.scalars(select(AuditSeal))][-1] == (70, 70)
    for statement in ("UPDATE audit_seal SET form = 2", "DELETE FROM audit_seal"):
        with pytest.raises(DatabaseError, match="never"), transaction():
            session.execute(text(statement))


def test_of_two_who_seal_the_same_events_one_is_refused(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(70, 80)
    slow = sealing.next_seal(80, now=clock.now())
    assert slow is not None
    assert jobs.seal() == 2
    with pytest.raises(IntegrityError), transaction():
        sealing.write(*slow)
    put(90)
    monkeypatch.setattr(sealing, "next_seal", lambda *_, **__: slow)
    assert jobs.seal() == 0, "the job leaves it to the other one"
    assert fault(Outside.of(heads.read(log))) == ""


@pytest.mark.postgres_only
def test_an_event_that_is_kept_late_is_waited_for(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    empty()
    written, go_on = threading.Event(), threading.Event()

    def keep_late() -> None:
        with context.app_context(), transaction():
            audit.record(SYSTEM, "late", "message", 1, at=AT)
            session.flush()
            written.set()
            assert go_on.wait(20)

    writer = threading.Thread(target=keep_late)
    writer.start()
    try:
        assert written.wait(20)
        with transaction():
            audit.record(SYSTEM, "early", "message", 2, at=AT)
        monkeypatch.setattr(jobs, "PATIENCE", 0.2)
        assert jobs.seal() == 0
        monkeypatch.setattr(jobs, "PATIENCE", 20.0)
        threading.Timer(0.3, go_on.set).start()
        assert jobs.seal() == 2
    finally:
        go_on.set()
        writer.join()
    assert list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.id))) == ["late", "early"]
    assert fault() == ""


def test_the_hash_of_an_event_can_be_worked_out_from_the_page_that_says_how(context: Flask) -> None:
    empty()
    put(10)
    (event,) = seals.events_between(9, 10, 5)
    said = [
        10, "2026-03-06T11:00:00.000250+00:00", 7, "Rita 芮塔", "reviewer", "web", None, "request.approve",
        "invoice_request", "R-1", EVENT["before"], EVENT["after"], "reason 10",
    ]  # fmt: skip
    plain = json.dumps(said, sort_keys=True, separators=(",", ":"))
    assert rules.mark(event) == (10).to_bytes(8) + hashlib.sha256(plain.encode()).digest()
    assert set(rules.COLUMNS) == {column.name for column in AuditEvent.__table__.columns}, "a new one is a new form"


def test_the_command_proves_and_names(log: Path, context: Flask, tmp_path: Path) -> None:
    put(70)
    good = run(context, "audit", "verify")
    assert (good.exit_code, good.output.splitlines()[-2:]) == (0, ["heads outside that agree: 3", "not sealed yet: 1"])
    assert run(context, "audit", "seal").output == "sealed: 1\n"
    kept = tmp_path / "kept.log"
    shutil.copy(log, kept)
    newest = list(heads.read(log))[-1].sha256
    assert run(context, "audit", "verify", "--head", newest).exit_code == 0
    assert run(context, "audit", "verify", "--head", "f" * 64).exit_code == 1
    assert run(context, "audit", "verify", "--head", "short").exit_code == 2
    resealed("UPDATE audit_event SET reason = 'as if' WHERE id = 40")
    log.unlink()
    told = run(context, "audit", "verify")
    assert (told.exit_code, "no head outside" in told.output) == (1, True), "only a copy elsewhere can tell"
    told = run(context, "audit", "verify", "--heads", str(kept))
    assert (told.exit_code, "rewritten from event 30 on" in told.output) == (1, True)
    kept.write_text("nothing\n")
    assert run(context, "audit", "verify", "--heads", str(kept)).exit_code == 1


def test_documents_are_what_the_log_says_was_issued(office: Office, context: Flask) -> None:
    recharge = office.recharge("100.00")
    office.credit(office.issued("100.00"), {recharge: "30.00"})
    issuing.issue_due()
    assert run(context, "audit", "seal").exit_code == 0
    assert run(context, "audit", "verify").exit_code == 0
    kept: Sequence[AuditEvent] = session.scalars(select(AuditEvent).where(AuditEvent.action.in_(ISSUES))).all()
    assert [(one.object_type, (one.after or {})["gross"]) for one in kept] == [
        ("invoice", "100.00"), ("credit_note", "30.00"),
    ]  # fmt: skip
    with transaction():
        guard = "DROP TRIGGER invoice_no_update", "ALTER TABLE invoice DISABLE TRIGGER invoice_frozen"
        session.execute(text(guard[db.engine.dialect.name == "postgresql"]))
        session.execute(text(f"UPDATE invoice SET pdf_sha256 = '{'0' * 64}'"))
    told = run(context, "audit", "verify")
    assert (told.exit_code, "is not what the audit log says was issued" in told.output) == (1, True)


def test_what_happened_before_there_were_seals_is_sealed_first(
    office: Office, context: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_before_checks_were_kept(monkeypatch)
    recharge = office.recharge("100.00")
    office.credit(office.issued("100.00"), {recharge: "30.00"})
    issuing.issue_due()
    asked = select(AuditEvent.object_id, AuditEvent.after).where(AuditEvent.action.in_(ISSUES))
    before = session.execute(asked.order_by(AuditEvent.id)).all()
    as_owner(f"DELETE FROM audit_event WHERE action IN {ISSUES}")
    with transaction():
        if db.engine.dialect.name == "sqlite":
            for trigger in SQLITE_TRIGGERS:
                session.execute(text(trigger))
        else:
            session.execute(text("ALTER TABLE audit_event ENABLE TRIGGER audit_event_frozen"))
            assert POSTGRESQL_TRIGGERS
    for _ in range(2):
        session.remove()
        flask_migrate.downgrade(revision="0040")
        close_connections()
        flask_migrate.upgrade()
        close_connections()
        assert session.execute(asked.order_by(AuditEvent.id)).all() == before, "entered once, as it is today"
    jobs.seal()
    first = session.scalars(select(AuditSeal)).one()
    assert (first.events, first.first_event_id) == (len(session.scalars(select(AuditEvent)).all()), 1)
    assert contradictions() == []
