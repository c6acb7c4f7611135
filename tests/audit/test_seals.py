"""Whatever an owner of the database does to sealed history is found and named, on both databases."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from backoffice import clock
from backoffice.audit import heads, jobs, rules
from backoffice.audit import services as audit
from backoffice.audit.models import POSTGRESQL_TRIGGERS, SQLITE_TRIGGERS, AuditEvent, AuditSeal
from backoffice.audit.queries import seals, verifying
from backoffice.audit.queries.verifying import Outside
from backoffice.audit.services import sealing
from backoffice.database import close_connections, db, session, transaction
from backoffice.errors import Conflict
from backoffice.issuing import jobs as issuing
from backoffice.permissions import SYSTEM
from tests.foundation.test_commands import run
from tests.support.office import Office, as_before_checks_were_kept, contradictions
from tests.support.people import Cast

AT = datetime(2026, 3, 6, 11, 0, 0, 250, tzinfo=UTC)
ISSUES = ("invoice.issue", "credit_note.issue")
EVENT = {
    "at": AT, "actor_id": 7, "actor_label": "Rita 芮塔", "actor_role": "reviewer", "via": "web", "address": None,
    "action": "request.approve", "object_type": "invoice_request", "object_id": "R-1",
    "before": {"state": "pending", "amount": "10.50"}, "after": {"z": [1, True, None], "a": "\N{ZERO WIDTH SPACE}"},
    "reason": "fits",
}  # fmt: skip


@pytest.fixture
def log(context: Flask, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Six events with room between their ids, sealed two by two; the file of heads."""
    empty()
    monkeypatch.setattr(sealing, "BATCH", 2)
    put(10, 20, 30, 40, 50, 60)
    assert jobs.seal() == 6
    return heads.place(context.config["BACKOFFICE_SETTINGS"].instance_path)


def empty() -> None:
    """No event at all: a new installation has some."""
    unguard("audit_event")
    with transaction():
        session.execute(delete(AuditEvent))


def put(*ids: int) -> None:
    """Events with these ids; what is written next has a greater one."""
    with transaction():
        session.execute(insert(AuditEvent), [{**EVENT, "id": number, "reason": f"reason {number}"} for number in ids])
        if db.engine.dialect.name == "postgresql":
            newest = "(SELECT max(id) FROM audit_event)"
            session.execute(text(f"SELECT setval(pg_get_serial_sequence('audit_event', 'id'), {newest})"))


def unguard(*tables: str) -> None:
    """The guards of these tables taken away."""
    with transaction():
        for table in tables:
            if db.engine.dialect.name == "sqlite":
                for guard in ("update", "delete"):
                    session.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_{guard}"))
            else:
                session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER {table}_frozen"))


def as_owner(*statements: str) -> None:
    """What whoever owns the database can do: take the guards away, and then anything."""
    unguard("audit_event", "audit_seal")
    with transaction():
        for statement in statements:
            assert session.execute(text(statement)).rowcount > 0, "it hits nothing"  # type: ignore[attr-defined]


def fault(outside: Outside = verifying.NOTHING_OUTSIDE, after: int = 0) -> str:
    """The first fault that a walk over all of history finds; nothing where all is well."""
    session.rollback()
    return " ".join(str(step.fault) for step in verifying.walk(outside, after=after) if step.fault)


def copied(number: int, to: int) -> str:
    """A statement that puts an event in that looks like another one."""
    columns = ", ".join(rules.COLUMNS[1:])
    return f"INSERT INTO audit_event (id, {columns}) SELECT {to}, {columns} FROM audit_event WHERE id = {number}"


def resealed(*statements: str) -> None:
    """History changed, and everything after it sealed anew as if it had always been so."""
    as_owner(*statements)
    as_owner("DELETE FROM audit_seal WHERE id >= 2")
    jobs._seal_settled(jobs.time.monotonic() + 20)


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


def test_a_tail_that_was_cut_off_or_rewritten_is_told_by_a_head_outside(log: Path) -> None:
    kept = list(heads.read(log))
    assert [(head.seal, head.event) for head in kept] == [(1, 20), (2, 40), (3, 60)]
    as_owner("DELETE FROM audit_seal WHERE id = 3", "DELETE FROM audit_event WHERE id > 40")
    assert fault() == "", "what is left is right in itself"
    assert "History was cut off after event 40: seal 3" in fault(Outside.of(kept))
    assert "No seal has the hash" in fault(Outside.of([], [kept[-1].sha256]))
    resealed("UPDATE audit_event SET reason = 'as if' WHERE id = 40")
    assert fault() == "", "so is a chain that was made anew"
    assert "Seal 2 is another than was written outside" in fault(Outside.of(kept))
    assert "rewritten from event 30 on" in fault(Outside.of(kept))
    assert "No seal has the hash" in fault(Outside.of([], [kept[1].sha256]))
    assert fault(Outside.of([], [kept[0].sha256])) == ""


def test_the_file_is_not_bent_to_a_rewritten_chain(log: Path) -> None:
    before = log.read_bytes()
    as_owner("DELETE FROM audit_seal WHERE id = 3", "DELETE FROM audit_event WHERE id > 40")
    put(61, 62)
    with pytest.raises(Conflict, match="History was cut off after event 40: seal 3") as told:
        jobs.seal()
    assert "--after-restore" in str(told.value)
    assert log.read_bytes() == before
    assert seals.ends()[0] == 2, "a new seal 3 would look like history that was rewritten"


def restored() -> None:
    """The database as a backup from before the third seal brings it back, and one event that happened since."""
    as_owner("DELETE FROM audit_seal WHERE id = 3", "DELETE FROM audit_event WHERE id > 40")
    put(61)
    if db.engine.dialect.name == "postgresql":
        with transaction():  # as a backup has it; rows that name their ids do not move it
            session.execute(text("SELECT setval(pg_get_serial_sequence('audit_event', 'id'), 61)"))


def test_after_a_restore_the_operator_says_so_and_sealing_goes_on(log: Path, context: Flask) -> None:
    before = log.read_bytes()
    restored()
    told = run(context, "audit", "verify")
    assert (told.exit_code, "History was cut off after event 40" in told.output) == (1, True)
    told = run(context, "audit", "seal")
    assert (told.exit_code, "--after-restore" in told.output) == (1, True)
    assert run(context, "audit", "seal", "--after-restore").exit_code == 2, "why is asked for"
    told = run(context, "audit", "seal", "--after-restore", "--reason", "disk of 6 March")
    assert (told.exit_code, "event 40" in told.output) == (0, True), told.output
    (kept,) = (path for path in log.parent.iterdir() if path != log)
    assert kept.read_bytes() == before
    written = session.scalars(select(AuditEvent).where(AuditEvent.action == "audit.restore")).one()
    assert (written.actor_label, written.via, written.reason) == ("operator", "cli", "disk of 6 March")
    assert written.before is not None
    assert written.after is not None
    assert (written.before["seal"], written.before["event"]) == (3, 60)
    assert (written.after["seal"], written.after["event"], written.after["kept"]) == (2, 40, kept.name)
    good = run(context, "audit", "verify")
    assert (good.exit_code, good.output.splitlines()[-1]) == (0, "not sealed yet: 0")
    assert run(context, "audit", "verify", "--heads", str(kept)).exit_code == 1, "what was lost stays told"
    again = run(context, "audit", "seal", "--after-restore", "--reason", "once more")
    assert again.exit_code == 1, "nothing is ahead any more"
    assert len(list(log.parent.iterdir())) == 2


@pytest.mark.parametrize("emptied", [True, False])
def test_heads_that_were_lost_stay_told(
    log: Path, context: Flask, emptied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.write_bytes(b"") if emptied else log.unlink()
    monkeypatch.setattr(jobs, "YOUNG", timedelta(0))
    assert run(context, "audit", "verify").exit_code == 1
    assert run(context, "audit", "seal").exit_code == 0
    lost = session.scalars(select(AuditEvent).where(AuditEvent.action == "audit.heads_lost")).one()
    assert (lost.actor_label, lost.after) == ("system", {"seal": 3, "event": 60})
    for _ in range(2):  # now, and when there is more behind it
        told = run(context, "audit", "verify")
        assert told.exit_code == 0
        assert "was lost and written anew" in told.output
        assert "up to seal 3" in told.output
        assert run(context, "audit", "seal").exit_code == 0
    assert session.scalar(select(func.count()).where(AuditEvent.action == "audit.heads_lost")) == 1


def test_only_who_administers_begins_anew_after_a_restore(log: Path, context: Flask, cast: Cast) -> None:
    before = log.read_bytes()
    restored()
    for person in (cast.ada, cast.rita, cast.otto):
        told = run(context, "audit", "seal", "--after-restore", "--reason", "mine", "--as", person.email)
        assert told.exit_code == 1, told.output
    assert log.read_bytes() == before
    told = run(context, "audit", "seal", "--after-restore", "--reason", "disk", "--as", cast.ana.email)
    assert told.exit_code == 0, told.output
    assert "was lost" not in run(context, "audit", "verify").output, "the operator has said why"


def test_a_chain_that_was_made_anew_is_not_taken_for_a_restore(log: Path, context: Flask) -> None:
    before = log.read_bytes()
    resealed("UPDATE audit_event SET reason = 'as if' WHERE id = 40")
    as_owner("DELETE FROM audit_seal WHERE id = 3")
    told = run(context, "audit", "seal", "--after-restore", "--reason", "as if")
    assert (told.exit_code, "another seal 2" in told.output) == (1, True)
    assert log.read_bytes() == before
    assert not session.scalars(select(AuditEvent.id).where(AuditEvent.action == "audit.restore")).all()


def test_what_nothing_outside_speaks_for_is_told(log: Path, context: Flask) -> None:
    lines = log.read_bytes().splitlines(keepends=True)
    assert "warning" not in run(context, "audit", "verify").output
    log.write_bytes(b"".join(lines[:2]))
    short = run(context, "audit", "verify")
    assert short.exit_code == 0
    assert (
        "warning: no head outside the database speaks for what happened after event 40, seal 3 of 3 and later"
        in short.output
    )
    for lost in (lambda: log.write_bytes(b""), log.unlink):
        lost()
        told = run(context, "audit", "verify")
        assert told.exit_code == 1
        assert "no head outside the database agrees" in told.output
        assert "are as they were sealed" in told.output
    newest = lines[2].split()[2].decode()
    assert run(context, "audit", "verify", "--head", newest).exit_code == 0


def test_before_anything_is_sealed_no_head_is_missed(context: Flask) -> None:
    assert seals.head() is None
    assert run(context, "audit", "verify").exit_code == 0


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


def test_heads_that_the_file_does_not_have_are_written_by_the_next_turn(log: Path) -> None:
    before = log.read_bytes()
    put(70, 80, 90)
    jobs.seal()
    log.write_bytes(before + log.read_bytes()[len(before) :][:9])
    assert [head.seal for head in heads.read(log)] == [1, 2, 3], "half a line is no head"
    assert jobs.seal() == 0
    assert [head.event for head in heads.read(log)] == [20, 40, 60, 80, 90]
    log.unlink()
    jobs.seal()
    assert fault(Outside.of(heads.read(log))) == ""
    with log.open("ab") as file:
        file.write(b"no head at all\n")
    with pytest.raises(Conflict, match="a line that is none"):
        jobs.seal()


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
