"""Workers are killed (SIGKILL) at each step and at random: what was confirmed stays, what was begun is finished.

The processes die, the database server does not: PostgreSQL runs without fsync here, SQLite as in production with
synchronous FULL.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from typing import cast

import pytest
from flask import Flask
from sqlalchemy import func, select

from backoffice import clock
from backoffice.config import Settings
from backoffice.database import session
from backoffice.delivery import jobs as delivery
from backoffice.delivery.models import Message
from backoffice.issuing import jobs as issuing
from backoffice.issuing.models import Invoice
from backoffice.requests.models import InvoiceRequest
from tests.concurrency.launcher import Child, Launcher
from tests.concurrency.tasks import CREDIT_STEPS, STEPS
from tests.faults.smtp_servers import Mail, Server, accepting
from tests.support.office import Office, contradictions

pytestmark = pytest.mark.fault

KILLED = -9
# Longer than any lease of a dead sender.
LATER = 600


@pytest.fixture
def server() -> Iterator[Server]:
    with accepting() as server:
        yield server


@pytest.fixture
def serving(context: Flask, settings: Settings, server: Server) -> Settings:
    """The settings with the mail server in them, also for the application of the test itself."""
    serving = settings.model_copy(update={"mail_server": server.host, "mail_port": server.port})
    context.config["BACKOFFICE_SETTINGS"] = serving
    return serving


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_each_step_is_mended_by_running_again(
    office: Office, launcher: Launcher, serving: Settings, server: Server, step: str
) -> None:
    office.recharge("700.00")
    first, second = office.apply_often(2, "350.00")
    delivery.send_due()
    server.mails.clear()
    office.approve(first)
    if step.startswith("mail"):
        issuing.issue_due()
    command = ["mail", "send"] if step.startswith("mail") else ["issue", "run"]
    assert launcher.start("command", serving, arguments=command, die_at=step).wait() == KILLED
    assert contradictions() == []
    office.approve(second)
    with clock.shifted(timedelta(seconds=LATER)):
        issuing.issue_due()
        delivery.send_due()
    assert office.states([first, second]) == ["issued", "issued"]
    assert sorted(session.scalars(select(Invoice.sequence))) == [1, 2]
    _check_every_mail_arrived(server.mails, of_template="issued")
    assert len(server.mails) == (3 if step == "mail sent, not recorded" else 2)
    assert contradictions() == []


@pytest.mark.parametrize("step", CREDIT_STEPS)
def test_a_credit_note_outlives_its_worker(
    office: Office, launcher: Launcher, serving: Settings, server: Server, step: str
) -> None:
    office.recharge("700.00")
    number = office.issued("350.00")
    delivery.send_due()
    server.mails.clear()
    made = office.credit(number, {"R-1": "100.00"})
    assert launcher.start("command", serving, arguments=["issue", "run"], die_at=step).wait() == KILLED
    assert contradictions() == []
    assert issuing.issue_due() == 1
    delivery.send_due()
    _check_every_mail_arrived(server.mails, of_template="credited")
    assert [part.get_filename() for mail in server.mails for part in _parsed(mail).iter_attachments()] == [
        f"{made}.pdf"
    ]
    assert contradictions() == []


def test_thirty_random_kills_lose_and_repeat_nothing(
    office: Office, launcher: Launcher, serving: Settings, server: Server
) -> None:
    for _ in range(30):
        office.recharge("10.00")
    numbers = office.apply_often(300)

    def start(clock_offset: float = 0) -> Child:
        return launcher.start("command", serving, arguments=["worker"], clock_offset=clock_offset)

    workers = [start(), start()]
    busy = 0
    for turn in range(30):
        office.approve(*numbers[turn * 10 : turn * 10 + 10])
        time.sleep(random.uniform(0.05, 0.4))
        busy += _unfinished() > 0
        workers.pop(random.randrange(2)).kill()
        workers.append(start())
    assert busy >= 25, f"only {busy} of the kills hit a worker with work to do"
    for worker in workers:
        worker.stop()
    workers = [start(LATER), start(LATER)]
    _wait_until_all_is_done()
    assert [worker.stop() for worker in workers] == [0, 0]
    assert set(office.states(numbers)) == {"issued"}
    assert sorted(session.scalars(select(Invoice.sequence))) == list(range(1, 301))
    assert contradictions() == []
    _check_every_mail_arrived(server.mails)
    _check_documents(server.mails)


def _unfinished() -> int:
    """Requests the worker still has to issue, and mails it still has to send."""
    session.rollback()
    approved = select(func.count()).select_from(InvoiceRequest).where(InvoiceRequest.state == "approved")
    waiting = select(func.count()).select_from(Message).where(Message.state != "accepted")
    return (session.scalar(approved) or 0) + (session.scalar(waiting) or 0)


def _wait_until_all_is_done() -> None:
    deadline = time.monotonic() + 120
    while _unfinished():
        assert time.monotonic() < deadline, f"{_unfinished()} requests and mails are still waiting"
        time.sleep(0.1)


def _check_every_mail_arrived(mails: list[Mail], of_template: str | None = None) -> None:
    """Each message of the database was accepted and arrived; a repeat is the same to the byte."""
    copies: dict[str, list[bytes]] = defaultdict(list)
    for mail in mails:
        copies[BytesHeaderParser().parsebytes(mail.content)["Message-ID"]].append(mail.content)
    assert all(len(set(contents)) == 1 for contents in copies.values()), "a repeat differs from the first mail"
    session.rollback()
    statement = select(Message.message_id, Message.state)
    rows = session.execute(statement.where(Message.template == of_template) if of_template else statement).all()
    assert {row.state for row in rows} == {"accepted"}
    assert {row.message_id for row in rows} == set(copies)


def _check_documents(mails: list[Mail]) -> None:
    """Every invoice reached its customer with the bytes that the store holds."""
    hashes = dict(iter(session.execute(select(Invoice.number, Invoice.pdf_sha256)).all()))
    arrived = {}
    for mail in mails:
        for part in _parsed(mail).iter_attachments():
            content = cast(bytes, part.get_payload(decode=True))
            arrived[str(part.get_filename()).removesuffix(".pdf")] = hashlib.sha256(content).hexdigest()
    assert arrived == hashes


def _parsed(mail: Mail) -> EmailMessage:
    return cast(EmailMessage, message_from_bytes(mail.content, policy=policy.default))
