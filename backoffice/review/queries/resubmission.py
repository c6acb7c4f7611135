"""What a resubmitted request says otherwise than the rejected one, for whoever decides on it."""

from __future__ import annotations

from backoffice.requests.queries import comparison
from backoffice.requests.queries.comparison import Comparison
from backoffice.requests.services import supporting
from backoffice.review.queries.dossier import Dossier


def compared(dossier: Dossier) -> Comparison | None:
    """The changes since the request that this one resubmits, and what of its rejection was left; None for a first."""
    former, shown = dossier.former, dossier.request
    if former is None:
        return None
    before = comparison.said_by(former, former.header, supporting.of(former))
    after = comparison.said_by(shown, shown.header, supporting.of(shown))
    return comparison.compare(comparison.complaint(former, dossier.former_verdict), before, after)
