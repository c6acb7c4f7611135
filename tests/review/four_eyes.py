"""Two people approve: what the tests of first and second approvals share."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from backoffice.database import session
from backoffice.ledger.rules import Line
from backoffice.ledger.services import entries
from backoffice.permissions import SYSTEM
from backoffice.policies import services as policies
from backoffice.policies.rules import PolicyKey
from backoffice.requests.models import Decision, InvoiceRequest
from backoffice.review.services import decisions
from tests.review.desk import NOW, Desk

UNDO = 7
LATER = NOW + timedelta(minutes=1)


def threshold(desk: Desk, value: str | None) -> None:
    """From which amount on two have to approve."""
    desk.run(
        policies.set_policy, SYSTEM, PolicyKey.FOUR_EYES_THRESHOLD, value, starts_on=NOW.date(), reason="x", now=NOW
    )


def approve(desk: Desk, who: str, number: str, at: Any = LATER) -> str:
    """Let somebody of the cast approve; the state of the request then."""
    desk.run(decisions.approve, getattr(desk.cast, who).actor, number, now=at, undo_seconds=UNDO)
    return desk.state(number)


def verdicts(desk: Desk, number: str) -> list[tuple[str, bool]]:
    """Each decision on a request and whether it is in force."""
    with desk.app.app_context():
        found = session.scalars(
            select(Decision).join(InvoiceRequest).where(InvoiceRequest.number == number).order_by(Decision.id)
        )
        return [(each.verdict, each.revoked_at is None) for each in found]


def wants_second(desk: Desk, number: str) -> bool:
    """Whether the request is marked as waiting for its second approval."""
    with desk.app.app_context():
        found = session.scalars(select(InvoiceRequest).where(InvoiceRequest.number == number)).one()
        return found.second_wanted_at is not None


def lose_recharge(desk: Desk) -> None:
    """A refund takes most of the recharge that Lumen's requests are paid from first."""
    line = Line(
        number=1, kind="refund", external_id="back", account="lumen", status="completed", amount=Decimal("4500.00"),
        occurred_at=NOW, refund_of="lumen-1",
    )  # fmt: skip
    desk.run(entries.book, [line], source="platform", now=LATER)


def made_void(desk: Desk) -> str:
    """A request that Rita approved first, before other recharges came to pay for it."""
    number = desk.apply(amount="1000.00")
    approve(desk, "rita", number)
    lose_recharge(desk)
    return number
