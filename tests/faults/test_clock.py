"""The year turns while invoices and credit notes are numbered, and the clock goes back: no gap and no disorder."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from backoffice import clock
from backoffice.database import session, transaction
from backoffice.errors import Conflict
from backoffice.issuing import services
from backoffice.issuing.models import CreditNote, Invoice, InvoiceSeries
from backoffice.issuing.queries import credits as queries
from tests.support.office import Office, contradictions

pytestmark = pytest.mark.fault

MIDNIGHT = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)  # in Shanghai
SECOND = timedelta(seconds=1)


def test_the_year_turns_and_the_clock_goes_back_over_it(office: Office) -> None:
    with clock.moved_to(MIDNIGHT - SECOND):
        office.recharge("100.00")
        old, between, new = (office.issued("10.00") for _ in range(3))
        proposals = [office.propose(number, {"R-1": "4.00"}) for number in (old, between, new)]
        waiting = office.apply("10.00")
        office.approve(waiting)
        assert office.confirm(proposals[0]) == "CN-2026-000001"
    with clock.moved_to(MIDNIGHT):
        assert office.confirm(proposals[1]) == "CN-2027-000001"
        office.issued("10.00")
    # A second ago is last year: neither series goes back into it.
    with clock.moved_to(MIDNIGHT - SECOND):
        assert not office.issue(waiting)
        with pytest.raises(Conflict, match="The clock went back"):
            office.confirm(proposals[2])
    assert "The clock went back" in (office.request(waiting).issue_error or "")
    assert queries.proposal(proposals[2]).is_open
    assert contradictions() == []
    waiting_id = office.request(waiting).id
    with clock.moved_to(MIDNIGHT + SECOND):
        with transaction():
            assert services.retry(waiting_id)
        assert office.issue(waiting)
        assert office.confirm(proposals[2]) == "CN-2027-000002"
    assert office.request(waiting).invoice_number == "INV-2027-000002"
    taken = {
        kind: [f"{period}-{sequence}" for period, sequence in session.execute(select(kind.period, kind.sequence))]
        for kind in (Invoice, CreditNote)
    }
    assert sorted(taken[Invoice]) == ["2026-1", "2026-2", "2026-3", "2027-1", "2027-2"]
    assert sorted(taken[CreditNote]) == ["2026-1", "2027-1", "2027-2"]
    last = session.execute(select(InvoiceSeries.series, InvoiceSeries.period, InvoiceSeries.last_number)).all()
    assert sorted(map(tuple, last)) == [
        ("CN", "2026", 1), ("CN", "2027", 2), ("INV", "2026", 3), ("INV", "2027", 2),
    ]  # fmt: skip
    assert contradictions() == []
