"""What a verdict rests on, and that it is kept: an auditor finds what the reviewer saw, not what is true by then."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from backoffice.database import session
from backoffice.requests.models import Decision
from backoffice.review.checks.kept import Checked, as_kept, fingerprint
from backoffice.review.models import DecisionChecks
from backoffice.review.queries.dossier import dossier
from backoffice.review.queries.doubts import worked_out

CURRENCY = "CNY"  # as in `Facts`: what the checks take amounts for unless told otherwise


class Sight(NamedTuple):
    """How far the page of a verdict saw the request, what the checks said, and how that is kept."""

    seen: str
    checked: Checked
    kept: list[dict[str, Any]]
    sha256: str

    @property
    def told_audit(self) -> dict[str, str]:
        """What the audit log holds of it: the sealed chain proves the row that is kept."""
        return {"checks": self.sha256}


def sight_of(number: str, seen: str, checked: Checked | None, *, now: datetime, currency: str) -> Sight:
    """With what was `checked` for the reader, or else with what the checks say now; that takes some ten statements.

    To be called before the verdict: behind its change they would look at a request that is decided.
    """
    # A clock that was put back would date what was seen behind the verdict.
    if checked is None or checked.at > now:
        checked = worked_out(dossier(number), now=now, currency=currency)
    kept = as_kept(checked.checks)
    return Sight(seen, checked, kept, fingerprint(kept, checked.at))


def keep(verdict: Decision, sight: Sight) -> None:
    """Write down what the checks said, in the transaction of the verdict."""
    at, kept, sha256 = sight.checked.at, sight.kept, sight.sha256
    session.add(DecisionChecks(decision_id=verdict.id, worked_out_at=at, found=kept, sha256=sha256))
