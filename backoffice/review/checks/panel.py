"""All checks of a request, the worst first."""

from __future__ import annotations

from collections.abc import Callable

from backoffice.errors import N_
from backoffice.review.checks import addresses, buyer, earlier, money, texts, wishes
from backoffice.review.checks.facts import Check, Facts, Outcome

CHECKS: tuple[Callable[[Facts], Check], ...] = (
    money.balance,
    money.recharges,
    buyer.payer,
    buyer.tax_id,
    buyer.header,
    earlier.duplicate,
    money.amount,
    addresses.email,
    money.refund,
    texts.characters,
    wishes.remarks,
    earlier.history,
)
LABELS = {
    "balance": N_("Balance"),
    "recharges": N_("Recharges"),
    "payer": N_("Payer and buyer"),
    "tax_id": N_("Tax ID"),
    "header": N_("Header since the last invoice"),
    "duplicate": N_("Duplicate"),
    "amount": N_("Usual amount"),
    "email": N_("Email domain"),
    "refund": N_("Refund after application"),
    "characters": N_("Hidden characters"),
    "remarks": N_("Remarks"),
    "history": N_("Last requests"),
}
_ORDER = (Outcome.FAIL, Outcome.WARN, Outcome.PASS)


def run(facts: Facts) -> list[Check]:
    """What each check says, what failed first, then what warns; among equals in the order of `CHECKS`."""
    return sorted((check(facts) for check in CHECKS), key=lambda found: _ORDER.index(found.outcome))
