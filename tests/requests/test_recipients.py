"""Copies, corrected addresses, and an invoice that is sent again."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from backoffice import clock
from backoffice.audit.models import AuditEvent
from backoffice.database import session, transaction
from backoffice.delivery import queries as mails
from backoffice.delivery import services as delivery
from backoffice.delivery.models import Message
from backoffice.delivery.rules import MessageState, Outcome
from backoffice.errors import Conflict, Invalid, NotFound
from backoffice.requests import queries
from backoffice.requests.rules import ABOUT, ASKED, REMINDED, SEND_AGAIN_LIMIT
from backoffice.requests.services import holds, recipients
from backoffice.requests.services.states import tell
from tests.support.office import EMAIL, Office, contradictions
from tests.support.people import Person

NEW = "new@lumen.example"


def queued(template: str) -> list[tuple[str, str]]:
    """Recipient and state of each mail of a kind, oldest first."""
    session.rollback()
    rows = session.execute(
        select(Message.recipient, Message.state).where(Message.template == template).order_by(Message.id)
    )
    return [(recipient, state) for recipient, state in rows]


def ended(template: str, state: str, recipient: str = EMAIL) -> None:
    """Let the mails of a kind to an address come to an end."""
    at = clock.now() if state == "accepted" else None
    with transaction():
        session.execute(
            update(Message)
            .where(Message.template == template, Message.recipient == recipient, Message.state == "queued")
            .values(state=state, accepted_at=at, taken_at=at, attempts=1, server_answer="an answer")
        )


def correct(office: Office, number: str, email: str = NEW, copies: str = "", who: Person | None = None) -> None:
    with transaction():
        recipients.correct((who or office.cast.ada).actor, number, email=email, copies=copies, now=clock.now())


def send_again(office: Office, number: str, to: str = EMAIL, email: str = EMAIL, who: Person | None = None) -> None:
    with transaction():
        actor = (who or office.cast.ada).actor
        recipients.send_again(actor, number, recipient=to, email=email, now=clock.now())


def asked(office: Office) -> str:
    """A request with a question that waits for its answer."""
    office.recharge("60.00")
    number = office.apply("10.00")
    with transaction():
        holds.ask(office.cast.rita.actor, queries.by_number(number), "Which contract?", first=None, now=clock.now())
    return number


def issued(office: Office, copies: str = "") -> str:
    office.recharge("60.00")
    number = office.apply("10.00", copies=copies)
    office.approve(number)
    assert office.issue(number)
    return number


def test_the_issued_mail_goes_to_each_copy_and_the_others_do_not(office: Office) -> None:
    number = issued(office, copies=f"a@x.example; {EMAIL.upper()}\nB@x.example,a@X.example")
    assert office.request(number).copies == ["a@x.example", "B@x.example"]
    assert [to for to, _ in queued("issued")] == [EMAIL, "a@x.example", "B@x.example"]
    assert [to for to, _ in queued("submitted")] == [EMAIL]
    assert contradictions() == []


@pytest.mark.parametrize(
    ("copies", "words"),
    [
        (",".join(f"c{i}@x.example" for i in range(5)), "At most 4"),
        ("a@x.example, nobody", "nobody"),
        ("a@x.example\r\nBcc: b@x.example", "Bcc:"),
    ],
)
def test_copies_that_are_refused(office: Office, copies: str, words: str) -> None:
    office.recharge("60.00")
    with pytest.raises(Invalid) as refused:
        office.apply("10.00", copies=copies)
    assert words in str(refused.value.fields["copies"][0])


def test_four_copies_beside_the_receiving_address_are_possible(office: Office) -> None:
    office.recharge("60.00")
    four = [f"c{i}@x.example" for i in range(4)]
    assert office.request(office.apply("10.00", copies=",".join([*four, EMAIL]))).copies == four


def test_a_correction_while_pending_tells_the_new_address_and_nobody_else(office: Office) -> None:
    office.recharge("60.00")
    number = office.apply("10.00")
    correct(office, number, copies="c@x.example")
    request = office.request(number)
    assert (request.email, request.copies, request.state) == (NEW, ["c@x.example"], "pending")
    # What still waited for the wrong address is not sent to it any more.
    assert queued("submitted") == [(EMAIL, "cancelled"), (NEW, "queued")]
    event = queries.timeline(request.id)[-1]
    assert (event.kind, event.data) == ("corrected", {"email": NEW, "copies": ["c@x.example"]})
    audited = session.scalars(select(AuditEvent).where(AuditEvent.action == "request.correct")).one()
    assert (audited.before["email"], audited.after["email"]) == (EMAIL, NEW)
    session.rollback()
    office.approve(number)
    assert office.issue(number)
    assert [to for to, _ in queued("issued")] == [NEW, "c@x.example"]
    assert contradictions() == []


@pytest.mark.parametrize("state", ["accepted", "failed"])
def test_the_new_address_is_told_whatever_became_of_the_first_mail(office: Office, state: str) -> None:
    office.recharge("60.00")
    number = office.apply("10.00")
    ended("submitted", state)
    correct(office, number)
    assert queued("submitted") == [(EMAIL, state), (NEW, "queued")]
    # A failed mail that was mended is nobody's work any more.
    assert mails.problems() == []


@pytest.mark.parametrize("state", ["queued", "failed", "accepted"])
def test_the_question_that_waits_goes_to_the_corrected_address(office: Office, state: str) -> None:
    number = asked(office)
    if state != "queued":
        ended(ASKED, state)
    correct(office, number)
    kept = {"queued": "cancelled"}.get(state, state)
    assert queued(ASKED) == [(EMAIL, kept), (NEW, "queued")]
    ended(ASKED, "accepted", NEW)
    with transaction():
        assert holds.stop_clocks() >= 1
    assert office.request(number).is_paused
    assert contradictions() == []


@pytest.mark.postgres_only
def test_a_mail_that_the_worker_takes_meanwhile_does_not_stop_the_correction(
    office: Office, context: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the mail and the hand on it, a worker sends it: the new address gets one of its own."""
    office.recharge("60.00")
    number = office.apply("10.00")
    looked_up = mails.latest

    def worker() -> None:
        with context.app_context(), transaction():
            taken = delivery.take(clock.now(), 60)
            assert taken is not None
            said = Outcome(MessageState.ACCEPTED, "250 OK")
            delivery.record_outcome(taken.id, taken.lease or "", said, now=clock.now())

    def latest(*asked: Any) -> Message | None:
        found = looked_up(*asked)
        thread = Thread(target=worker)
        thread.start()
        thread.join()
        return found

    monkeypatch.setattr(mails, "latest", latest)
    correct(office, number)
    assert queued("submitted") == [(EMAIL, "accepted"), (NEW, "queued")]
    assert office.request(number).email == NEW
    assert contradictions() == []


def test_a_reminder_that_waits_goes_to_the_corrected_address(office: Office) -> None:
    number = asked(office)
    ended(ASKED, "accepted")
    with transaction():
        tell(queries.by_number(number), REMINDED, now=clock.now(), question="Which contract?")
    correct(office, number)
    assert queued(REMINDED) == [(EMAIL, "cancelled"), (NEW, "queued")]


def test_a_question_that_was_answered_is_not_asked_at_the_new_address(office: Office) -> None:
    number = asked(office)
    ended(ASKED, "failed")
    with transaction():
        holds.answer(office.cast.ada.actor, number, "C-1", now=clock.now())
    correct(office, number)
    assert queued(ASKED) == [(EMAIL, "failed")]


def test_a_correction_that_changes_nothing_leaves_no_trace(office: Office) -> None:
    office.recharge("60.00")
    number = office.apply("10.00")
    correct(office, number, email=EMAIL)
    assert [event.kind for event in queries.timeline(office.request(number).id)] == ["submitted"]


def test_a_correction_is_for_pending_and_for_the_own_account(office: Office) -> None:
    office.recharge("60.00")
    number = office.apply("10.00")
    with pytest.raises(NotFound):
        correct(office, number, who=office.cast.bo)
    with pytest.raises(Invalid) as refused:
        correct(office, number, email="x", copies="y")
    assert set(refused.value.fields) == {"email", "copies"}
    correct(office, number, who=office.cast.lin)
    office.approve(number)
    for email in ("late@lumen.example", NEW):
        with pytest.raises(Conflict):
            correct(office, number, email=email)
    assert office.request(number).email == NEW


def test_an_accepted_invoice_is_sent_again_to_the_same_address_only(office: Office) -> None:
    number = issued(office)
    ended("issued", "accepted")
    with pytest.raises(Invalid) as refused:
        send_again(office, number, email=NEW)
    assert "took the mail" in refused.value.fields["email"][0].msgid
    send_again(office, number, who=office.cast.lin)
    assert queued("issued") == [(EMAIL, "accepted"), (EMAIL, "queued")]
    assert queries.timeline(office.request(number).id)[-1].data == {"email": EMAIL}


def test_not_while_a_mail_is_on_its_way(office: Office) -> None:
    number = issued(office)
    with pytest.raises(Conflict, match="still on its way"):
        send_again(office, number)
    ended("issued", "accepted")
    send_again(office, number)
    with pytest.raises(Conflict, match="still on its way"):
        send_again(office, number)
    assert len(queued("issued")) == 2


def test_a_failed_mail_is_sent_to_a_corrected_address_which_is_kept(office: Office) -> None:
    number = issued(office, copies="old@x.example, c@x.example")
    ended("issued", "failed", "old@x.example")
    with pytest.raises(Invalid) as refused:
        send_again(office, number, "old@x.example", "C@x.example")
    assert "already" in refused.value.fields["email"][0].msgid
    with pytest.raises(Invalid):
        send_again(office, number, "old@x.example", "nobody")
    send_again(office, number, "OLD@x.example", NEW)
    assert office.request(number).recipients == [EMAIL, NEW, "c@x.example"]
    current = mails.current(ABOUT, office.request(number).id, "issued")
    assert [(mail.recipient, mail.state) for mail in current] == [
        (EMAIL, "queued"), ("c@x.example", "queued"), (NEW, "queued"),
    ]  # fmt: skip
    event = queries.timeline(office.request(number).id)[-1]
    assert event.data == {"email": NEW, "instead_of": "old@x.example"}
    assert mails.problems() == []
    assert contradictions() == []


def test_only_what_is_issued_and_only_to_its_recipients(office: Office) -> None:
    number = issued(office)
    pending = office.apply("1.00")
    with pytest.raises(Conflict, match="Only an issued invoice"):
        send_again(office, pending)
    with pytest.raises(NotFound):
        send_again(office, number, EMAIL, EMAIL, office.cast.bo)
    with pytest.raises(Conflict, match="sent anew to another address"):
        send_again(office, number, "stranger@x.example", "stranger@x.example", office.cast.ada)


def test_a_mailbox_is_not_filled_from_here(office: Office) -> None:
    number = issued(office)
    for _ in range(SEND_AGAIN_LIMIT):
        ended("issued", "accepted")
        send_again(office, number)
    ended("issued", "accepted")
    with pytest.raises(Conflict, match="sent again 5 times"):
        send_again(office, number)
    session.rollback()
    with clock.shifted(timedelta(days=1, minutes=1)):
        send_again(office, number)
