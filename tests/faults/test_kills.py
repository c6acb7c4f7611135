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
from email import message_from_bytes
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
from backoffice.issuing.queries import credits as queries
from backoffice.requests import jobs as requests
from backoffice.requests.models import InvoiceRequest
from tests.concurrency.launcher import Child, Launcher
from tests.concurrency.steps import APPROVED_STEPS, CONFIRM_STEPS, CREDIT_STEPS, ISSUE_STEPS, MAIL_STEPS, SENT_STEPS
from tests.faults.smtp_servers import Mail, Server, accepting
from tests.support.office import Office, contradictions

pytestmark = pytest.mark.fault

KILLED = -9
TIMES = 3
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


@pytest.mark.parametrize("step", [*ISSUE_STEPS, *MAIL_STEPS])
def test_three_kills_at_each_step_are_mended_by_going_on(
    office: Office, launcher: Launcher, serving: Settings, server: Server, step: str
) -> None:
    """What one worker leaves behind is what the next one dies of."""
    office.recharge("700.00")
    *numbers, last = office.apply_often(TIMES + 1, "50.00")
    delivery.send_due()
    server.mails.clear()
    mails = step in MAIL_STEPS
    for turn, number in enumerate(numbers):
        office.approve(number)
        if mails:
            issuing.issue_due()
        child = start(launcher, serving, ["mail", "send"] if mails else ["issue", "run"], turn, die_at=step)
        assert child.wait() == KILLED, child.log.read_text()
    assert contradictions() == []
    office.approve(last)
    go_on()
    assert office.states([*numbers, last]) == ["issued"] * (TIMES + 1)
    assert sorted(session.scalars(select(Invoice.sequence))) == list(range(1, TIMES + 2))
    _check_every_mail_arrived(server.mails, of_template="issued")
    assert len(server.mails) == TIMES + 1 + (TIMES if step in SENT_STEPS else 0)
    _check_documents(server.mails)
    assert contradictions() == []


@pytest.mark.parametrize("step", [*CREDIT_STEPS, *SENT_STEPS])
def test_a_credit_note_outlives_three_workers(
    office: Office, launcher: Launcher, serving: Settings, server: Server, step: str
) -> None:
    office.recharge("700.00")
    invoices = [office.issued("50.00") for _ in range(TIMES)]
    delivery.send_due()
    server.mails.clear()
    made, mails = [], step in SENT_STEPS
    for turn, number in enumerate(invoices):
        made.append(office.credit(number, {"R-1": "10.00"}))
        if mails:
            issuing.issue_due()
        child = start(launcher, serving, ["mail", "send"] if mails else ["issue", "run"], turn, die_at=step)
        assert child.wait() == KILLED, child.log.read_text()
    assert contradictions() == []
    go_on()
    _check_every_mail_arrived(server.mails, of_template="credited")
    arrived = [name for mail in server.mails for name in _attachments(mail)]
    assert set(arrived) == {f"{number}.pdf" for number in made}
    assert len(arrived) == TIMES + (TIMES if mails else 0)
    assert made == [f"CN-{clock.today():%Y}-{turn + 1:06d}" for turn in range(TIMES)]
    assert contradictions() == []


@pytest.mark.parametrize("step", CONFIRM_STEPS)
def test_a_confirmation_that_died_three_times_has_done_nothing_and_is_given_again(
    office: Office, launcher: Launcher, serving: Settings, server: Server, step: str
) -> None:
    """An invoice issued anew: credit note, request and money are one step, and the invoice follows."""
    office.recharge("700.00")
    number = office.issued("50.00")
    proposal = office.reissue(number)
    for turn in range(TIMES):
        child = launcher.start(
            "confirm", serving, email=office.cast.rui.email, proposal_id=proposal, die_at=step, clock_offset=turn
        )
        assert child.wait() == KILLED, child.log.read_text()
        assert office.counters() == ("700.00", "0.00", "50.00")
    assert contradictions() == []
    assert office.confirm(proposal) == f"CN-{clock.today():%Y}-000001"
    assert office.counters() == ("700.00", "50.00", "0.00")
    following = queries.followed_by(office.request(number).id) or ""
    office.approve(following)
    go_on()
    assert office.states([following]) == ["issued"]
    _check_every_mail_arrived(server.mails)
    assert contradictions() == []


@pytest.mark.parametrize("step", APPROVED_STEPS)
def test_three_who_died_telling_of_an_approval_leave_one_mail(
    office: Office, launcher: Launcher, serving: Settings, server: Server, step: str
) -> None:
    office.recharge("700.00")
    office.approve(office.apply("50.00"))
    for turn in range(TIMES):
        child = start(launcher, serving, ["mail", "approved"], 2 + turn, die_at=step)
        assert child.wait() == KILLED, child.log.read_text()
    assert contradictions() == []
    with clock.shifted(timedelta(seconds=9 * LATER)):
        while requests.tell_approved() + delivery.send_due():
            pass
    _check_every_mail_arrived(server.mails)
    told = select(func.count()).select_from(Message).where(Message.template == "approved")
    assert session.scalar(told) == 1
    assert contradictions() == []


def start(launcher: Launcher, serving: Settings, arguments: list[str], turn: int, **further: str) -> Child:
    """A command as late as its turn, so that whoever died before it holds no lease any more."""
    return launcher.start("command", serving, arguments=arguments, clock_offset=turn * LATER, **further)


def go_on() -> None:
    """What any worker does when the dead ones' leases are over."""
    with clock.shifted(timedelta(seconds=TIMES * LATER)):
        while issuing.issue_due() or delivery.send_due():
            pass


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
    left = (session.scalar(approved) or 0) + (session.scalar(waiting) or 0)
    # Nobody sits in a transaction while a worker finishes what it has in hand.
    session.rollback()
    return left


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
    """Every invoice reached its customer, and whatever arrived has the bytes that the store holds.

    On a Monday a worker also sends the managers the week's report, so more than invoices may arrive.
    """
    named = select(Message.attachment_name, Message.attachment_sha256).where(Message.attachment_name.is_not(None))
    attached = dict(iter(session.execute(named).all()))
    arrived = {
        name: hashlib.sha256(content).hexdigest() for mail in mails for name, content in _attachments(mail).items()
    }
    assert arrived == attached
    invoices = session.execute(select(Invoice.number, Invoice.pdf_sha256)).all()
    assert {f"{number}.pdf": sha256 for number, sha256 in invoices}.items() <= arrived.items()


def _attachments(mail: Mail) -> dict[str, bytes]:
    # The plain policy: the one that knows headers takes ten times as long, and there are hundreds of mails.
    parts = ((part.get_filename(), part) for part in message_from_bytes(mail.content).walk())
    return {name: cast(bytes, part.get_payload(decode=True)) for name, part in parts if name}
