"""What an account's invoices tell about a request: the last one with its header, who paid for such, who gets them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Text, cast, literal_column, or_, select, type_coerce, union

from backoffice import clock
from backoffice.accounts.models import User
from backoffice.ledger.models import Allocation, LedgerEntry, ReservationState
from backoffice.policies import queries as policies
from backoffice.policies.rules import PolicyKey
from backoffice.requests.models import InvoiceRequest, in_state
from backoffice.requests.rules import State
from backoffice.review.checks.facts import WINDOW

PAYER, ADDRESS, GAVE_BACK, HIGH = "payer", "address", "gave back", "high"
# What a `Former` says of a request, behind what it is sorted by and where else its invoice goes.
FORMER = (
    InvoiceRequest.submitted_at, InvoiceRequest.id, InvoiceRequest.copies,
    InvoiceRequest.number, InvoiceRequest.state, InvoiceRequest.amount, InvoiceRequest.header_id,
    InvoiceRequest.header_name, InvoiceRequest.email, InvoiceRequest.remarks, InvoiceRequest.submitted_on,
)  # fmt: skip
# Beside a payer: of which recharge, how, and how much. One part by its own number: two may say the same.
_GIVEN_BACK = (LedgerEntry.external_id, LedgerEntry.channel, Allocation.amount, Allocation.id)
_NOTHING: tuple[Any, ...] = (
    literal_column("''").label("external_id"), literal_column("''").label("channel"),
    type_coerce(literal_column("0"), Allocation.amount.type).label("amount"), literal_column("0").label("id"),
)  # fmt: skip


def invoices_before(shown: InvoiceRequest, at: datetime) -> Any:
    """The account's last invoices before `at`, by the index on what was issued: so many and no more."""
    return (
        select(*FORMER, InvoiceRequest.invoice_number, InvoiceRequest.issued_at, InvoiceRequest.issued_on,
               InvoiceRequest.header)
        .where(
            InvoiceRequest.account_id == shown.account_id,
            in_state(State.ISSUED),
            InvoiceRequest.issued_at < at,
        )
        .order_by(InvoiceRequest.issued_at.desc(), InvoiceRequest.id.desc())
        .limit(WINDOW)
        .subquery()
    )  # fmt: skip


def last_invoice(shown: InvoiceRequest, at: datetime) -> Any:
    """The newest of the account's last invoices with the same header, else with another one of the very same name."""
    invoices = invoices_before(shown, at)
    own = invoices.c.header_id == shown.header_id
    return (
        select(invoices.c.invoice_number, invoices.c.issued_on, invoices.c.header, own.label("own"))
        .where(or_(own, invoices.c.header_name == shown.header_name))
        .order_by(own.desc(), invoices.c.issued_at.desc(), invoices.c.id.desc())
        .limit(1)
    )


def known_words(shown: InvoiceRequest, at: datetime) -> Any:
    """Who paid for the last invoices with the same header name, the addresses of the account's people, what is high.

    Of a request that gave its money back also what had stood behind it.
    """
    invoices = invoices_before(shown, at)
    given_back: Any = (
        select(literal_column(f"'{GAVE_BACK}'").label("kind"), LedgerEntry.payer_name.label("text"), *_GIVEN_BACK)
        .join(LedgerEntry, LedgerEntry.id == Allocation.recharge_id)
        .where(Allocation.request_id == shown.id, Allocation.state == ReservationState.RELEASED)
    )
    payers: Any = (
        select(literal_column(f"'{PAYER}'").label("kind"), LedgerEntry.payer_name.label("text"), *_NOTHING)
        .select_from(invoices)
        .join(Allocation, Allocation.request_id == invoices.c.id)
        .join(LedgerEntry, LedgerEntry.id == Allocation.recharge_id)
        .where(
            # What a refund took out of a request before its invoice was issued paid for none.
            Allocation.state == ReservationState.SETTLED,
            invoices.c.header_name == shown.header_name,
            LedgerEntry.payer_name != "",
        )
    )
    people: Any = select(literal_column(f"'{ADDRESS}'").label("kind"), User.email.label("text"), *_NOTHING).where(
        User.account_id == shown.account_id
    )
    threshold = policies.in_force(PolicyKey.FOUR_EYES_THRESHOLD, clock.local_date(at, clock.zone())).subquery()
    high: Any = select(
        literal_column(f"'{HIGH}'").label("kind"), cast(threshold.c.value, Text).label("text"), *_NOTHING
    )
    rest = () if shown.is_open or shown.is_issued else (given_back,)
    return union(*rest, payers, people, high)
