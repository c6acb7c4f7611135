"""The register of what was issued, as it stands in the sealed audit log, against the documents themselves.

Each finished document has an event that keeps its number, date, amounts and the hash of its PDF, which holds all the
rest. The seals prove the events; here the documents are proved by them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select

from backoffice.audit.models import AuditEvent
from backoffice.database import session
from backoffice.errors import N_, Message
from backoffice.issuing.models import CreditNote, Invoice

Kind = type[Invoice] | type[CreditNote]
BATCH = 2000


def columns(kind: Kind) -> tuple[ColumnElement[Any], ...]:
    """What of a document its event keeps, beside its number."""
    return (kind.issued_on, kind.net, kind.tax, kind.gross, kind.pdf_sha256, kind.pdf_size)  # type: ignore[return-value]


def kept(document: Row[Any]) -> dict[str, Any]:
    """The same of one document, as the event keeps it. `document` has the columns of `columns`."""
    amounts = {name: format(getattr(document, name), "f") for name in ("net", "tax", "gross")}
    return {
        "issued_on": document.issued_on.isoformat(), **amounts,
        "pdf_sha256": document.pdf_sha256, "pdf_size": document.pdf_size,
    }  # fmt: skip


def about(kind: Kind) -> tuple[str, str]:
    """What an event calls the issue of such a document, and what such a document."""
    return f"{kind.__tablename__}.issue", kind.__tablename__


def differences(between: Callable[[], None] = lambda: None) -> Iterator[Message]:
    """A sentence for each finished document that the log does not know or knows as another one, and for each that
    stands in the log alone. `between` is called after each batch, as it is for the seals."""
    for kind in (Invoice, CreditNote):
        entered = yield from _documents(kind, between)
        yield from _without_document(kind, entered)


def _documents(kind: Kind, between: Callable[[], None]) -> Generator[Message, None, int]:
    action, object_type = about(kind)
    asked = (
        select(kind.id, kind.number, *columns(kind)).where(kind.pdf_sha256.is_not(None)).order_by(kind.id).limit(BATCH)
    )
    last = entered = 0
    while rows := session.execute(asked.where(kind.id > last)).all():
        events: dict[str, list[Mapping[str, Any] | None]] = {}
        for number, after in session.execute(
            select(AuditEvent.object_id, AuditEvent.after)
            .where(AuditEvent.object_type == object_type, AuditEvent.object_id.in_([row.number for row in rows]))
            .where(AuditEvent.action == action)
        ):
            events.setdefault(number, []).append(after)
        between()
        for row in rows:
            found = events.get(row.number, [])
            entered += len(found)
            if not found:
                yield Message(N_("%(number)s does not stand in the audit log."), number=row.number)
            elif any(after != kept(row) for after in found):
                yield Message(N_("%(number)s is not what the audit log says was issued."), number=row.number)
        last = rows[-1].id
    return entered


def _without_document(kind: Kind, entered: int) -> Iterator[Message]:
    action, object_type = about(kind)
    events = AuditEvent.object_type == object_type, AuditEvent.action == action
    if session.scalar(select(func.count()).where(*events)) == entered:
        return
    known = select(kind.id).where(kind.number == AuditEvent.object_id, kind.pdf_sha256.is_not(None)).exists()
    for number in session.scalars(select(AuditEvent.object_id).where(*events, ~known).distinct().limit(100)):
        yield Message(N_("%(number)s was issued by the audit log, and is gone."), number=number)
