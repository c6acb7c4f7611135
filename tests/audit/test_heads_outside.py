"""Heads that stand outside the database tell what the chain inside cannot: a tail cut off or made anew, a restore."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from backoffice.audit import heads, jobs
from backoffice.audit.models import AuditEvent
from backoffice.audit.queries import seals
from backoffice.audit.queries.verifying import Outside
from backoffice.database import session
from backoffice.errors import Conflict
from tests.audit.tampering import as_owner, fault, put, resealed, restored
from tests.foundation.test_commands import run
from tests.support.people import Cast


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
