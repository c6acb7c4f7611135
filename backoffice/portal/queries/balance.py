"""How an account's Invoiceable Amount comes about, and what stands in its way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Row

from backoffice.issuing import queries as issuing
from backoffice.ledger import queries as ledger
from backoffice.ledger.models import LedgerEntry
from backoffice.ledger.queries import NotInvoiceable
from backoffice.ledger.rules import Figures
from backoffice.money import ZERO
from backoffice.requests.queries import shortages

# Of what a refund left behind; the lists hold the rest.
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that makes the Invoiceable Amount what it is.

    `debts` and `short` are what a refund left behind, the oldest of each; there may be more.
    """

    figures: Figures
    others: NotInvoiceable
    minimum: Decimal
    debts: Sequence[LedgerEntry]
    more_debts: bool
    short: Sequence[Row[str, Decimal]]
    more_short: bool

    @property
    def gap(self) -> Decimal:
        """How far below zero the account would be: the next recharges fill this first."""
        return max(ZERO, -self.figures.balance)

    @property
    def below_minimum(self) -> bool:
        """Whether something is left, but less than an application may be over."""
        return 0 < self.figures.invoiceable < self.minimum


def explanation(account_id: int, *, minimum: Decimal) -> Explanation:
    """The account's figures as they stand, and what of its money can or could not be invoiced."""
    figures = issuing.balance(account_id)
    debts = ledger.debts_of(account_id, SHOWN + 1) if figures.debt else []
    short = shortages.oldest(account_id, SHOWN + 1) if figures.short else []
    return Explanation(
        figures=figures,
        others=ledger.not_invoiceable(account_id),
        minimum=minimum,
        debts=debts[:SHOWN],
        more_debts=len(debts) > SHOWN,
        short=short[:SHOWN],
        more_short=len(short) > SHOWN,
    )
