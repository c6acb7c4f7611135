"""Money whose description no font prints is refused at apply, not after an approval that could never be issued."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from backoffice import clock
from backoffice.database import session, transaction
from backoffice.errors import Invalid, Message
from backoffice.headers.models import InvoiceHeader
from backoffice.ledger.models import LedgerEntry
from backoffice.requests.services import applying as services
from tests.support.office import Office


def test_unprintable_money_is_refused_at_apply(office: Office) -> None:
    office.recharge("100.00")
    number = office.apply("10.00")
    header_id = office.request(number).header_id
    session.rollback()
    with transaction():
        session.execute(update(LedgerEntry).values(description="smile 😀"))
    assert session.get(InvoiceHeader, header_id) is not None
    session.rollback()
    application = services.Application(header_id=header_id, amount="5.00", email="ap@lumen.example")
    with pytest.raises(Invalid, match="No font can print these characters: 😀") as refusal:
        services.plan(office.cast.ada.actor, application, now=clock.now())
    assert list(refusal.value.fields) == ["amount"]


def test_a_sentence_kept_for_later_can_still_be_translated() -> None:
    kept = Message("The clock went back: the last invoice is dated %(last)s.", last="2026-11-23")
    assert Message.unpacked(kept.packed()) == kept
