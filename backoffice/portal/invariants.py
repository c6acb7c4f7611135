"""What must hold about drafts of applications."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import or_, select

from backoffice import storage
from backoffice.contradictions import Contradiction, found
from backoffice.portal.models import ApplicationDraft
from backoffice.requests.models import InvoiceRequest


def check() -> Iterator[str]:
    """Yield a sentence for each draft whose request is another form's, or whose file the store has lost."""
    yield from found(_drafts)


def _drafts() -> Iterator[Contradiction]:
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
    yield Contradiction(
        "draft {}: the request it ended with was not made by it", stranger.order_by(ApplicationDraft.id)
    )
    waiting = select(ApplicationDraft.id, ApplicationDraft.support_sha256).where(
        ApplicationDraft.request_id.is_(None), ApplicationDraft.support_sha256.is_not(None)
    )
    yield Contradiction(
        "draft {}: its supporting file is not in the store",
        waiting.order_by(ApplicationDraft.id),
        lambda draft: not storage.exists(draft.support_sha256),
    )
