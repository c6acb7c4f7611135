"""VAT special: only for money that is taxed at a rate, all of it, by the day of each recharge (design/domain.md 2).

It is asked when somebody applies, and again before a verdict and before a number: a refund moves what is reserved to
other recharges, and so to other days.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from backoffice import clock
from backoffice.errors import N_, Conflict, Message
from backoffice.headers.rules import VatKind
from backoffice.ledger import queries as ledger
from backoffice.ledger.models import LedgerEntry
from backoffice.policies import queries as policies
from backoffice.policies.rules import PolicyKey
from backoffice.requests.models import InvoiceRequest


def first_untaxed(recharges: Iterable[LedgerEntry]) -> date | None:
    """The first local day on which one of these recharges came in and money was not taxed at a rate; one statement."""
    zone, policy = clock.zone(), policies.dated(PolicyKey.TAX)
    days = {clock.local_date(recharge.occurred_at, zone) for recharge in recharges}
    return min((day for day in days if policy(PolicyKey.TAX, day)["kind"] != "rate"), default=None)


def untaxed_behind(invoice_request: InvoiceRequest, recharges: Iterable[LedgerEntry]) -> date | None:
    """`first_untaxed` of what a request for VAT special takes its money from; None for every other request."""
    return first_untaxed(recharges) if invoice_request.header["vat_kind"] == VatKind.SPECIAL else None


def check(invoice_request: InvoiceRequest, recharges: Iterable[LedgerEntry] | None = None) -> None:
    """Raises Conflict (code `not-taxed-at-a-rate`) where a request for VAT special cannot be invoiced as one.

    `recharges` are those its money comes from, where whoever calls has them.
    """
    if invoice_request.header["vat_kind"] != VatKind.SPECIAL:
        return
    if recharges is None:
        recharges = [part.recharge for part in ledger.parts_of(invoice_request.id)]
    day = untaxed_behind(invoice_request, recharges)
    if day is not None:
        told = N_(
            "VAT special is not possible for this request any more: its recharge of %(day)s is not taxed at a rate."
            " Reject it, and the customer can apply again with VAT ordinary."
        )
        raise Conflict(Message(told, day=day), code="not-taxed-at-a-rate")
