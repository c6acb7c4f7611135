"""Four eyes: when two people have to approve, and what becomes of the first of their approvals.

A first approval rests on the money that paid for the request. When other recharges pay, it is void at once: each reader
compares what it rested on with what is (`requests.queries.first_stands`), so no importer or job has to reach it, and
none can be late. Its row, which keeps what people did, is ended by whoever acts on the request next.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import select

from backoffice import clock
from backoffice.audit import services as audit
from backoffice.database import session
from backoffice.errors import N_, Conflict, Message
from backoffice.money import ZERO
from backoffice.permissions import Actor
from backoffice.policies import queries as policies
from backoffice.policies.rules import PolicyKey
from backoffice.requests import queries as requests
from backoffice.requests.models import Decision, InvoiceRequest
from backoffice.requests.rules import ABOUT, Ending
from backoffice.requests.services.approvals import revoke
from backoffice.review import rules


def needs_second(invoice_request: InvoiceRequest, *, now: datetime) -> bool:
    """Whether this request, or what the account got and asked for around it, reaches the threshold.

    Counted are the request itself, what the account submitted within seven days before or after it, and what was
    granted in the seven days until `now`. So whatever is decided alone stays under the threshold in any seven days of
    submissions and in any seven days of decisions, in whichever order and however late: the last of them to be decided
    has seen all the others. Sometimes two are asked where one would do; never the other way round.
    """
    threshold = policies.value(PolicyKey.FOUR_EYES_THRESHOLD, clock.local_date(now, clock.zone()))
    if threshold is None or rules.needs_second(invoice_request.amount, ZERO, threshold):
        return threshold is not None
    return rules.needs_second(invoice_request.amount, gross_around(invoice_request, now), threshold)


def gross_around(invoice_request: InvoiceRequest, now: datetime) -> Decimal:
    """What the threshold is compared with beside the request's own amount: see `needs_second`."""
    week, at = rules.FOUR_EYES_WINDOW, invoice_request.submitted_at
    return requests.gross_sum(invoice_request.account_id, at - week, at + week, granted_since=now - week)


def basis_of(invoice_request: InvoiceRequest) -> str:
    """What a first approval rests on, to be compared with what it rests on later."""
    return session.scalars(select(requests.basis_of(invoice_request.id))).one()


def standing(actor: Actor, invoice_request: InvoiceRequest, now: datetime) -> Decision | None:
    """The first approval, if it still speaks of the same money; otherwise its row is ended here."""
    first = requests.first_approval(invoice_request.id)
    if first is None or first.basis == basis_of(invoice_request):
        return first
    revoke(first, actor, Ending.OTHER_MONEY, now)
    invoice_request.second_wanted_at = None
    session.flush()
    before, after = requests.first_told(first)
    audit.record(
        actor, "request.first_void", ABOUT, invoice_request.number, at=now, before=before, after=after,
        reason=Ending.OTHER_MONEY,
    )  # fmt: skip
    return None


def refuse_void(invoice_request: InvoiceRequest, first: Decision | None) -> None:
    """Raises Conflict (code `void`) where a first approval counts no more: there is nothing left to take back."""
    if first is not None and first.basis != basis_of(invoice_request):
        told = N_("The money behind this request has changed: the first approval of %(who)s holds no more.")
        raise Conflict(Message(told, who=first.decided_by_label), code="void")
