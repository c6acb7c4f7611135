"""Credit notes through the services: two people, one number, the money back, and a document that arrives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import cast

import pytest
from sqlalchemy import exc, func, select, text
from sqlalchemy.exc import DBAPIError

from backoffice import clock, glyphs, storage
from backoffice.audit.models import AuditEvent
from backoffice.database import session, transaction
from backoffice.delivery import messages
from backoffice.delivery.models import Message
from backoffice.errors import BackofficeError, Conflict, Forbidden, Invalid, NotFound
from backoffice.issuing import einvoice, jobs, services
from backoffice.issuing.models import (
    CreditLeft,
    CreditNote,
    CreditNoteLine,
    CreditProposal,
    Invoice,
    InvoiceLine,
    InvoiceSeries,
)
from backoffice.issuing.queries import credits as queries
from backoffice.issuing.rules import Snapshot
from backoffice.ledger.models import LedgerEntry
from backoffice.requests.models import RequestEvent
from backoffice.review.services import credits
from tests.support import pdfs
from tests.support.office import ISSUER, Office, contradictions
from tests.support.people import Person

NOON = datetime(2026, 6, 30, 4, 0, tzinfo=UTC)


def notes() -> list[CreditNote]:
    session.rollback()
    session.expire_all()
    return list(session.scalars(select(CreditNote).order_by(CreditNote.id)))


def test_two_notes_and_the_invoice_is_gone_to_the_cent(office: Office) -> None:
    for amount in ("10.00", "10.00", "10.00"):
        office.recharge(amount)
    with clock.moved_to(NOON):
        number = office.issued("30.00")
        assert office.credit(number, {"R-2": "10.00", "R-3": "0.05"}) == "CN-2026-000001"
        assert office.counters() == ("30.00", "0.00", "19.95")
        assert office.credit(number, {"R-1": "10.00", "R-3": "9.95"}) == "CN-2026-000002"
    assert (office.counters(), office.invoiceable()) == (("30.00", "0.00", "0.00"), "30.00")
    invoice = session.scalars(select(Invoice)).one()
    found = notes()
    assert [sum(getattr(note, name) for note in found) for name in ("net", "tax", "gross")] == [
        invoice.net, invoice.tax, invoice.gross,
    ]  # fmt: skip
    lines = session.execute(
        select(InvoiceLine.net, func.sum(CreditNoteLine.net))
        .join(CreditNoteLine, CreditNoteLine.line_id == InvoiceLine.id)
        .group_by(InvoiceLine.id)
    ).all()
    assert [net for net, _ in lines] == [credited for _, credited in lines]
    assert contradictions() == []
    events = session.execute(select(AuditEvent.action, AuditEvent.before, AuditEvent.after).order_by(AuditEvent.id))
    confirmed = [(before, after) for action, before, after in events if action == "credit.confirm"]
    assert [(before["credited"], after["credited"]) for before, after in confirmed] == [
        ("0.00", "10.05"), ("10.05", "30.00"),
    ]  # fmt: skip


def test_the_worker_makes_the_document_and_mails_it_in_the_customers_words(office: Office) -> None:
    office.recharge("100.00")
    number = office.issued("100.00")
    made = office.credit(number, {"R-1": "30.00"})
    assert jobs.issue_due() == 1
    assert jobs.issue_due() == 0
    (note,) = notes()
    document = storage.get(queries.document_of(office.request(number).id, made).sha256)
    assert pdfs.read(document).files == {"factur-x.xml": einvoice.build(cast("Snapshot", note.snapshot))}
    mail = session.scalars(select(Message).where(Message.template == "credited")).one()
    assert (mail.attachment_sha256, mail.attachment_name) == (note.pdf_sha256, f"{made}.pdf")
    assert (mail.context["amount"], mail.context["left"], mail.context["remarks"]) == ("30.00", "70.00", "退款 Refund")
    assert {made, "¥30.00", "¥70.00", "款项已退"} <= set(messages.render("credited", "zh", mail.context).text.split())
    (event,) = session.scalars(select(RequestEvent).where(RequestEvent.kind == "credited"))
    assert event.data == {"credit_note": made, "amount": "30.00", "why": "refund"}
    with pytest.raises(NotFound):
        queries.document_of(office.request(number).id + 1, made)
    assert contradictions() == []


def test_one_proposes_and_another_confirms(office: Office) -> None:
    cast = office.cast
    office.recharge("100.00")
    number = office.issued("100.00")
    proposal = office.propose(number, {"R-1": "30.00"})
    with pytest.raises(Conflict, match="has proposed a credit note"):
        office.propose(number, {"R-1": "1.00"}, cast.rui)
    for person in (cast.rita, cast.ada, cast.otto, cast.max, cast.ana):
        with pytest.raises(Forbidden):
            office.confirm(proposal, person)
    with pytest.raises(Forbidden), transaction():
        credits.withdraw(cast.rui.actor, proposal, now=clock.now())
    with pytest.raises(Invalid) as refused, transaction():
        credits.decline(cast.rui.actor, proposal, remarks=" ", now=clock.now())
    assert list(refused.value.fields) == ["remarks"]
    with transaction():
        credits.decline(cast.rui.actor, proposal, remarks="Of another invoice.", now=clock.now())
    with pytest.raises(Conflict, match=f"{cast.rui.name} turned this credit note down"):
        office.confirm(proposal)
    second = office.propose(number, {"R-1": "30.00"})
    with transaction():
        credits.withdraw(cast.rita.actor, second, now=clock.now())
    assert office.confirm(office.propose(number, {"R-1": "30.00"})).endswith("-000001")
    assert [one.state for one in session.scalars(select(CreditProposal).order_by(CreditProposal.id))] == [
        "declined", "withdrawn", "confirmed",
    ]  # fmt: skip
    assert contradictions() == []


@pytest.mark.parametrize(
    ("further", "field"),
    [({"reason": "whim"}, "reason"), ({"words": " "}, "words"), ({"words": "x" * 501}, "words")],
)
def test_what_is_missing_is_said_beside_its_field(office: Office, further: dict[str, str], field: str) -> None:
    office.recharge("100.00")
    number = office.issued("100.00")
    with pytest.raises(Invalid) as refused:
        office.propose(number, {"R-1": "30.00"}, **further)
    assert list(refused.value.fields) == [field]


def test_what_cannot_be_numbered_leaves_everything_as_it_was(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.recharge("100.00")
    with clock.moved_to(NOON):
        number = office.issued("100.00")
        proposal = office.propose(number, {"R-1": "30.00"})
        with monkeypatch.context() as patched:
            patched.setattr(glyphs, "missing", lambda text: ["退"] if "退" in text else [])
            with pytest.raises(BackofficeError, match="No font can print these characters: 退"):
                office.confirm(proposal)
    with clock.moved_to(NOON - timedelta(days=1)), pytest.raises(Conflict, match="The clock went back"):
        office.confirm(proposal)
    assert queries.proposal(proposal).is_open
    assert not notes()
    assert office.counters() == ("100.00", "0.00", "100.00")
    assert not session.scalar(select(InvoiceSeries.last_number).where(InvoiceSeries.series == "CN"))
    with clock.moved_to(NOON):
        office.confirm(proposal)
    assert contradictions() == []


def test_a_document_that_cannot_be_made_waits_for_a_retry(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.recharge("100.00")
    number = office.issued("100.00")
    office.credit(number, {"R-1": "30.00"})
    with monkeypatch.context() as patched:
        patched.setattr(services, "render_document", lambda snapshot: 1 / 0)
        assert jobs.issue_due() == 0
    assert jobs.issue_due() == 0
    (failed,) = session.scalars(queries.faulty())
    proposal = failed.id
    session.rollback()
    with transaction():
        assert credits.retry(office.cast.rui.actor, proposal)
    assert jobs.issue_due() == 1
    assert contradictions() == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE credit_note SET gross = gross + 1, net = net + 1",
        "UPDATE credit_note SET snapshot = '{}'",
        "DELETE FROM credit_note",
        "UPDATE credit_note_line SET gross = gross + 1, net = net + 1",
        "DELETE FROM credit_note_line",
    ],
)
def test_no_statement_changes_a_credit_note(office: Office, statement: str) -> None:
    office.recharge("100.00")
    office.credit(office.issued("100.00"), {"R-1": "30.00"})
    with pytest.raises(DBAPIError, match="never"), transaction():
        session.execute(text(statement))
    assert contradictions() == []


def test_the_database_itself_refuses_too_much_and_a_maker_who_checks(office: Office) -> None:
    for _ in range(3):
        office.recharge("10.00")
    number = office.issued("30.00")
    office.credit(number, {"R-1": "6.00", "R-2": "0.10"})

    def add(position: int, net: int, tax: int) -> None:
        values = {"position": position, "net": net, "tax": tax, "gross": net + tax}
        line = "(SELECT id FROM invoice_line WHERE position = :position)"
        one = f"INSERT INTO credit_note_line SELECT max(note_id), {line}, :net, :tax, :gross FROM credit_note_line"
        with transaction():
            session.execute(text(one), values)

    # 25.47 less 5.75 of the net and 1.70 less 0.35 of the tax are left of the rate, and all of the third line.
    with pytest.raises(DBAPIError, match="no more can be credited than is left of a line"):
        add(3, 944, 57)
    for net, tax in ((864, 136), (0, 136)):
        with pytest.raises(exc.IntegrityError, match="never_too_much"):
            add(3, net, tax)
    assert contradictions() == []
    office.credit(number, {"R-1": "4.00", "R-2": "9.90"})
    with pytest.raises(exc.IntegrityError, match="never_too_much"):
        add(3, 944, 56)
    with pytest.raises(exc.IntegrityError), transaction():
        session.execute(text("UPDATE credit_proposal SET decided_by = proposed_by"))
    assert contradictions() == []
    office.credit(number, {"R-3": "10.00"})
    assert session.execute(select(CreditLeft.net, CreditLeft.tax)).all() == [(0, 0)]
    assert contradictions() == []


@pytest.mark.one_database
def test_hundreds_of_lines_that_were_all_rounded_up_are_one_note_and_then_issued_anew(office: Office) -> None:
    ids = [f"R-{each}" for each in range(500)]
    office.book(*(office.line("recharge", "10.00", each) for each in ids))
    number = office.issued("5000.00")
    lines = session.execute(
        select(LedgerEntry.external_id, InvoiceLine.net).join(InvoiceLine, InvoiceLine.recharge_id == LedgerEntry.id)
    )
    up = {each: "10.00" for each, net in lines if net == Decimal("9.44")}
    office.credit(number, up)
    office.confirm(office.reissue(number))
    assert [(str(note.net), str(note.tax), str(note.gross)) for note in notes()] == [
        ("1867.92", "112.08", "1980.00"), ("2849.06", "170.94", "3020.00"),
    ]  # fmt: skip
    assert contradictions() == []


def test_whoever_imported_the_money_is_no_second_pair_of_eyes(office: Office) -> None:
    office.recharge("100.00")
    number = office.issued("100.00")
    proposal = office.propose(number, {"R-1": "30.00"})
    rui: Person = office.cast.rui
    with transaction():
        session.add(
            AuditEvent(
                at=clock.now(), actor_id=rui.id, actor_label=rui.name, via="web", action="header.edit",
                object_type="invoice_header", object_id=str(office.headers[office.cast.lumen]),
            )
        )  # fmt: skip
    with pytest.raises(Forbidden, match="You have changed the header"):
        office.confirm(proposal)
    with pytest.raises(NotFound), transaction():
        credits.confirm(rui.actor, proposal + 1, issuer=ISSUER, now=clock.now())
    assert sum((Decimal(note.gross) for note in notes()), Decimal(0)) == 0
