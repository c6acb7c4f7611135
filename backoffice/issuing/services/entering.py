"""Entering a finished document in the audit log, where it is sealed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from backoffice.audit import services as audit
from backoffice.database import session
from backoffice.issuing.queries import entered
from backoffice.permissions import SYSTEM


def enter(kind: entered.Kind, document_id: int, *, now: datetime) -> None:
    """Write that the document was issued, with its amounts and the hash of its PDF, in the transaction that records
    that hash. Call it last, as `audit.record`."""
    columns = entered.columns(kind)
    document = session.execute(select(kind.number, *columns).where(kind.id == document_id)).one()
    action, object_type = entered.about(kind)
    audit.record(SYSTEM, action, object_type, document.number, at=now, after=entered.kept(document))
