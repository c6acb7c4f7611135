"""Reads of invoice headers, always within one customer account."""

from __future__ import annotations

from sqlalchemy import select

from backoffice.database import session
from backoffice.errors import NotFound
from backoffice.headers.models import InvoiceHeader


def headers_of(account_id: int) -> list[InvoiceHeader]:
    """The account's usable headers, the default first, then by name."""
    return list(
        session.scalars(
            select(InvoiceHeader)
            .where(InvoiceHeader.account_id == account_id, InvoiceHeader.archived_at.is_(None))
            .order_by(InvoiceHeader.is_default.desc(), InvoiceHeader.name, InvoiceHeader.id)
        )
    )


def header_of(account_id: int, header_id: int) -> InvoiceHeader:
    """One usable header of the account. Raises NotFound for another account's, an archived or an unknown one."""
    header = session.scalars(
        select(InvoiceHeader).where(
            InvoiceHeader.id == header_id,
            InvoiceHeader.account_id == account_id,
            InvoiceHeader.archived_at.is_(None),
        )
    ).one_or_none()
    if header is None:
        raise NotFound
    return header
