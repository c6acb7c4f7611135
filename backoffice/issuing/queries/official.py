"""What tax platforms issued for invoices, as it is recorded now and as it was before."""

from __future__ import annotations

from sqlalchemy import ScalarSelect, exists, select
from sqlalchemy.orm import aliased

from backoffice.database import session
from backoffice.errors import NotFound
from backoffice.issuing.models import Invoice, OfficialRecord


def records_of(request_id: int) -> list[OfficialRecord]:
    """All that was recorded for the invoice of a request, newest first: the first one is in force."""
    return list(
        session.scalars(
            select(OfficialRecord)
            .join(Invoice, Invoice.id == OfficialRecord.invoice_id)
            .where(Invoice.request_id == request_id)
            .order_by(OfficialRecord.version.desc())
        )
    )


def in_force(request_id: int) -> OfficialRecord | None:
    """What is recorded now for the invoice of a request."""
    return next(iter(records_of(request_id)), None)


def file_of(request_id: int, version: int | None = None) -> OfficialRecord:
    """The record with the file in force, or with that of an earlier version. Raises NotFound where there is none."""
    records = records_of(request_id)
    found = records[:1] if version is None else [one for one in records if one.version == version]
    if not found or found[0].file_sha256 is None:
        raise NotFound
    return found[0]


def number_of() -> ScalarSelect[str]:
    """For a list of invoices: the official number in force of each."""
    return (
        select(OfficialRecord.number)
        .where(OfficialRecord.invoice_id == Invoice.id)
        .order_by(OfficialRecord.version.desc())
        .limit(1)
        .correlate(Invoice)
        .scalar_subquery()
    )


def bearer_of(number: str, *, besides: int) -> str | None:
    """The number of another invoice, than the one with that id, that has this official number now."""
    later = aliased(OfficialRecord)
    superseded = exists().where(later.invoice_id == OfficialRecord.invoice_id, later.version > OfficialRecord.version)
    return session.scalar(
        select(Invoice.number)
        .join(OfficialRecord, OfficialRecord.invoice_id == Invoice.id)
        .where(OfficialRecord.number == number, Invoice.id != besides, ~superseded)
        .limit(1)
    )
