"""What must hold about drafts of applications."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import or_, select

from backoffice import storage
from backoffice.database import session
from backoffice.portal.models import ApplicationDraft
from backoffice.requests.models import InvoiceRequest


def check() -> Iterator[str]:
    """Yield a sentence for each draft whose request is another form's, or whose file the store has lost."""
    stranger = (
        select(ApplicationDraft.id)
        .join(InvoiceRequest, InvoiceRequest.id == ApplicationDraft.request_id)
        .where(
            or_(
                InvoiceRequest.account_id != ApplicationDraft.account_id,
                InvoiceRequest.submit_token != ApplicationDraft.submit_token,
            )
        )
    )
    for draft_id in session.scalars(stranger.order_by(ApplicationDraft.id)):
        yield f"draft {draft_id}: the request it ended with was not made by it"
    waiting = select(ApplicationDraft.id, ApplicationDraft.support_sha256).where(
        ApplicationDraft.request_id.is_(None), ApplicationDraft.support_sha256.is_not(None)
    )
    for draft_id, sha256 in session.execute(waiting.order_by(ApplicationDraft.id)):
        if sha256 is not None and not storage.exists(sha256):
            yield f"draft {draft_id}: its supporting file is not in the store"
