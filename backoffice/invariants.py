"""All that `check-invariants` proves, collected from each capability's `invariants` module."""

from __future__ import annotations

from collections.abc import Iterator

from backoffice.accounts import invariants as accounts
from backoffice.audit import invariants as audit
from backoffice.calendars import invariants as calendars
from backoffice.delivery import invariants as delivery
from backoffice.headers import invariants as headers
from backoffice.issuing import invariants as issuing
from backoffice.ledger import invariants as ledger
from backoffice.policies import invariants as policies
from backoffice.portal import invariants as portal
from backoffice.requests import invariants as requests
from backoffice.review import invariants as review
from backoffice.sla import invariants as sla

CHECKS = {
    "audit": audit.check,
    "delivery": delivery.check,
    "accounts": accounts.check,
    "policies": policies.check,
    "calendars": calendars.check,
    "ledger": ledger.check,
    "headers": headers.check,
    "requests": requests.check,
    "issuing": issuing.check,
    "portal": portal.check,
    "review": review.check,
    "sla": sla.check,
}


def violations() -> Iterator[tuple[str, str]]:
    """Yield (capability, sentence) for each fact that does not hold; reads only."""
    for capability, check in CHECKS.items():
        for sentence in check():
            yield capability, sentence
