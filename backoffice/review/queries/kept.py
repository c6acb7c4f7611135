"""Verdicts with what the checks said when they were given."""

from __future__ import annotations

from sqlalchemy import select

from backoffice.database import session
from backoffice.requests.models import Decision
from backoffice.review.checks.kept import Checked, from_kept
from backoffice.review.models import DecisionChecks


def with_checks(request_id: int) -> list[tuple[Decision, DecisionChecks | None]]:
    """Every verdict on the request, ended ones too, oldest first, each with the checks that were kept with it."""
    both = select(Decision, DecisionChecks).outerjoin(DecisionChecks, DecisionChecks.decision_id == Decision.id)
    found = session.execute(both.where(Decision.request_id == request_id).order_by(Decision.id))
    return [(verdict, checks) for verdict, checks in found]


def read(row: DecisionChecks | None) -> Checked | None:
    """What the checks said; None with a verdict from before that was kept."""
    if row is None or row.found is None or row.worked_out_at is None:
        return None
    return Checked(from_kept(row.found), row.worked_out_at)
