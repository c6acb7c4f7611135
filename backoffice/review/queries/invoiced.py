"""What an account's invoices tell about a request: the last one with its header, who paid for such, who gets them."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import String, Text, case, cast, func, literal_column, or_, select, type_coerce, union

from backoffice.accounts.models import User
from backoffice.accounts.rules import DEACTIVATED, REACTIVATED
from backoffice.audit.models import AuditEvent
from backoffice.issuing.queries import credits
from backoffice.ledger.models import Allocation, LedgerEntry, ReservationState
from backoffice.policies import queries as policies
from backoffice.policies.rules import PolicyKey
from backoffice.requests.models import InvoiceRequest, in_state
from backoffice.requests.rules import State
from backoffice.review.checks.facts import WINDOW
from backoffice.review.queries import about

PAYER, ADDRESS, GAVE_BACK, HIGH, TAKEN_BACK = "payer", "address", "gave back", "high", "taken back"
# By which credit note an invoice was taken back whole, as is known today, and as was known at the moment.
_TODAY = credits.whole_credit(InvoiceRequest).label("taken_back")
_THEN = credits.whole_credit(InvoiceRequest, about.AT).label("taken_back")


def _in_part(*by: Any) -> tuple[Any, ...]:
    """The invoice, what credit notes took back of it, and which."""
    taken, numbers = credits.taken_of(InvoiceRequest, *by), credits.numbers_of(InvoiceRequest, *by)
    return InvoiceRequest.invoice_number, taken.label("credited"), numbers.label("notes")


# What a `Former` says of a request, behind what it is sorted by.
_FORMER = (
    InvoiceRequest.submitted_at, InvoiceRequest.id,
    InvoiceRequest.number, InvoiceRequest.state, InvoiceRequest.amount, InvoiceRequest.header_id,
    InvoiceRequest.header_name, InvoiceRequest.email, InvoiceRequest.remarks, InvoiceRequest.submitted_on,
    InvoiceRequest.copies,
)  # fmt: skip
FORMER_TODAY, FORMER = (*_FORMER, _TODAY, *_in_part()), (*_FORMER, _THEN, *_in_part(about.AT))
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
        select(*FORMER, InvoiceRequest.issued_at, InvoiceRequest.issued_on, InvoiceRequest.header)
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
    """The newest of the account's last invoices with the same header, else with another one of the very same name.

    Of those that stand one, and one of those that were taken back whole: what would come first is the first row.
    """
    invoices = invoices_before()
    own = invoices.c.header_id == about.HEADER
    order = (own.desc(), invoices.c.issued_at.desc(), invoices.c.id.desc())
    stands = invoices.c.taken_back.is_(None)
    ranked = (
        select(
            invoices.c.invoice_number, invoices.c.issued_on, invoices.c.header, own.label("own"), invoices.c.taken_back,
            func.row_number().over(order_by=order).label("place"),
            func.row_number().over(partition_by=stands, order_by=order).label("of_its_kind"),
        )
        .where(or_(own, invoices.c.header_name == about.HEADER_NAME))
        .subquery()
    )  # fmt: skip
    return select(ranked).where(ranked.c.of_its_kind == 1).order_by(ranked.c.place)


@cache
def known_words(*, gave_back: bool, issued: bool) -> Any:
    """Who paid for the last invoices with the same header name, the addresses of the account's people who are not
    deactivated, what is high.

    Beside a payer stands by which credit note the invoice was taken back whole. Of a request that gave its money back
    also what had stood behind it, of one that is issued its own credit note.
    """
    invoices = invoices_before()
    given_back: Any = (
        select(literal_column(f"'{GAVE_BACK}'").label("kind"), LedgerEntry.payer_name.label("text"), *_GIVEN_BACK)
        .join(LedgerEntry, LedgerEntry.id == Allocation.recharge_id)
        .where(Allocation.request_id == about.REQUEST, Allocation.state == ReservationState.RELEASED)
    )
    payers: Any = (
        select(literal_column(f"'{PAYER}'").label("kind"), LedgerEntry.payer_name.label("text"),
               func.coalesce(invoices.c.taken_back, "").label("external_id"), *_NOTHING[1:])
        .select_from(invoices)
        .join(Allocation, Allocation.request_id == invoices.c.id)
        .join(LedgerEntry, LedgerEntry.id == Allocation.recharge_id)
        .where(
            # What a refund took out of a request before its invoice was issued paid for none.
            Allocation.state == ReservationState.SETTLED,
            invoices.c.header_name == about.HEADER_NAME,
            LedgerEntry.payer_name != "",
        )
    )  # fmt: skip
    people: Any = select(literal_column(f"'{ADDRESS}'").label("kind"), User.email.label("text"), *_NOTHING).where(
        User.account_id == about.ACCOUNT, _was_active()
    )
    threshold = policies.in_force(PolicyKey.FOUR_EYES_THRESHOLD, about.ON).subquery()
    high: Any = select(
        literal_column(f"'{HIGH}'").label("kind"), cast(threshold.c.value, Text).label("text"), *_NOTHING
    )
    own: Any = select(literal_column(f"'{TAKEN_BACK}'").label("kind"), _TODAY.label("text"), *_NOTHING).where(
        InvoiceRequest.id == about.REQUEST
    )
    rest = (*((given_back,) if gave_back else ()), *((own,) if issued else ()))
    return union(*rest, payers, people, high)


def _was_active() -> Any:
    """Whether a person could sign in at the moment: what was first done to them after it tells what they were."""
    following = (
        select(AuditEvent.action)
        .where(
            AuditEvent.object_type == "user",
            AuditEvent.object_id == cast(User.id, String),
            AuditEvent.action.in_([DEACTIVATED, REACTIVATED]),
            AuditEvent.at > about.AT,
        )
        .order_by(AuditEvent.id)
        .limit(1)
        .correlate(User)
        .scalar_subquery()
    )
    today = case((User.is_active.is_(True), DEACTIVATED), else_=REACTIVATED)
    return func.coalesce(following, today) == DEACTIVATED
