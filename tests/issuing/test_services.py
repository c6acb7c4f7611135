"""Issuing: what an invoice takes from its request, what forbids it, and that nothing is lost or done twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import cast

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from backoffice import clock, glyphs, storage
from backoffice.database import session, transaction
from backoffice.delivery.models import Message
from backoffice.errors import Invalid
from backoffice.issuing import einvoice, jobs, queries, services
from backoffice.issuing.models import CreditNote, Invoice, InvoiceLine, InvoiceSeries
from backoffice.issuing.rules import Snapshot
from backoffice.ledger import queries as ledger
from backoffice.permissions import SYSTEM
from backoffice.policies import services as policies
from backoffice.policies.models import Policy
from backoffice.policies.rules import DEFAULTS, PolicyKey
from backoffice.review.services import decisions
from tests.support import en16931, pdfs
from tests.support.office import ISSUER, Office, contradictions

NOON = datetime(2026, 6, 30, 4, 0, tzinfo=UTC)


def invoice_of(office: Office, number: str) -> Invoice:
    request_id = office.request(number).id
    return session.scalars(select(Invoice).where(Invoice.request_id == request_id)).one()


def last_number() -> int:
    session.rollback()
    return session.scalar(select(func.sum(InvoiceSeries.last_number))) or 0


def test_an_invoice_has_a_line_per_recharge_that_add_up(office: Office) -> None:
    for amount in ("10.00", "10.00", "10.00"):
        office.recharge(amount)
    invoice = invoice_of(office, office.issued("30.00"))
    lines = session.scalars(select(InvoiceLine).order_by(InvoiceLine.position)).all()
    # 30 / 1.06 = 28.30: rounded once for the group, the cent goes to the first line.
    assert [(str(line.net), str(line.tax), str(line.gross)) for line in lines] == [
        ("9.44", "0.56", "10.00"),
        ("9.43", "0.57", "10.00"),
        ("9.43", "0.57", "10.00"),
    ]
    assert (invoice.net, invoice.tax, invoice.gross) == (Decimal("28.30"), Decimal("1.70"), Decimal("30.00"))


def test_what_no_page_can_show_takes_no_number_and_goes_back_to_the_queue(office: Office) -> None:
    """Thirteen tax rates are one more than the face has room for; behind a number nobody could mend that any more."""
    for month in range(1, 14):
        day = date(2025 + month // 13, month % 12 or 12, 1)
        rate = {"kind": "rate", "rate": f"0.{month:02}"}
        with transaction():
            policies.set_policy(SYSTEM, PolicyKey.TAX, rate, starts_on=day, reason="law", now=clock.now())
        office.recharge("10.00", occurred_at=datetime(day.year, day.month, 2, tzinfo=UTC))
    number = office.apply("130.00")
    office.approve(number)
    assert not office.issue(number)
    request = office.request(number)
    assert (request.invoice_id, last_number()) == (None, 0)
    assert "at most 12 tax rates" in (request.issue_error or "")
    with transaction():
        decisions.return_to_queue(office.cast.rita.actor, number, why="Split it, please.", now=clock.now())
    assert office.request(number).state == "pending"
    assert contradictions() == []


def test_what_would_be_no_valid_electronic_invoice_takes_no_number(office: Office) -> None:
    """Behind a number it could never become one: neither the seller's identity nor the tax can change there."""
    nameless = {**DEFAULTS[PolicyKey.SELLER], "tax_id": ""}
    with pytest.raises(Invalid) as refused, transaction():
        policies.set_policy(
            SYSTEM, PolicyKey.SELLER, nameless, starts_on=date(2026, 1, 1), reason="a slip", now=clock.now()
        )
    assert list(refused.value.fields) == ["tax_id"]
    with transaction():  # as it was written before that was refused
        row = {"key": PolicyKey.SELLER, "value": nameless, "starts_on": date(2026, 1, 1)}
        session.add(Policy(**row, reason="a slip", set_by="system", created_at=clock.now()))
    office.recharge("10.00")
    number = office.apply("10.00")
    found = office.request(number)
    draft = services.draft_of(found, ledger.parts_of(found.id), issuer=ISSUER, now=clock.now())
    assert "needs the seller's tax ID" in str(services.foreseen(draft)), "the reviewer reads it before approving"
    session.rollback()
    office.approve(number)
    assert not office.issue(number)
    request = office.request(number)
    assert (request.invoice_id, last_number()) == (None, 0)
    assert "needs the seller's tax ID" in (request.issue_error or "")


def test_what_exempts_is_said_by_policy_and_told_everywhere(office: Office) -> None:
    """A rate has no reason (BR-S-10), exempt needs one (BR-E-10): frozen with the line, on the face, in BT-120."""
    law = "财税〔2016〕36号附件3 Annex 3"
    faulty: tuple[dict[str, str], ...] = (
        {"kind": "exempt", "rate": "0"}, {"kind": "exempt", "rate": "0", "reason": " "},
        {"kind": "rate", "rate": "0.06", "reason": law}, {"kind": "exempt", "rate": "0", "reason": "x" * 121},
        {"kind": "exempt", "rate": "0", "reason": "😀"},
        {"kind": "exempt", "rate": "0", "reason": law, "code": "VATEX-CN-36"},
        {"kind": "not_taxable", "rate": "0", "code": "VATEX-EU-132"},
    )  # fmt: skip
    for tax in faulty:
        with pytest.raises(Invalid), transaction():
            policies.set_policy(SYSTEM, PolicyKey.TAX, tax, starts_on=date(2026, 1, 1), reason="x", now=clock.now())
    exempt = {"kind": "exempt", "rate": "0", "reason": law, "code": "VATEX-EU-132-1P"}
    with transaction():
        policies.set_policy(SYSTEM, PolicyKey.TAX, exempt, starts_on=date(2025, 1, 1), reason="law", now=clock.now())
    office.recharge("10.00", occurred_at=datetime(2024, 5, 1, tzinfo=UTC))
    exempted = office.recharge("10.00", occurred_at=datetime(2025, 5, 1, tzinfo=UTC))
    number = office.issued("20.00")
    snapshot = cast(Snapshot, invoice_of(office, number).snapshot)
    assert [line.get("tax_reason") for line in snapshot["lines"]] == [None, law]
    told = pdfs.read(storage.get(queries.document_of(office.request(number).id).sha256))
    said = f"免税 Exempt: {law}"
    assert "".join(f"免征税款依据Why no tax is due{said}".split()) in told.text
    assert f"<ram:ExemptionReason>{said}</ram:ExemptionReason>".encode() in told.files[einvoice.FILE_NAME]
    xml = told.files[einvoice.FILE_NAME]
    assert b"<ram:ExemptionReasonCode>VATEX-EU-132-1P</ram:ExemptionReasonCode>" in xml
    assert (en16931.schema_errors(xml), en16931.judge(xml).failures) == ([], [])
    office.credit(number, {exempted: "4.00"})
    note = session.scalars(select(CreditNote.snapshot)).one()
    session.rollback()
    assert [(group["reason"], group["code"]) for group in note["tax_groups"]] == [(law, "VATEX-EU-132-1P")]


def test_the_document_brings_its_xml(office: Office) -> None:
    office.recharge("30.00")
    number = office.issued("30.00")
    document = pdfs.read(storage.get(queries.document_of(office.request(number).id).sha256))
    snapshot = cast("Snapshot", invoice_of(office, number).snapshot)
    assert document.files == {"factur-x.xml": einvoice.build(snapshot)}
    assert snapshot["template"] == invoice_of(office, number).template == "v4"


def test_each_line_has_the_tax_of_its_recharges_day(office: Office) -> None:
    with transaction():
        policies.set_policy(
            SYSTEM, PolicyKey.TAX, {"kind": "rate", "rate": "0.13"},
            starts_on=date(2026, 3, 1), reason="new law", now=clock.now(),
        )  # fmt: skip
    office.recharge("106.00", occurred_at=datetime(2026, 2, 28, 15, 59, tzinfo=UTC))
    office.recharge("113.00", occurred_at=datetime(2026, 2, 28, 16, 0, tzinfo=UTC))  # 1 March in Shanghai
    office.issued("219.00")
    lines = session.execute(select(InvoiceLine.rate, InvoiceLine.net).order_by(InvoiceLine.position)).all()
    assert [(Decimal(line.rate), str(line.net)) for line in lines] == [
        (Decimal("0.06"), "100.00"),
        (Decimal("0.13"), "100.00"),
    ]


def test_the_request_shows_number_and_date_and_the_mail_brings_the_document(office: Office) -> None:
    office.recharge("30.00")
    with clock.moved_to(NOON):
        number = office.issued("30.00")
    request = office.request(number)
    assert (request.invoice_number, request.issued_on, request.issued_at) == (
        "INV-2026-000001",
        date(2026, 6, 30),
        NOON,
    )
    document = queries.document_of(request.id)
    assert storage.get(document.sha256).startswith(b"%PDF-")
    mail = session.scalars(select(Message).where(Message.template == "issued")).one()
    assert (mail.attachment_sha256, mail.attachment_name) == (document.sha256, "INV-2026-000001.pdf")
    assert office.counters() == ("30.00", "0.00", "30.00")


def test_a_year_begins_with_number_one(office: Office) -> None:
    office.recharge("30.00")
    numbers = office.apply_often(3, "10.00")
    office.approve(*numbers, at=NOON)
    midnight = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)  # in Shanghai
    for number, moment in zip(numbers, (NOON, midnight - timedelta(seconds=1), midnight), strict=True):
        with clock.moved_to(moment):
            assert office.issue(number)
    assert [office.request(number).invoice_number for number in numbers] == [
        "INV-2026-000001",
        "INV-2026-000002",
        "INV-2027-000001",
    ]


@pytest.mark.parametrize("back", [timedelta(days=1), timedelta(days=200)], ids=["a day", "into the year before"])
def test_a_clock_gone_back_stops_issuing_and_takes_no_number(office: Office, back: timedelta) -> None:
    office.recharge("30.00")
    first, second = office.apply_often(2, "10.00")
    office.approve(first, second, at=NOON - timedelta(days=300))
    with clock.moved_to(NOON):
        assert office.issue(first)
    with clock.moved_to(NOON - back):
        assert not office.issue(second)
    request = office.request(second)
    assert "The clock went back: the last invoice is dated 2026-06-30" in (request.issue_error or "")
    assert (request.state, request.invoice_id, last_number()) == ("approved", None, 1)
    assert office.counters() == ("30.00", "10.00", "10.00")
    with clock.moved_to(NOON), transaction():
        assert services.retry(request.id)
    with clock.moved_to(NOON):
        assert office.issue(second)
    assert office.request(second).invoice_number == "INV-2026-000002"


def test_a_missing_glyph_is_found_before_a_number_is_kept(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.recharge("30.00")
    first, second = office.apply("10.00", remarks="请寄送纸质版"), office.apply("10.00")
    office.approve(first, second)
    with monkeypatch.context() as patched:
        # As after a change of fonts: what could be printed at apply cannot be printed now.
        patched.setattr(glyphs, "missing", lambda text: ["寄"] if "寄" in text else [])
        assert not office.issue(first)
        assert "No font can print these characters: 寄" in (office.request(first).issue_error or "")
        assert last_number() == 0
        assert office.issue(second)
    assert office.request(second).invoice_number.endswith("-000001")  # type: ignore[union-attr]
    assert office.counters() == ("30.00", "10.00", "10.00")
    assert contradictions() == []


def test_a_request_is_numbered_once_and_only_when_approved(office: Office) -> None:
    office.recharge("30.00")
    pending, approved = office.apply_often(2, "10.00")
    office.approve(approved)
    ids = [office.request(number).id for number in (pending, approved)]
    with transaction():
        assert services.number_invoice(ids[0], issuer=ISSUER) is None
        assert services.number_invoice(ids[1], issuer=ISSUER) is not None
    with transaction():
        assert services.number_invoice(ids[1], issuer=ISSUER) is None
    assert last_number() == 1
    assert contradictions() == []


def test_completing_twice_is_harmless(office: Office) -> None:
    office.recharge("30.00")
    number = office.issued("10.00")
    invoice = invoice_of(office, number)
    invoice_id, sha256, size = invoice.id, invoice.pdf_sha256 or "", invoice.pdf_size or 0
    with transaction():
        assert not services.complete(invoice_id, sha256, size, now=clock.now())
    assert not office.issue(number)
    assert session.scalar(select(func.count()).select_from(Message).where(Message.template == "issued")) == 1
    assert contradictions() == []


def test_the_same_snapshot_gives_the_same_bytes(office: Office) -> None:
    office.recharge("30.00")
    invoice = invoice_of(office, office.issued("10.00"))
    assert services.render_document(invoice.snapshot)[0] == invoice.pdf_sha256  # type: ignore[arg-type]


def test_the_undo_window_is_respected(office: Office) -> None:
    office.recharge("30.00")
    number = office.apply("10.00")
    office.approve(number, at=clock.now() + timedelta(seconds=30))
    assert jobs.issue_due() == 0
    with clock.shifted(timedelta(seconds=31)):
        assert jobs.issue_due() == 1


FORBIDDEN = [
    "UPDATE invoice SET gross = gross + 1, net = net + 1",
    "UPDATE invoice SET pdf_sha256 = 'another'",
    "UPDATE invoice SET issued_on = '2001-01-01'",
    "UPDATE invoice SET snapshot = '{}'",
    "DELETE FROM invoice",
    "UPDATE invoice_line SET description = 'other'",
    "DELETE FROM invoice_line",
]


def test_no_statement_changes_an_issued_invoice(office: Office, subtests: pytest.Subtests) -> None:
    office.recharge("30.00")
    office.issued("10.00")
    for statement in FORBIDDEN:
        with subtests.test(statement), pytest.raises(DBAPIError, match="never"), transaction():
            session.execute(text(statement))
    assert contradictions() == []


def test_a_numbered_invoice_takes_its_document_and_nothing_else(office: Office) -> None:
    office.recharge("30.00")
    number = office.apply("10.00")
    office.approve(number)
    request_id = office.request(number).id
    with transaction():
        services.number_invoice(request_id, issuer=ISSUER)
    with pytest.raises(DBAPIError, match="never"), transaction():
        session.execute(text("UPDATE invoice SET pdf_sha256 = 'x', number = 'INV-2026-999999'"))
    assert office.issue(number)
