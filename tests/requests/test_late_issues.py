"""Whose invoice takes longer than 15 minutes is told that the request is approved: once, and nobody else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import select

from backoffice import clock
from backoffice.database import session, transaction
from backoffice.delivery import jobs as delivery
from backoffice.delivery import queries as sent
from backoffice.delivery import services as delivered
from backoffice.delivery.models import Message
from backoffice.delivery.rules import MessageState, Outcome
from backoffice.errors import N_, Conflict
from backoffice.errors import Message as Sentence
from backoffice.issuing import services as issuing
from backoffice.requests import jobs
from backoffice.requests.services import late_issues, recipients
from backoffice.review.services import decisions
from backoffice.review.services import holds as desk
from tests.support.office import EMAIL, Office, contradictions
from tests.support.sql import gather_figures, plan, statements

UNDO = 60
LATER = timedelta(minutes=15, seconds=UNDO)
MOMENT = timedelta(seconds=1)


def approved(office: Office, **further: object) -> str:
    office.recharge("10.00")
    number = office.apply("10.00", **further)
    approve(office, number)
    return number


def approve(office: Office, number: str) -> None:
    with transaction():
        decisions.approve(office.cast.rita.actor, number, now=clock.now(), undo_seconds=UNDO)


def told_after(wait: timedelta) -> int:
    with clock.moved_to(clock.now() + wait):
        return jobs.tell_approved()


def mails() -> list[tuple[str, str]]:
    session.rollback()
    found = select(Message).where(Message.template == "approved").order_by(Message.id)
    return [(mail.recipient, mail.state) for mail in session.scalars(found.execution_options(populate_existing=True))]


def test_fifteen_minutes_after_the_undo_window_the_receiving_address_is_told_once(office: Office) -> None:
    approved(office, copies="copy@x.example")
    assert told_after(LATER - MOMENT) == 0
    assert told_after(LATER + MOMENT) == 1
    assert [told_after(LATER * times) for times in (2, 100)] == [0, 0]
    assert mails() == [(EMAIL, "queued")]
    assert contradictions() == []


def not_issued(office: Office, number: str) -> None:
    request_id = office.request(number).id
    with transaction():
        issuing.note_failure(request_id, Sentence(N_("Approved")))


def returned(office: Office, number: str) -> None:
    with transaction():
        decisions.return_to_queue(office.cast.rita.actor, number, why="Look again", now=clock.now())


def undone(office: Office, number: str) -> None:
    with transaction():
        decisions.undo(office.cast.rita.actor, number, now=clock.now())


def rejected(office: Office, number: str) -> None:
    returned(office, number)
    office.reject(number)


def withdrawn(office: Office, number: str) -> None:
    returned(office, number)
    office.withdraw(number)


def issued(office: Office, number: str) -> None:
    with clock.moved_to(clock.now() + timedelta(seconds=UNDO)):
        assert office.issue(number)


@pytest.mark.parametrize(
    ("happened", "told"),
    [(not_issued, 1), (returned, 0), (undone, 0), (rejected, 0), (withdrawn, 0), (issued, 0)],
)
def test_only_who_still_waits_for_the_invoice_is_told(
    office: Office, happened: Callable[[Office, str], None], told: int
) -> None:
    happened(office, approved(office))
    assert told_after(2 * LATER) == told
    assert len(mails()) == told


def test_a_request_that_is_approved_anew_is_told_of_anew(office: Office) -> None:
    number = approved(office)
    assert told_after(2 * LATER) == 1
    with clock.moved_to(clock.now() + 3 * LATER):
        returned(office, number)
        assert mails() == [(EMAIL, "cancelled")], "what waits is not sent once it is not so any more"
        approve(office, number)
        assert [told_after(LATER - MOMENT), told_after(LATER), told_after(2 * LATER)] == [0, 1, 0]
    assert mails() == [(EMAIL, "cancelled"), (EMAIL, "queued")]


def test_what_was_not_sent_before_the_invoice_is_not_sent_after_it(office: Office) -> None:
    number = approved(office)
    assert told_after(2 * LATER) == 1
    issued(office, number)
    with clock.moved_to(clock.now() + 3 * LATER):
        while delivery.send_due():  # nobody listens: what is tried waits for its next attempt
            pass
    assert mails() == [(EMAIL, "cancelled")]
    assert set(session.scalars(select(Message.state).where(Message.template == "issued"))) == {"deferred"}


def asked(office: Office) -> str:
    """A request with a question to its customer that is mailed."""
    office.recharge("10.00")
    number = office.apply("10.00")
    with transaction():
        desk.hold(office.cast.rita.actor, number, question="Which contract?", now=clock.now())
    return number


def told(office: Office) -> str:
    """A request whose customer is to be told that it is approved."""
    number = approved(office)
    assert told_after(2 * LATER) == 1
    return number


def approved_anew(office: Office, number: str) -> None:
    returned(office, number)
    approve(office, number)


NOT_SO_ANY_MORE = [
    (told, "approved", rejected), (told, "approved", withdrawn), (told, "approved", approved_anew),
    (told, "approved", issued), (asked, "information_wanted", Office.reject),
]  # fmt: skip


def taken(template: str) -> Message:
    """The mail, which a worker has in its hands at this moment; every other one has arrived."""
    while (message := delivered.take(clock.now(), 60)) is not None and message.template != template:
        delivered.record_outcome(message.id, str(message.lease), Outcome(MessageState.ACCEPTED, "250"), now=clock.now())
    assert message is not None
    return message


def state_of(message_id: int) -> str:
    session.rollback()
    return session.get_one(Message, message_id, populate_existing=True).state


@pytest.mark.parametrize(("stands", "template", "happened"), NOT_SO_ANY_MORE)
def test_what_is_not_so_any_more_is_not_tried_again(
    office: Office, stands: Callable[[Office], str], template: str, happened: Callable[[Office, str], None]
) -> None:
    number = stands(office)
    with clock.moved_to(clock.now() + 3 * LATER):
        with transaction():
            mail = taken(template)
            message_id, lease = mail.id, str(mail.lease)
        happened(office, number)
        with transaction():
            assert delivered.record_outcome(
                message_id, lease, Outcome(MessageState.DEFERRED, "451 later"), now=clock.now()
            )
    with clock.moved_to(clock.now() + 4 * LATER), transaction():
        while (other := delivered.take(clock.now(), 60)) is not None:
            assert other.id != message_id
    assert state_of(message_id) == "cancelled"
    assert contradictions() == []


@pytest.mark.parametrize(("stands", "template", "happened"), NOT_SO_ANY_MORE)
def test_what_is_not_so_any_more_is_not_sent_again_and_nobody_misses_it(
    office: Office, stands: Callable[[Office], str], template: str, happened: Callable[[Office, str], None]
) -> None:
    number = stands(office)
    with clock.moved_to(clock.now() + 3 * LATER):
        with transaction():
            mail = taken(template)
            message_id, refused = mail.id, Outcome(MessageState.FAILED, "550 no such user")
            delivered.record_outcome(message_id, str(mail.lease), refused, now=clock.now())
        assert [mail.id for mail in sent.problems()] == [message_id]
        happened(office, number)
        for email in (EMAIL, "right@lumen.example"):
            with pytest.raises(Conflict, match="not so any more"), transaction():
                recipients.mend(office.cast.rita.actor, message_id, email=email, now=clock.now())
            session.rollback()
        assert [mail.id for mail in sent.problems()] == []
    assert state_of(message_id) == "failed"


def test_what_is_still_so_is_tried_again_and_sent_again(office: Office) -> None:
    told(office)
    with clock.moved_to(clock.now() + 3 * LATER):
        with transaction():
            mail = taken("approved")
            message_id = mail.id
            delivered.record_outcome(
                message_id, str(mail.lease), Outcome(MessageState.DEFERRED, "451"), now=clock.now()
            )
        with clock.moved_to(clock.now() + 4 * LATER):
            with transaction():
                mail = taken("approved")
                assert mail.id == message_id
                delivered.record_outcome(
                    message_id, str(mail.lease), Outcome(MessageState.FAILED, "550"), now=clock.now()
                )
            with transaction():
                recipients.mend(office.cast.rita.actor, message_id, email=EMAIL, now=clock.now())
            with transaction():
                assert taken("approved").follows_id == message_id


def test_of_two_workers_at_once_one_tells(office: Office, context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        approved(office)
    both, done, look = Barrier(2), list[int](), jobs._late

    def look_together() -> Sequence[int]:
        found = look()
        both.wait(timeout=30)
        return found

    def work() -> None:
        with context.app_context():
            done.append(jobs.tell_approved(limit=1))

    monkeypatch.setattr(jobs, "_late", look_together)
    with clock.moved_to(clock.now() + LATER + MOMENT):
        workers = [Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert (sorted(done), len(mails())) == ([0, 3], 3)


def test_more_than_a_batch_is_told_in_one_turn(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_BATCH", 2)
    office.recharge("10.00")
    office.approve(*office.apply_often(5))
    assert told_after(LATER) == 5
    assert told_after(LATER) == 0


def test_a_turn_without_late_ones_asks_an_index_once_and_writes_nothing(
    office: Office, context: Flask, database: str
) -> None:
    office.recharge("100.00")
    office.approve(*office.apply_often(40))
    told_after(2 * LATER)
    with statements(context) as sent:
        assert told_after(2 * LATER) == 0
    assert len(sent) == 1
    gather_figures(database)
    used = plan(late_issues.waiting(clock.now() + LATER, 100), database, "sort")
    assert "ix_invoice_request_issuable" in used, used
    assert "ix_message_about" in used, used
    assert "ORDER BY" not in used, used
    assert not any(f"{word} {table}\n" in used for word in ("SCAN", "Seq Scan on") for table in ("message",)), used
