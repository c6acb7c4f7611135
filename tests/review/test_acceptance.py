"""A tax ID whose check digit does not fit is approved by whoever says why it is right."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from backoffice.audit.models import AuditEvent
from backoffice.database import session
from backoffice.errors import Invalid
from backoffice.permissions import SYSTEM
from backoffice.policies import services as policies
from backoffice.policies.rules import PolicyKey
from backoffice.requests.models import Decision, InvoiceRequest
from backoffice.review.services import decisions, notes
from tests.review.desk import NOW, Desk
from tests.support.people import Person
from tests.support.visitor import Visitor

WHY = "Compared with the business licence."


def doubtful(desk: Desk) -> str:
    """A request whose tax ID is right but for its check digit."""
    return desk.spoil_tax_id(desk.apply())


def approve(desk: Desk, number: str, reason: str = "", *, who: Person | None = None, remarks: str = "") -> None:
    actor = (who or desk.cast.rita).actor
    desk.run(decisions.approve, actor, number, remarks=remarks, tax_id_reason=reason, now=NOW)


def issue(desk: Desk, number: str) -> None:
    """Let it be issued, as far as the desk sees it."""
    issued = {"state": "issued", "invoice_number": "INV-2026-000001", "closed_at": NOW, "issued_at": NOW}
    desk.run(lambda: session.execute(update(InvoiceRequest).where(InvoiceRequest.number == number).values(issued)))


def test_without_a_reason_it_is_refused_at_its_field(desk: Desk) -> None:
    number = doubtful(desk)
    with pytest.raises(Invalid) as refused:
        approve(desk, number)
    assert "why it is right" in str(refused.value.fields["tax_id_reason"][0])
    approve(desk, number, WHY)
    assert desk.count(Decision, Decision.tax_id_reason == WHY, Decision.remarks == "") == 1
    assert WHY in str(desk.run(lambda: session.scalars(select(AuditEvent.after)).all()))


def test_remarks_and_notes_say_something_else(desk: Desk) -> None:
    number = doubtful(desk)
    desk.run(notes.add, desk.cast.rui.actor, number, "Called the customer.", now=NOW)
    with pytest.raises(Invalid):
        approve(desk, number, remarks="Thank you.")


def test_what_was_accepted_and_issued_before_needs_no_reason_again(desk: Desk) -> None:
    first, second, third = doubtful(desk), doubtful(desk), doubtful(desk)
    approve(desk, first, WHY)
    with pytest.raises(Invalid):
        approve(desk, second)
    issue(desk, first)
    approve(desk, second)
    approve(desk, third)


def test_an_invoice_that_nobody_gave_a_reason_for_is_no_precedent(desk: Desk) -> None:
    first, second = doubtful(desk), doubtful(desk)
    approve(desk, first, WHY)
    issue(desk, first)
    desk.run(lambda: session.execute(update(Decision).values(tax_id_reason="")))
    with pytest.raises(Invalid):
        approve(desk, second)


def test_of_two_approvals_the_first_says_it(desk: Desk) -> None:
    number = doubtful(desk)
    threshold = {"starts_on": NOW.date(), "reason": "x", "now": NOW}
    desk.run(policies.set_policy, SYSTEM, PolicyKey.FOUR_EYES_THRESHOLD, "1.00", **threshold)
    with pytest.raises(Invalid):
        approve(desk, number)
    approve(desk, number, WHY)
    approve(desk, number, who=desk.cast.rui)
    assert desk.state(number) == "approved"


def test_a_tax_id_that_fits_is_approved_with_one_stroke(desk: Desk) -> None:
    approve(desk, desk.apply())


def test_the_page_asks_only_where_it_is_wanted_and_shows_the_answer(desk: Desk, visit: Callable[..., Visitor]) -> None:
    fine, number = desk.apply(), doubtful(desk)
    rita = visit(desk.cast.rita)
    assert "Why the tax ID is right" not in rita.get(f"/review/{fine}").text
    assert "Why the tax ID is right" in rita.get(f"/review/{number}").text
    refused = rita.submit({"remarks": "Thank you."}, button="Approve")
    assert refused.status_code == 422
    assert "say why it is right" in refused.text
    assert "Thank you." in refused.text
    assert rita.submit({"tax_id_reason": WHY}, button="Approve").status_code == 303
    assert WHY in rita.get(f"/review/{number}").text
    assert WHY not in visit(desk.cast.ada).get(f"/invoices/{number}").text
