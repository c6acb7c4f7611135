"""VAT special is only for money that is taxed at a rate, by the day of each recharge."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from backoffice import clock
from backoffice.database import session, transaction
from backoffice.errors import Invalid
from backoffice.headers import services as headers
from backoffice.permissions import SYSTEM
from backoffice.policies.rules import PolicyKey
from backoffice.policies.services import set_policy
from backoffice.requests.services import applying
from tests.support.office import LUMEN, Office

DETAILS = {"address": "上海市博云路 2 号", "phone": "021 5080 1234", "bank": "招商银行", "bank_account": "6225 0000"}


@pytest.fixture
def special(office: Office) -> int:
    """Money of before and since a change to exempt, and a header for VAT special."""
    office.recharge("60.00", occurred_at=datetime(2026, 3, 1, tzinfo=UTC))
    office.recharge("60.00", occurred_at=datetime(2026, 3, 20, tzinfo=UTC))
    with transaction():
        exempt = {"kind": "exempt", "rate": "0"}
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
