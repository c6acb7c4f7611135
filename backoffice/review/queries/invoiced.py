"""What an account's invoices tell about a request: the last one with its header, who paid for such, who gets them."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Text, cast, literal_column, or_, select, type_coerce, union

from backoffice.accounts.models import User
from backoffice.ledger.models import Allocation, LedgerEntry, ReservationState
from backoffice.policies import queries as policies
from backoffice.policies.rules import PolicyKey
from backoffice.requests.models import InvoiceRequest, in_state
from backoffice.requests.rules import State
from backoffice.review.checks.facts import WINDOW
from backoffice.review.queries import about

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


@cache
def invoices_before() -> Any:
    """The account's last invoices before a moment, by the index on what was issued: so many and no more."""
    return (
        select(*FORMER, InvoiceRequest.invoice_number, InvoiceRequest.issued_at, InvoiceRequest.issued_on,
               InvoiceRequest.header)
        .where(
            InvoiceRequest.account_id == about.ACCOUNT,
            in_state(State.ISSUED),
            InvoiceRequest.issued_at < about.AT,
        )
        .order_by(InvoiceRequest.issued_at.desc(), InvoiceRequest.id.desc())
        .limit(WINDOW)
        .subquery()
    )  # fmt: skip


@cache
def last_invoice() -> Any:
    """The newest of the account's last invoices with the same header, else with another one of the very same name."""
    invoices = invoices_before()
    own = invoices.c.header_id == about.HEADER
    return (
        select(invoices.c.invoice_number, invoices.c.issued_on, invoices.c.header, own.label("own"))
        .where(or_(own, invoices.c.header_name == about.HEADER_NAME))
        .order_by(own.desc(), invoices.c.issued_at.desc(), invoices.c.id.desc())
        .limit(1)
    )


@cache
def known_words(*, gave_back: bool) -> Any:
    """Who paid for the last invoices with the same header name, the addresses of the account's people, what is high.

    Of a request that gave its money back also what had stood behind it.
    """
    invoices = invoices_before()
    given_back: Any = (
        select(literal_column(f"'{GAVE_BACK}'").label("kind"), LedgerEntry.payer_name.label("text"), *_GIVEN_BACK)
        .join(LedgerEntry, LedgerEntry.id == Allocation.recharge_id)
        .where(Allocation.request_id == about.REQUEST, Allocation.state == ReservationState.RELEASED)
    )
    payers: Any = (
        select(literal_column(f"'{PAYER}'").label("kind"), LedgerEntry.payer_name.label("text"), *_NOTHING)
        .select_from(invoices)
        .join(Allocation, Allocation.request_id == invoices.c.id)
        .join(LedgerEntry, LedgerEntry.id == Allocation.recharge_id)
        .where(
            # What a refund took out of a request before its invoice was issued paid for none.
            Allocation.state == ReservationState.SETTLED,
            invoices.c.header_name == about.HEADER_NAME,
            LedgerEntry.payer_name != "",
        )
    )
    people: Any = select(literal_column(f"'{ADDRESS}'").label("kind"), User.email.label("text"), *_NOTHING).where(
        User.account_id == about.ACCOUNT
    )
    threshold = policies.in_force(PolicyKey.FOUR_EYES_THRESHOLD, about.ON).subquery()
    high: Any = select(
        literal_column(f"'{HIGH}'").label("kind"), cast(threshold.c.value, Text).label("text"), *_NOTHING
    )
    rest = (given_back,) if gave_back else ()
    return union(*rest, payers, people, high)
