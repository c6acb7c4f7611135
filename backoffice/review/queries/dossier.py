"""One request with everything a verdict needs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select, tuple_
from sqlalchemy.orm import aliased

from backoffice.accounts.models import Account
from backoffice.database import session
from backoffice.errors import NotFound
from backoffice.headers.models import InvoiceHeader
from backoffice.ledger import queries as ledger
from backoffice.ledger.models import Reservation
from backoffice.money import ZERO
from backoffice.permissions import Actor
from backoffice.requests import queries as requests
from backoffice.requests.models import Decision, Hold, InvoiceRequest, RequestEvent, RequestNote, in_state
from backoffice.requests.rules import FROZEN_HEADER_FIELDS, Action, State, is_request_number


@dataclass(frozen=True, slots=True)
class Dossier:
    """One request and the facts a verdict rests on."""

    request: InvoiceRequest
    account: Account
    current_header: InvoiceHeader
    decision: Decision | None
    short: Decimal
    follows: str | None
    followed_by: str | None
    next_number: str | None
    parts: list[ledger.Part]
    events: list[RequestEvent]
    first: Decision | None
    hold: Hold | None
    notes: list[RequestNote]

    @property
    def holds_money(self) -> bool:
        """Whether its amount is reserved or invoiced: rejected and withdrawn requests gave theirs back."""
        return self.request.is_open or self.request.is_issued

    @property
    def balance_after(self) -> Decimal:
        """What the account may still invoice beside this request; below zero after a refund."""
        return self.account.recharged - self.account.reserved - self.account.invoiced

    @property
    def balance_before(self) -> Decimal:
        """What the account could invoice if this request were not there."""
        return self.balance_after + (self.request.amount if self.holds_money else ZERO)

    @property
    def header_changes(self) -> list[str]:
        """Names of the header's fields whose present value differs from the one frozen at submission."""
        frozen = self.request.header
        # A request from before a field was kept says nothing of it: that is no change.
        known = [name for name in FROZEN_HEADER_FIELDS if name in frozen]
        return [name for name in known if frozen[name] != getattr(self.current_header, name)]

    def is_own_of(self, actor: Actor) -> bool:
        """Whether `actor` or their account applied for it: nobody decides on that (services refuse it too)."""
        return self.request.applicant_id == actor.id or self.request.account_id == actor.account_id


def dossier(number: str) -> Dossier:
    """The request with this number and what belongs to it, in four statements. Raises NotFound."""
    row = session.execute(_whole(number)).one_or_none() if is_request_number(number) else None
    if row is None:
        raise NotFound
    found, account, header, decision, first, hold, short, follows, followed, following = row
    return Dossier(
        request=found,
        account=account,
        current_header=header,
        decision=decision,
        short=short or ZERO,
        follows=follows,
        followed_by=followed,
        next_number=following,
        parts=ledger.parts_of(found.id),
        events=requests.timeline(found.id),
        first=first,
        hold=hold,
        notes=requests.notes_of(found.id),
    )


def _whole(number: str) -> Select[Any]:
    """A request in one row with all that there is at most one of."""
    former, first = aliased(InvoiceRequest), aliased(Decision)
    return (
        select(
            InvoiceRequest, Account, InvoiceHeader, Decision, first, Hold, Reservation.short, former.number,
            _followed_by(), _waiting_after(),
        )
        .join(Account, Account.id == InvoiceRequest.account_id)
        .join(InvoiceHeader, InvoiceHeader.id == InvoiceRequest.header_id)
        .outerjoin(Decision, and_(Decision.request_id == InvoiceRequest.id, *_in_force(Decision, final=True)))
        .outerjoin(first, and_(first.request_id == InvoiceRequest.id, *_in_force(first, final=False)))
        .outerjoin(Hold, and_(Hold.request_id == InvoiceRequest.id, Hold.ended_at.is_(None)))
        .outerjoin(Reservation, Reservation.request_id == InvoiceRequest.id)
        .outerjoin(former, former.id == InvoiceRequest.resubmission_of_id)
        .where(InvoiceRequest.number == number)
    )  # fmt: skip


def _followed_by() -> Any:
    later = aliased(InvoiceRequest)
    resubmitted = select(later.number).where(later.resubmission_of_id == InvoiceRequest.id).order_by(later.id.desc())
    return resubmitted.limit(1).correlate(InvoiceRequest).scalar_subquery()


def _waiting_after() -> Any:
    following = aliased(InvoiceRequest)
    waiting = select(following.number).where(
        in_state(State.PENDING, entity=following),
        following.held_at.is_(None),
        tuple_(following.due_at, following.id) > tuple_(InvoiceRequest.due_at, InvoiceRequest.id),
    )
    return waiting.order_by(following.due_at, following.id).limit(1).correlate(InvoiceRequest).scalar_subquery()


def _in_force(decision: Any, *, final: bool) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    is_first = decision.verdict == Action.FIRST_APPROVE
    return decision.revoked_at.is_(None), ~is_first if final else is_first
