"""What finance does about an issue that failed."""

from __future__ import annotations

from datetime import datetime

from backoffice.audit import services as audit
from backoffice.errors import N_, Conflict, Message
from backoffice.issuing import services as issuing
from backoffice.permissions import Actor
from backoffice.requests.rules import ABOUT
from backoffice.review.services.competence import for_decision


def retry(actor: Actor, number: str, *, now: datetime) -> None:
    """Let the worker try the failed issue of a request again, once its reason is mended.

    Raises NotFound, Forbidden as decisions do, Conflict when nothing failed or somebody has let it be tried again.
    """
    invoice_request = for_decision(actor, number)
    fault = invoice_request.issue_error
    if not issuing.retry(invoice_request.id):
        raise Conflict(Message(N_("There is no failed issue to try again.")), code="not-failed")
    audit.record(actor, "request.retry_issue", ABOUT, number, at=now, before={"issue_error": fault})
