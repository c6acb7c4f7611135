"""An invoice is taken back and issued anew in one step: the same money, another header, nobody in between."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from backoffice import clock
from backoffice.database import session, transaction
from backoffice.errors import Conflict
from backoffice.headers import services as headers
from backoffice.issuing import jobs
from backoffice.issuing.queries import credits as queries
from backoffice.requests.models import RequestEvent
from backoffice.review.services import credits
from tests.support.office import Office, contradictions

OTHER = {"kind": "enterprise", "name": "流明机器人（苏州）有限公司", "tax_id": "91110000MA00000152"}


def other_header(office: Office) -> int:
    with transaction():
        return headers.create(office.cast.ada.actor, OTHER, now=clock.now()).id


def test_the_money_moves_straight_into_the_new_request(office: Office) -> None:
    first = office.recharge("60.00")
    office.recharge("40.00")
    number = office.issued("100.00")
    office.credit(number, {first: "10.00"})
    office.refund(first, "25.00")  # 10 of it were free; 15 are debt
    third = office.recharge("20.00")
    short = office.apply("5.00")
    office.refund(third, "20.00")
    proposal = office.reissue(number, other_header(office))
    with clock.shifted(timedelta(days=1)):
        office.confirm(proposal)
    made = queries.followed_by(office.request(number).id) or ""
    new = office.request(made)
    assert (new.state, str(new.amount), new.header["name"]) == ("pending", "75.00", OTHER["name"])
    assert office.parts(made) == [(first, "35.00"), ("R-2", "40.00")]
    assert (office.short(short), office.short(made)) == ("5.00", "0.00"), "the freed money goes nowhere else"
    assert new.due_on > office.request(number).due_on
    assert jobs.issue_due() == 2
    assert queries.follows(new.id) == number
    events = session.scalars(select(RequestEvent).where(RequestEvent.kind.in_(("credited", "submitted"))))
    links = [(event.data.get("reissue_of"), event.data.get("reissued_as")) for event in events]
    assert {(number, None), (None, made)} <= set(links)
    assert contradictions() == []
    office.approve(made)
    assert office.issue(made)
    assert office.request(made).invoice_number == "INV-" + f"{clock.today():%Y}" + "-000002"
    assert contradictions() == []


def test_what_cannot_be_issued_anew_is_refused_and_nothing_moves(office: Office) -> None:
    recharge = office.recharge("60.00")
    number = office.issued("60.00")
    foreign = office.headers[office.cast.yunqi]
    with pytest.raises(Conflict, match="not available any more"):
        office.reissue(number, foreign)
    header = other_header(office)
    proposal = office.reissue(number, header)
    with transaction():
        headers.archive(office.cast.ada.actor, header, now=clock.now())
    with pytest.raises(Conflict, match="not available any more"):
        office.confirm(proposal)
    assert queries.proposal(proposal).is_open
    with transaction():
        credits.withdraw(office.cast.rita.actor, proposal, now=clock.now())
    office.refund(recharge, "60.00")
    with pytest.raises(Conflict, match="could be invoiced again"):
        office.reissue(number, office.headers[office.cast.lumen])
    assert office.counters() == ("0.00", "0.00", "60.00")
    assert contradictions() == []
