"""A mail problem is mended by finance: the address corrected, the mail sent again, the link in it ended."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select, update

from backoffice import clock
from backoffice.audit.models import AuditEvent
from backoffice.database import session, transaction
from backoffice.delivery import queries as mails
from backoffice.delivery.models import Message
from backoffice.errors import Conflict, Forbidden, Invalid, NotFound
from backoffice.requests import queries
from backoffice.requests.rules import ABOUT, SEND_AGAIN_LIMIT
from backoffice.requests.services import recipients
from backoffice.review.services import holds
from tests.support.office import EMAIL, Office
from tests.support.people import Cast, Person
from tests.support.visitor import Visitor

NEW = "right@lumen.example"


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def ended(template: str, state: str) -> int:
    """Let the open mail of a kind come to an end; its id."""
    with transaction():
        found = session.scalars(
            select(Message).where(Message.template == template, Message.state == "queued").order_by(Message.id)
        ).first()
        assert found is not None
        found.state, found.attempts, found.server_answer = state, 1, "550 5.1.1 no such user"
        found.accepted_at = clock.now() if state == "accepted" else None
        return found.id


def mend(office: Office, message_id: int, email: str, who: Person | None = None) -> None:
    with transaction():
        recipients.mend((who or office.cast.rita).actor, message_id, email=email, now=clock.now())


def last(template: str) -> Message:
    session.rollback()
    return session.scalars(select(Message).where(Message.template == template).order_by(Message.id.desc())).all()[0]


@pytest.fixture
def issued(office: Office) -> str:
    office.recharge("100.00")
    return office.issued("80.00")


def test_an_invoice_that_failed_goes_to_the_corrected_address_and_so_does_what_follows(
    office: Office, issued: str
) -> None:
    old = ended("issued", "failed")
    mend(office, old, f" {NEW} ")
    new = last("issued")
    assert (new.recipient, new.state, new.follows_id) == (NEW, "queued", old)
    assert new.attachment_sha256 == mails.one(old).attachment_sha256
    assert queries.by_number(issued).recipients == [NEW]
    told = queries.timeline(queries.by_number(issued).id)[-1]
    assert (told.kind, told.data, told.actor_label) == (
        "sent_again",
        {"email": NEW, "instead_of": EMAIL},
        office.cast.rita.actor.label,
    )
    assert [one.template for one in mails.problems()] == []
    acts = session.scalars(select(AuditEvent.action).where(AuditEvent.actor_id == office.cast.rita.id)).all()
    assert {"message.correct", "request.correct"} <= set(acts)


def test_a_notice_goes_to_the_corrected_address_alone(office: Office) -> None:
    office.recharge("100.00")
    number = office.apply("80.00")
    mend(office, ended("submitted", "failed"), NEW)
    assert (last("submitted").recipient, queries.by_number(number).recipients) == (NEW, [EMAIL])
    assert [event.kind for event in queries.timeline(queries.by_number(number).id)] == ["submitted"]


@pytest.mark.parametrize("state", ["failed", "accepted"])
def test_it_is_sent_again_to_the_same_address(office: Office, issued: str, state: str) -> None:
    mend(office, ended("issued", state), EMAIL.upper())
    assert last("issued").recipient == EMAIL
    assert queries.by_number(issued).recipients == [EMAIL]


def test_an_address_that_took_the_mail_is_not_exchanged(office: Office, issued: str) -> None:
    with pytest.raises(Invalid):
        mend(office, ended("issued", "accepted"), NEW)
    with pytest.raises(Conflict):
        mend(office, ended("submitted", "accepted"), NEW)
    session.rollback()
    assert queries.by_number(issued).recipients == [EMAIL]


def test_a_mail_is_mended_once_and_not_while_it_is_on_its_way(office: Office, issued: str) -> None:
    old = ended("issued", "failed")
    mend(office, old, NEW)
    for message_id, address in ((old, EMAIL), (last("issued").id, NEW), (last("issued").id, EMAIL)):
        with pytest.raises(Conflict):
            mend(office, message_id, address)
    assert len(mails.about(ABOUT, queries.by_number(issued).id, template="issued")) == 2


def test_a_copy_is_corrected_among_the_copies_and_not_to_one_that_gets_it_already(office: Office) -> None:
    office.recharge("100.00")
    number = office.apply("80.00", copies="cw@lumen.example")
    office.approve(number)
    assert office.issue(number)
    ended("issued", "accepted")
    copy = ended("issued", "failed")
    with pytest.raises(Invalid):
        mend(office, copy, EMAIL)
    mend(office, copy, NEW)
    assert queries.by_number(number).recipients == [EMAIL, NEW]


@pytest.mark.parametrize("typed", ["", "nobody", "a@b.example, c@d.example", "a@b.example\nBcc: x@y.example"])
def test_an_address_must_be_one(office: Office, issued: str, typed: str) -> None:
    with pytest.raises(Invalid):
        mend(office, ended("issued", "failed"), typed)


def test_there_is_an_end_to_sending_again(office: Office, issued: str) -> None:
    for _ in range(SEND_AGAIN_LIMIT):
        mend(office, ended("issued", "failed"), EMAIL)
    with pytest.raises(Conflict):
        mend(office, ended("issued", "failed"), EMAIL)


def test_only_who_decides_mends_and_only_mails_to_customers(office: Office, issued: str) -> None:
    message_id = ended("issued", "failed")
    for person in (office.cast.ada, office.cast.max, office.cast.otto, office.cast.ana):
        with pytest.raises(Forbidden):
            mend(office, message_id, NEW, person)
    session.rollback()
    for change in ({"template": "flagged"}, {"about_type": "user"}):
        with transaction():
            session.execute(update(Message).where(Message.id == message_id).values(**change))
        with pytest.raises(NotFound):
            mend(office, message_id, NEW)
    with pytest.raises(NotFound):
        mend(office, 999_999, NEW)


@pytest.fixture
def failed(app: Flask, cast: Cast) -> tuple[str, int]:
    """An issued request whose mail failed, and that mail."""
    with app.app_context():
        office = Office(cast)
        office.recharge("100.00")
        return office.issued("80.00"), ended("issued", "failed")


def test_open_work_leads_to_the_mail_which_is_mended_there(
    cast: Cast, visit: Callable[..., Visitor], failed: tuple[str, int]
) -> None:
    number, message_id = failed
    rita = visit(cast.rita)
    assert f'href="/review/mails/{message_id}"' in rita.get("/review/work").text
    assert f"/review/mails/{message_id}" not in visit(cast.ana).get("/review/work").text
    page = rita.get(f"/review/mails/{message_id}")
    for told in ("Delivery failed", "550 5.1.1 no such user", EMAIL, number, "Correct the address and send again"):
        assert told in words(page.text), told
    assert rita.submit({"email": "nobody"}).status_code == 422
    assert 'value="nobody"' in rita.page.text
    assert rita.submit({"email": NEW}).headers["Location"] == f"/review/{number}"
    assert f"The mail is on its way to {NEW}." in words(rita.follow().text)
    assert "/review/mails/" not in rita.get("/review/work").text
    assert "sent again already" in words(rita.get(f"/review/mails/{message_id}").text)
    assert f"to {NEW} instead of {EMAIL}" in words(visit(cast.ada).get(f"/invoices/{number}").text)


@pytest.mark.one_database
def test_a_corrected_address_waits_for_whoever_signs_in_again(
    cast: Cast, visit: Callable[..., Visitor], failed: tuple[str, int], freeze: Callable[[datetime], None]
) -> None:
    number, message_id = failed
    rita = visit(cast.rita)
    assert f'href="/review/{number}/document" data-key="o"' in rita.get(f"/review/{number}").text
    rita.get(f"/review/mails/{message_id}")
    freeze(clock.now() + timedelta(hours=3))
    assert rita.submit({"email": NEW}).location.startswith("/login")
    rita.follow()
    rita.submit({"email": cast.rita.email, "password": "invoice-demo-2026"})
    rita.follow()
    assert (rita.path, f'value="{NEW}"' in rita.page.text) == (f"/review/mails/{message_id}", True)
    assert rita.submit({"email": NEW}).location == f"/review/{number}"
    assert "is still here" not in rita.get(f"/review/mails/{message_id}").text


def test_who_was_slower_is_told(cast: Cast, visit: Callable[..., Visitor], failed: tuple[str, int]) -> None:
    _, message_id = failed
    rita, rui = visit(cast.rita), visit(cast.rui)
    rui.get(f"/review/mails/{message_id}")
    rita.get(f"/review/mails/{message_id}")
    rita.submit({"email": NEW})
    assert rui.submit({"email": "other@lumen.example"}).status_code == 303
    assert "This message was sent again already." in words(rui.follow().text)


def test_the_timeline_leads_to_each_mail_for_who_may_mend_it(
    cast: Cast, visit: Callable[..., Visitor], failed: tuple[str, int]
) -> None:
    number, message_id = failed
    assert f'href="/review/mails/{message_id}"' in visit(cast.rita).get(f"/review/{number}").text
    assert "/review/mails/" not in visit(cast.otto).get(f"/review/{number}").text


def test_the_link_in_a_mail_is_ended_by_hand(
    app: Flask, cast: Cast, visit: Callable[..., Visitor], failed: tuple[str, int]
) -> None:
    _, message_id = failed
    rita = visit(cast.rita)
    assert "End the link" not in rita.get(f"/review/mails/{message_id}").text
    with app.app_context(), transaction():
        found = mails.one(message_id)
        found.state, found.accepted_at = "accepted", clock.now()
        found.link_until = clock.now().replace(year=2100)
    rita.get(f"/review/mails/{message_id}")
    assert rita.submit({}, button="End the link").status_code == 303
    page = rita.follow()
    assert "The link in this mail has ended." in words(page.text)
    assert 'name="email" value="' in page.text
    assert "danger" not in page.text.partition("<main")[2]


def test_a_mail_that_came_back_though_nobody_had_taken_it_says_when(
    app: Flask, cast: Cast, visit: Callable[..., Visitor], failed: tuple[str, int]
) -> None:
    _, message_id = failed
    with app.app_context(), transaction():
        at = datetime(2026, 3, 2, 4, tzinfo=UTC)
        session.execute(update(Message).where(Message.id == message_id).values(reported_at=at))
    page = words(visit(cast.rita).get(f"/review/mails/{message_id}").text)
    assert "Came back" in page
    assert "Reported at 2 Mar 2026, 12:00" in page
    assert "Accepted at" not in page


def test_what_a_question_asked_is_not_sent_again_once_it_is_closed(
    app: Flask, cast: Cast, visit: Callable[..., Visitor]
) -> None:
    with app.app_context():
        office = Office(cast)
        office.recharge("100.00")
        number = office.apply("80.00")
        with transaction():
            holds.hold(cast.rita.actor, number, question="Which contract?", now=clock.now())
        message_id = ended("information_wanted", "failed")
    rita = visit(cast.rita)
    assert "Correct the address and send again" in rita.get(f"/review/mails/{message_id}").text
    with app.app_context():
        office.reject(number)
    refused = rita.submit({"email": NEW}, button="Send again")
    assert refused.status_code == 303
    assert "What this message says is not so any more." in words(rita.get(f"/review/{number}").text)
    page = words(rita.get(f"/review/mails/{message_id}").text)
    assert "What this message says is not so any more." in page
    assert "Send again" not in page
