"""What must hold about invoice headers."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from backoffice.accounts.models import User
from backoffice.database import session
from backoffice.headers.models import InvoiceHeader


def check() -> Iterator[str]:
    """Yield a sentence for each header that contradicts itself or its account."""
    yield from _defaults()
    stranger = select(InvoiceHeader.id).join(User, User.id == InvoiceHeader.created_by)
    for header_id in session.scalars(stranger.where(User.account_id != InvoiceHeader.account_id)):
        yield f"header {header_id}: it was created by somebody of another account"
    backwards = select(InvoiceHeader.id).where(
        (InvoiceHeader.updated_at < InvoiceHeader.created_at) | (InvoiceHeader.archived_at < InvoiceHeader.created_at)
    )
    for header_id in session.scalars(backwards):
        yield f"header {header_id}: it was changed before it was created"


def _defaults() -> Iterator[str]:
    """One default per account while it has headers: the index forbids two, services never leave none."""
    usable = aliased(InvoiceHeader)
    counted = (
        select(usable.account_id, func.count().filter(usable.is_default))
        .where(usable.archived_at.is_(None))
        .group_by(usable.account_id)
    )
    for account_id, defaults in session.execute(counted):
        if defaults != 1:
            yield f"account {account_id}: {defaults} of its headers are the default"
