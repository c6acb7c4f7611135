"""Two worker processes share what is to be issued and sent: each does a part, and nothing is done twice."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from email.parser import BytesHeaderParser
from pathlib import Path

import pytest
from sqlalchemy import select

from backoffice.config import Settings
from backoffice.database import session
from backoffice.delivery.models import Message
from backoffice.issuing.models import Invoice
from tests.concurrency.launcher import Launcher
from tests.faults.smtp_servers import Server, accepting
from tests.support.office import Office, contradictions

pytestmark = pytest.mark.race

MAILS, REQUESTS, NOTES = 60, 40, 12


@pytest.fixture
def server() -> Iterator[Server]:
    with accepting() as server:
        yield server


def side_by_side(launcher: Launcher, settings: Settings, folder: Path, task: str) -> list[str]:
    """Let two processes begin a task at the same moment; what each wrote."""
    results = [folder / f"{task}-{number}" for number in range(2)]
    begin = folder / f"begin-{task}"
    children = [launcher.start(task, settings, begin=str(begin), result=str(result)) for result in results]
    launcher.say_begin(begin, children)
    for child in children:
        child.finish()
    return [result.read_text() for result in results]


def test_each_mail_is_sent_once_and_both_send(
    office: Office, launcher: Launcher, settings: Settings, server: Server, tmp_path: Path
) -> None:
    office.recharge("100.00")
    office.apply_often(MAILS)
    serving = settings.model_copy(update={"mail_server": server.host, "mail_port": server.port})
    sent = [int(result) for result in side_by_side(launcher, serving, tmp_path, "send")]
    assert sum(sent) == MAILS
    assert min(sent) > 0, f"one of them had nothing to do: {sent}"
    arrived = [BytesHeaderParser().parsebytes(mail.content)["Message-ID"] for mail in server.mails]
    assert len(arrived) == MAILS
    session.rollback()
    rows = session.execute(select(Message.message_id, Message.state, Message.attempts)).all()
    assert {(row.state, row.attempts) for row in rows} == {("accepted", 1)}
    assert {row.message_id for row in rows} == set(arrived)
    assert contradictions() == []


def test_each_document_is_drawn_by_one_of_them(
    office: Office, launcher: Launcher, settings: Settings, tmp_path: Path
) -> None:
    office.recharge("100.00")
    credited = office.issued("20.00")
    for _ in range(NOTES):
        office.credit(credited, {"R-1": "1.00"})
    numbers = office.apply_often(REQUESTS)
    office.approve(*numbers)
    session.rollback()
    done = [json.loads(result) for result in side_by_side(launcher, settings, tmp_path, "issue")]
    assert sum(one.get("issued", 0) for one in done) == REQUESTS + NOTES
    assert min(one.get("issued", 0) for one in done) > 0, f"one of them had nothing to do: {done}"
    # Both may draw what the other one is at when a worker looks for work, and a credit note that both are at.
    assert sum(one["drawn"] for one in done) <= REQUESTS + NOTES + 8, done
    assert set(office.states(numbers)) == {"issued"}
    assert sorted(session.scalars(select(Invoice.sequence))) == list(range(1, REQUESTS + 2))
    assert contradictions() == []


@pytest.mark.one_database
def test_a_worker_stops_when_its_jobs_have_only_just_begun(launcher: Launcher, settings: Settings) -> None:
    """Whatever a job still asks about its schedule must not wait for the scheduler, which waits for the job."""
    child = launcher.start("worker_with_slow_leader", settings, seconds=1)
    deadline = time.monotonic() + 60
    while not child.log.exists() or "worker started" not in child.log.read_text():
        assert time.monotonic() < deadline, child.log.read_text()
        time.sleep(0.01)
    assert child.stop(patience=20) == 0
    assert "worker stopped" in child.log.read_text()
