"""VAT special is only for money that is taxed at a rate, by the day of each recharge."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from backoffice import clock
from backoffice.database import session, transaction
from backoffice.errors import Conflict, Invalid, Message
from backoffice.headers import services as headers
from backoffice.permissions import SYSTEM
from backoffice.policies.rules import PolicyKey
from backoffice.policies.services import set_policy
from backoffice.requests.services import applying
from backoffice.review.checks.money import recharges as recharges_check
from backoffice.review.queries import evidence
from backoffice.review.queries.dossier import dossier
from backoffice.review.services import decisions
from tests.support.office import LUMEN, Office

DETAILS = {"address": "上海市博云路 2 号", "phone": "021 5080 1234", "bank": "招商银行", "bank_account": "6225 0000"}


@pytest.fixture
def special(office: Office) -> int:
    """Money of before and since a change to exempt, and a header for VAT special."""
    office.recharge("60.00", occurred_at=datetime(2026, 3, 1, tzinfo=UTC))
    office.recharge("60.00", occurred_at=datetime(2026, 3, 20, tzinfo=UTC))
    with transaction():
        exempt = {"kind": "exempt", "rate": "0", "reason": "财税〔2016〕36号"}
        set_policy(SYSTEM, PolicyKey.TAX, exempt, starts_on=date(2026, 3, 10), reason="law", now=clock.now())
        made = headers.create(
            office.cast.ada.actor,
            {**LUMEN, **DETAILS, "vat_kind": "special", "name": "甲"},
            now=clock.now(),
            known_look_alikes=[office.headers[office.cast.lumen]],
        )
        return made.id


def test_money_taxed_at_a_rate_may_be_special(office: Office, special: int) -> None:
    assert office.request(office.apply("60.00", header_id=special)).header["vat_kind"] == "special"


def test_an_amount_that_reaches_into_other_money_is_refused_at_the_header(office: Office, special: int) -> None:
    with pytest.raises(Invalid) as refused:
        office.apply("60.01", header_id=special)
    assert set(refused.value.fields) == {"header_id"}
    (message,) = refused.value.fields["header_id"]
    assert message.params["day"] == date(2026, 3, 20)
    assert "VAT special is not possible" in message.msgid
    session.rollback()
    # The plan behind the review step refuses it alike, and VAT ordinary is always possible.
    with pytest.raises(Invalid):
        applying.plan(office.cast.ada.actor, office.application("120.00", header_id=special), now=clock.now())
    session.rollback()
    office.apply("120.00")


REFUSED = "VAT special is not possible for this request any more"


def moved_to_exempt_money(office: Office, number: str) -> None:
    """The recharge behind a request is refunded; its money comes from the one of the exempt days then."""
    (taxed,) = [recharge for recharge, _ in office.parts(number)]
    office.refund(taxed, "60.00")
    assert [recharge for recharge, _ in office.parts(number)] != [taxed]
    assert office.short(number) == "0.00"


def evidence_of(number: str) -> tuple[str, str]:
    """The outcome of the check of the recharges, and the day it names."""
    session.rollback()
    found = recharges_check(evidence.facts(dossier(number), now=clock.now()))
    return found.outcome, str(found.message.params.get("day", ""))


def test_a_refund_that_moves_it_to_other_money_stops_the_approval_with_the_reason(office: Office, special: int) -> None:
    number = office.apply("60.00", header_id=special)
    assert evidence_of(number)[0] != "fail"
    moved_to_exempt_money(office, number)
    assert evidence_of(number) == ("fail", "2026-03-20")
    with pytest.raises(Conflict, match=REFUSED) as refused:
        office.approve(number)
    assert refused.value.code == "not-taxed-at-a-rate"
    session.rollback()
    assert office.request(number).state == "pending"
    session.rollback()
    # The way out: rejected, and applied for as VAT ordinary.
    office.reject(number)
    again = office.apply("60.00", resubmission_of=number)
    office.approve(again)
    assert office.issue(again)


def test_a_first_approval_is_refused_alike(office: Office, special: int) -> None:
    number = office.apply("60.00", header_id=special)
    moved_to_exempt_money(office, number)
    with transaction():
        set_policy(
            SYSTEM, PolicyKey.FOUR_EYES_THRESHOLD, "1.00", starts_on=clock.today(), reason="test", now=clock.now()
        )
    with pytest.raises(Conflict, match=REFUSED):
        office.approve(number)
    session.rollback()
    assert office.request(number).second_wanted_at is None


def test_approved_before_the_refund_it_gets_no_number_and_says_why_once(office: Office, special: int) -> None:
    number = office.apply("60.00", header_id=special)
    office.approve(number)
    moved_to_exempt_money(office, number)
    assert not office.issue(number)
    session.rollback()
    found = office.request(number)
    assert (found.state, found.invoice_id) == ("approved", None)
    assert REFUSED in (found.issue_error or "")
    assert Message.unpacked(found.issue_fault or "").params["day"] == date(2026, 3, 20)
    assert office.counters()[1:] == ("60.00", "0.00")
    # A reviewer takes it back, and cannot approve it anew.
    with transaction():
        decisions.return_to_queue(office.cast.rui.actor, number, why="VAT", now=clock.now())
    with pytest.raises(Conflict, match=REFUSED):
        office.approve(number)


def test_a_request_that_stays_on_taxed_money_is_issued(office: Office, special: int) -> None:
    office.recharge("60.00", occurred_at=datetime(2026, 3, 2, tzinfo=UTC))
    number = office.apply("60.00", header_id=special)
    moved_to_exempt_money(office, number)  # to money that is taxed, this time
    office.approve(number)
    assert office.issue(number)
    assert Decimal(office.counters()[2]) == 60
