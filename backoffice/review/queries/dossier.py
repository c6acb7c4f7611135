"""One request with everything a verdict needs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, or_, select
from sqlalchemy.orm import aliased

from backoffice.accounts.models import Account, User
from backoffice.database import session
from backoffice.engines import PLANNED_ONCE
from backoffice.errors import NotFound
from backoffice.headers.models import InvoiceHeader
from backoffice.ledger import queries as ledger
from backoffice.ledger.models import Reservation
from backoffice.money import ZERO
from backoffice.permissions import Actor
from backoffice.requests import queries as requests
from backoffice.requests.models import Decision, Hold, InvoiceRequest, RequestEvent, RequestNote, in_state
from backoffice.requests.rules import FROZEN_HEADER_FIELDS, Action, Ending, State, is_request_number
from backoffice.review.checks.kept import Checked
from backoffice.review.models import DecisionChecks
from backoffice.review.queries import kept, seen
from backoffice.review.queries.seen import Seen

# Made once: an alias that is made anew costs the statement around it as much as running it.
_FORMER, _LATER = aliased(InvoiceRequest), aliased(InvoiceRequest)
_FIRST, _FORMER_VERDICT, _ANY = aliased(Decision), aliased(Decision), aliased(Decision)


@dataclass(frozen=True, slots=True)
class Dossier:
    """One request and the facts a verdict rests on."""

    request: InvoiceRequest
    account: Account
    current_header: InvoiceHeader
    decision: Decision | None
    short: Decimal
    former: InvoiceRequest | None
    former_verdict: Decision | None
    followed_by: str | None
    next_number: str | None
    parts: list[ledger.Part]
    events: list[RequestEvent]
    first: Decision | None
    # A first approval that no longer counts, as the money behind the request has changed; and, by their ids, since when
    # such ones do not. Their rows are ended by whoever acts next, which says neither when nor by whom they became void.
    void_first: Decision | None
    void_since: Mapping[int, datetime]
    hold: Hold | None
    notes: list[RequestNote]
    seen: Seen
    decisions: list[Decision]
    # What was kept of the checks, by the ids of these verdicts.
    checks: Mapping[int, DecisionChecks | None]
    # Who ended decisions, by their ids as people.
    enders: Mapping[int, str]

    def checked_at(self, verdict: Decision) -> Checked | None:
        """What the checks said when a verdict on it was given; None where that was not kept yet."""
        return kept.read(self.checks.get(verdict.id))

    @property
    def follows(self) -> str | None:
        """The number of the request that this one resubmits."""
        return self.former.number if self.former is not None else None

    @property
    def tax_id_reason(self) -> str:
        """Why a reviewer took a tax ID for right whose check digit does not fit; empty where nobody had to say it."""
        return next((given.tax_id_reason for given in (self.decision, self.first) if given and given.tax_id_reason), "")

    @property
    def outdated_first(self) -> Decision | None:
        """The first approval that ended when the customer corrected the addresses, while nothing else has followed."""
        last = self.decisions[-1] if self.decisions and self.request.can_be_decided else None
        return last if last is not None and last.revoked_why == Ending.OTHER_ADDRESS else None

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
        return self.request.is_own_of(actor)


def dossier(number: str, following: Any = None) -> Dossier:
    """The request with this number and what belongs to it, in three to seven statements. Raises NotFound.

    `following` is the subquery of `upcoming.after_it` where the reader wants to know what comes next.
    """
    statement = _whole() if following is None else _whole().add_columns(following)
    if not is_request_number(number):
        raise NotFound
    row = session.execute(statement, {"number": number}, execution_options=PLANNED_ONCE).one_or_none()
    if row is None:
        raise NotFound
    found, account, header, decision, first, hold, short, former, former_verdict, followed, *rest = row
    next_number = None if following is None else rest.pop()
    *newest, stands, was_decided = rest
    seen_so_far = Seen(*newest)
    verdicts = kept.with_checks(found.id) if was_decided else []
    decisions = [verdict for verdict, _ in verdicts]
    return Dossier(
        request=found,
        account=account,
        current_header=header,
        decision=decision,
        short=short or ZERO,
        former=former,
        former_verdict=former_verdict,
        followed_by=followed,
        next_number=next_number,
        parts=ledger.parts_of(found.id),
        events=requests.timeline(found.id),
        first=first if stands else None,
        void_first=None if stands else first,
        void_since=_void_since(decisions, None if stands else first),
        hold=hold,
        # Most requests have neither: then they are not asked for.
        notes=requests.notes_of(found.id) if seen_so_far.note else [],
        seen=seen_so_far,
        decisions=decisions,
        checks={verdict.id: checks for verdict, checks in verdicts},
        enders=_names({one.revoked_by for one in decisions if one.revoked_by is not None}),
    )


def _names(people: Collection[int]) -> dict[int, str]:
    """What people are called; most requests have no ended decision, and then nobody is asked."""
    if not people:
        return {}
    found = session.execute(select(User.id, User.name).where(User.id.in_(people)))
    return {row.id: row.name for row in found}


def _void_since(decisions: list[Decision], waiting: Decision | None) -> dict[int, datetime]:
    """Since when first approvals are void: those whose rows were ended as such, and one whose row waits for it."""
    ended = [one for one in decisions if one.revoked_why == Ending.OTHER_MONEY]
    lost = {one.id: requests.basis_lost_at(one) for one in (*ended, *([waiting] if waiting else ()))}
    return {of: at for of, at in lost.items() if at is not None}


@cache
def _whole() -> Select[Any]:
    """A request in one row with all that there is at most one of; by its `number`."""
    former, former_verdict, first = _FORMER, _FORMER_VERDICT, _FIRST
    followed_by = requests.follower_of(InvoiceRequest.id, _LATER)
    stands = or_(~in_state(State.PENDING), first.basis == requests.basis_of(InvoiceRequest.id))
    return (
        select(
            InvoiceRequest, Account, InvoiceHeader, Decision, first, Hold, Reservation.short, former,
            former_verdict, followed_by.correlate(InvoiceRequest).scalar_subquery(), *seen.newest(InvoiceRequest),
        )
        .add_columns(stands, exists().where(_ANY.request_id == InvoiceRequest.id))
        .join(Account, Account.id == InvoiceRequest.account_id)
        .join(InvoiceHeader, InvoiceHeader.id == InvoiceRequest.header_id)
        .outerjoin(Decision, and_(Decision.request_id == InvoiceRequest.id, *_in_force(Decision, final=True)))
        .outerjoin(first, and_(first.request_id == InvoiceRequest.id, *_in_force(first, final=False)))
        .outerjoin(Hold, and_(Hold.request_id == InvoiceRequest.id, Hold.ended_at.is_(None)))
        .outerjoin(Reservation, Reservation.request_id == InvoiceRequest.id)
        .outerjoin(former, former.id == InvoiceRequest.resubmission_of_id)
        .outerjoin(former_verdict, and_(former_verdict.request_id == former.id, *_in_force(former_verdict, final=True)))
        .where(InvoiceRequest.number == bindparam("number"))
    )  # fmt: skip


def _in_force(decision: Any, *, final: bool) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    is_first = decision.verdict == Action.FIRST_APPROVE
    return decision.revoked_at.is_(None), ~is_first if final else is_first
