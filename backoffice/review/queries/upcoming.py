"""What a reviewer decides on next: of what waits, they may decide on and nobody else works on, what is due first."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, String, bindparam, func, literal, or_, select, true, tuple_
from sqlalchemy.orm import aliased

from backoffice.database import Id, Instant, session
from backoffice.permissions import Actor
from backoffice.prepared import Prepared
from backoffice.requests import queries as requests
from backoffice.requests.models import Decision, InvoiceRequest, in_state
from backoffice.requests.rules import State
from backoffice.review.queries.queue import Wanted, listed
from backoffice.review.queries.views import Viewer

# Made once: an alias that is made anew costs the statement around it as much as running it.
_LATER = aliased(InvoiceRequest)


def most_urgent(actor: Actor, *, now: datetime, besides: str | None = None) -> str | None:
    """Number of the request that is due first; `besides` is passed over: what one has just looked at."""
    # Nobody has the number 0. After each verdict this is asked, so its statement is built once.
    values = {"actor": actor.id or 0, "own_account": actor.account_id, "now": now, "besides": besides}
    found = _most_urgent(besides is not None).rows(session.connection(), values)
    return str(found[0][0]) if found else None


@lru_cache(maxsize=2)
def _most_urgent(besides: bool) -> Prepared:
    anybody = SimpleNamespace(id=bindparam("actor", type_=Id), account_id=bindparam("own_account", type_=Id))
    now, passed_over = bindparam("now", type_=Instant()), bindparam("besides", type_=String()) if besides else None
    waiting = waiting_for(cast(Actor, anybody), cast(datetime, now), cast("str | None", passed_over))
    return Prepared(waiting.with_only_columns(InvoiceRequest.number))


def next_in(wanted: Wanted, actor: Actor, number: str, *, now: datetime) -> tuple[str | None, bool]:
    """Number of what they may decide on next in a list, in its order: the first behind `number`, else its very first.

    The second value says whether it stands behind. Where nothing is left there is no number.
    """
    columns = [column for column, _ in wanted.order]
    open_ones = listed(wanted, Viewer(actor.id, now)).where(
        *_open_to(actor, now, InvoiceRequest), InvoiceRequest.number != number
    )
    backwards = wanted.sorted_by[1]
    ordered = open_ones.with_only_columns(InvoiceRequest.number).order_by(
        *(column.desc() if backwards else column.asc() for column in columns)
    )
    here = session.execute(select(*columns).where(InvoiceRequest.number == number)).one()
    place = tuple_(*columns)
    at = tuple_(*(literal(value, column.type) for value, column in zip(here, columns, strict=True)))
    behind = session.scalar(ordered.where(place < at if backwards else place > at).limit(1))
    return (behind, True) if behind is not None else (session.scalar(ordered.limit(1)), False)


def waiting_for(actor: Actor, now: datetime, besides: str | None = None) -> Select[InvoiceRequest]:
    """The request that `most_urgent` names, as a statement."""
    waiting = select(InvoiceRequest).where(*_open_to(actor, now, InvoiceRequest))
    if besides is not None:
        waiting = waiting.where(InvoiceRequest.number != besides)
    return waiting.order_by(InvoiceRequest.due_at, InvoiceRequest.id).limit(1)


def behind(actor: Actor, now: datetime, number: str) -> Select[InvoiceRequest]:
    """What comes behind a request; behind the last one again the first, of those only that nobody at all works on."""
    here = select(_LATER.due_at, _LATER.id).where(_LATER.number == number).subquery()
    is_behind = tuple_(InvoiceRequest.due_at, InvoiceRequest.id) > tuple_(here.c.due_at, here.c.id)
    is_nobodys = or_(InvoiceRequest.claimed_by_id.is_(None), InvoiceRequest.claim_ends_at <= now)
    waiting = select(InvoiceRequest).join(here, true()).where(*_open_to(actor, now, InvoiceRequest))
    waiting = waiting.where(InvoiceRequest.number != number, or_(is_behind, is_nobodys))
    return waiting.order_by(is_behind.desc(), InvoiceRequest.due_at, InvoiceRequest.id).limit(1)


def after_it(actor: Actor, now: datetime) -> Any:
    """Number of what waits after the request of the statement around it, as a scalar subquery.

    After the last one comes the most urgent: where a verdict would lead.
    """
    later = _LATER
    waiting = select(later.number).where(*_open_to(actor, now, later)).order_by(later.due_at, later.id).limit(1)
    is_later = tuple_(later.due_at, later.id) > tuple_(InvoiceRequest.due_at, InvoiceRequest.id)
    behind, first = (
        waiting.where(condition).correlate(InvoiceRequest).scalar_subquery()
        for condition in (is_later, later.id != InvoiceRequest.id)
    )
    return func.coalesce(behind, first)


def free_for(actor: Actor, now: datetime, entity: Any = InvoiceRequest) -> ColumnElement[bool]:
    """Nobody else works on it."""
    return or_(entity.claimed_by_id.is_(None), entity.claimed_by_id == actor.id, entity.claim_ends_at <= now)


def _open_to(actor: Actor, now: datetime, entity: Any) -> tuple[ColumnElement[bool], ...]:
    first = requests.first_stands(entity.id, Decision.decided_by == actor.id)
    return (
        in_state(State.PENDING, entity=entity),
        entity.held_at.is_(None),
        free_for(actor, now, entity),
        entity.applicant_id != actor.id,
        entity.account_id.is_distinct_from(actor.account_id),
        # Whoever gave the first of two approvals waits for somebody else.
        or_(entity.second_wanted_at.is_(None), ~first),
    )
