"""Whoever seals the audit log is killed (SIGKILL) at each step: the chain stays whole, the file of heads catches up."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from backoffice.audit import heads
from backoffice.audit.models import AuditEvent, AuditSeal
from backoffice.audit.queries import seals
from backoffice.config import Settings
from backoffice.database import session
from tests.concurrency.launcher import Launcher
from tests.concurrency.steps import SEAL_STEPS
from tests.foundation.test_commands import run
from tests.support.office import Office, contradictions

pytestmark = pytest.mark.fault

KILLED = -9
TIMES = 3
# Before these nothing is sealed when the process dies.
UNSEALED = ("events hashed, nothing written", "seal written, not committed")
WRITTEN = "head written, not durable"


@pytest.mark.parametrize("step", SEAL_STEPS)
def test_three_kills_at_each_step_of_sealing_leave_a_chain_that_is_proved(
    office: Office, context: Flask, settings: Settings, launcher: Launcher, step: str
) -> None:
    file = heads.place(settings.instance_path)
    office.recharge("100.00")
    for turn in range(1, TIMES + 1):
        office.issued("10.00")
        child = launcher.start("command", settings, arguments=["audit", "seal"], die_at=step)
        assert child.wait() == KILLED, child.log.read_text()
        session.rollback()
        sealed = 0 if step in UNSEALED else turn
        assert session.scalar(select(func.count()).select_from(AuditSeal)) == sealed
        outside = list(heads.read(file)) if file.exists() else []
        # What a process had written before it died was given to the machine, which did not die.
        known = {WRITTEN: turn, "head half written": turn - 1}.get(step, 0)
        assert outside == [seals.head_of(number) for number in range(1, known + 1)]
        proof = run(context, "audit", "verify")
        # A chain that no head outside speaks for is whole, and proves nothing until the next turn has written one.
        alone = bool(sealed) and not known
        assert (proof.exit_code, "no head outside the database agrees" in proof.output) == (int(alone), alone)
        assert ("are as they were sealed" in proof.output, "warning:" in proof.output) == (True, 0 < known < sealed)
        assert contradictions() == []
    launcher.start("command", settings, arguments=["audit", "seal"]).finish()
    session.rollback()
    last = max(1, sealed)
    assert list(heads.read(file)) == [seals.head_of(number) for number in range(1, last + 1)]
    newest = seals.head()
    assert newest is not None
    assert newest.event == session.scalar(select(func.max(AuditEvent.id)))
    proved = run(context, "audit", "verify", "--head", newest.sha256)
    assert proved.exit_code == 0
    assert proved.output.endswith("not sealed yet: 0\n")
    assert contradictions() == []
