"""A request in the place of an invoice that was taken back: its amount less refunds, another header, reviewed anew."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from backoffice import clock, glyphs
from backoffice.audit import services as audit
from backoffice.database import session
from backoffice.errors import N_, Conflict, Message, NotFound
from backoffice.headers import queries as headers
from backoffice.headers.models import InvoiceHeader
from backoffice.permissions import Actor
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import FROZEN_HEADER_FIELDS, State
from backoffice.requests.services import applying, promises, search
from backoffice.requests.services.states import add_event, tell


def begin(
    actor: Actor, former: InvoiceRequest, header_id: int, amount: Decimal, *, token: str, now: datetime
) -> InvoiceRequest:
    """Make the request that follows `former`: its applicant, addresses and remarks, its account's header `header_id` as
    it is now, a promise that counts from now. Whoever calls gives it its money, in the same transaction.

    Raises Conflict where the header was removed or no font prints it.
    """
    header = usable_header(former.account_id, header_id)
    submitted_on = clock.local_date(now, clock.zone())
    due_on, due_at, version_id, provisional = promises.promised(now)
    made = InvoiceRequest(
        number=applying.free_number(submitted_on, token),
        account_id=former.account_id, applicant_id=former.applicant_id, applicant_label=former.applicant_label,
        header_id=header.id, header={name: getattr(header, name) for name in FROZEN_HEADER_FIELDS},
        header_name=header.name, amount=amount, email=former.email, copies=former.copies, remarks=former.remarks,
        locale=former.locale, submit_token=token, state=State.PENDING,
        submitted_at=now, submitted_on=submitted_on, due_on=due_on, due_at=due_at, calendar_version_id=version_id,
    )  # fmt: skip
    session.add(made)
    session.flush()
    search.remember(made)
    add_event(made.id, "submitted", actor, at=now, reissue_of=former.number)
    audit.record(
        actor, "request.reissue", "invoice_request", made.number, at=now,
        after={"amount": amount, "header": header.name, "email": made.email, "reissue_of": former.number},
    )  # fmt: skip
    tell(made, "submitted", now=now, **promises.told(due_on, provisional))
    return made


def usable_header(account_id: int, header_id: int) -> InvoiceHeader:
    """The account's header for a new invoice. Raises Conflict where it was removed or no font prints it."""
    try:
        header = headers.header_of(account_id, header_id)
    except NotFound:
        told = N_("This header is not available any more. Choose another one.")
        raise Conflict(Message(told), code="header-removed") from None
    unprintable = glyphs.refusal("".join(str(getattr(header, name)) for name in FROZEN_HEADER_FIELDS))
    if unprintable is not None:
        raise Conflict(unprintable, code="missing-glyph")
    return header
