"""What the evidence of a request says now, for the tests of it."""

from __future__ import annotations

from backoffice import clock
from backoffice.database import session
from backoffice.review.checks import panel
from backoffice.review.checks.facts import Check, Outcome
from backoffice.review.queries import dossier as dossiers
from backoffice.review.queries import evidence


def found(number: str) -> dict[str, Check]:
    """What each check says of a request now."""
    session.rollback()
    session.expire_all()
    facts = evidence.facts(dossiers.dossier(number), now=clock.now())
    return {check.code: check for check in panel.run(facts)}


def outcomes(number: str) -> dict[str, str]:
    """Checks that do not pass."""
    return {code: check.outcome.value for code, check in found(number).items() if check.outcome != Outcome.PASS}
