"""How an account's Invoiceable Amount comes about, and what stands in its way."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from backoffice.issuing import queries as issuing
from backoffice.ledger import queries as ledger
from backoffice.ledger.queries import NotInvoiceable
from backoffice.ledger.rules import Figures, can_be_over
from backoffice.money import ZERO
from backoffice.requests.queries import shortages
from backoffice.requests.queries.shortages import LeftBehind, Short

# Of what a refund left behind; the lists hold the rest.
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that makes the Invoiceable Amount what it is."""

    figures: Figures
    others: NotInvoiceable
    minimum: Decimal
    left_behind: LeftBehind

    @property
    def gap(self) -> Decimal:
        """How far below zero the account would be: the next recharges fill this first."""
        return max(ZERO, -self.figures.balance)

    def without(self, item: Short) -> Decimal:
        """What can be applied for once a request that lacks money is withdrawn; nothing where that is no way out."""
        # What refunds took beyond all that was free is filled first.
        return can_be_over(self.figures.balance + item.amount, self.minimum) if item.is_pending else ZERO

    @property
    def below_minimum(self) -> bool:
        """Whether something is left, but less than an application may be over."""
        return 0 < self.figures.invoiceable < self.minimum


def explanation(account_id: int, *, minimum: Decimal) -> Explanation:
    """The account's figures as they stand, and what of its money can or could not be invoiced."""
    figures = issuing.balance(account_id)
    return Explanation(
        figures=figures,
        others=ledger.not_invoiceable(account_id),
        minimum=minimum,
        left_behind=shortages.left_behind(account_id, figures, SHOWN),
    )
