"""What must hold about flags, reports of a week, and about the figures that are folded from closed requests."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, case, exists, func, or_, select

from backoffice import clock
from backoffice.database import session
from backoffice.delivery.models import Message
from backoffice.requests.models import InvoiceRequest
from backoffice.requests.rules import State
from backoffice.sla.models import Backlog, DayFigures, DayPace, Flag, Fold, Outcome, WeeklyReport
from backoffice.sla.queries import recount
from backoffice.sla.queries.weekly import WEEK
from backoffice.sla.rules import Verdict
from backoffice.sla.services.folding import LAG
from backoffice.sla.services.weekly import TEMPLATE


def check() -> Iterator[str]:
    """Yield a sentence for each flag without its request's mark, or mark without its flag."""
    flagged = exists().where(Flag.request_id == InvoiceRequest.id, Flag.withdrawn_at.is_(None))
    for (number,) in session.execute(
        select(InvoiceRequest.number).where(InvoiceRequest.flagged_at.is_not(None) != flagged)
    ):
        yield f"request {number}: its overdue mark and its flags differ"
    for (number,) in session.execute(
        select(InvoiceRequest.number)
        .join(Flag, Flag.request_id == InvoiceRequest.id)
        .where(Flag.flagged_at < Flag.due_at)
    ):
        yield f"request {number}: it was flagged before it was due"
    yield from _weeks()
    folded = session.scalars(select(Fold)).one_or_none()
    if folded is not None and folded.closed_until is not None:
        yield from _outcomes(folded)
        yield from _figures(folded)
        if folded.folded_at is not None:
            yield from _backlog(folded.folded_at)
            yield from _stages(folded.folded_at)


def _weeks() -> Iterator[str]:
    mails = select(Message.created_at, func.count()).where(Message.template == TEMPLATE, Message.about_type == TEMPLATE)
    first = mails.where(Message.follows_id.is_(None)).group_by(Message.created_at)
    sent: dict[datetime, int] = {row[0]: row[1] for row in session.execute(first)}
    for week in session.scalars(select(WeeklyReport).order_by(WeeklyReport.monday)):
        if (queued := sent.pop(week.told_at, 0)) != week.told:
            yield f"report of the week of {week.monday}: {week.told} were told, {queued} mails were queued"
        if clock.local_date(week.told_at, clock.zone()) < week.monday + WEEK or week.monday.weekday():
            yield f"report of the week of {week.monday}: it was told before that week was over, or begins on no Monday"
    for at in sorted(sent):
        yield f"weekly report queued at {at}: no week was told of then"


def _outcomes(folded: Fold) -> Iterator[str]:
    row, of = InvoiceRequest, Outcome
    in_time = case((row.state == State.WITHDRAWN, Verdict.UNCOUNTED), else_=Verdict.MET)
    right = case((row.closed_at >= row.due_at, Verdict.MISSED), else_=in_time)
    unpaused = and_(of.paused_seconds == 0, of.gross_verdict != of.verdict)
    better = or_(unpaused, and_(of.gross_verdict == Verdict.MET, of.verdict != Verdict.MET))
    wrong = or_(of.verdict != right, of.state != row.state, of.due_on != row.due_on, of.amount != row.amount, better)
    for (number,) in session.execute(select(row.number).join(of, of.request_id == row.id).where(wrong)):
        yield f"request {number}: what became of its promise was written down otherwise"
    assert folded.closed_until is not None
    missing = and_(row.closed_at < folded.closed_until - LAG, ~exists().where(of.request_id == row.id))
    for (number,) in session.execute(select(row.number).where(missing)):
        yield f"request {number}: it is closed, and what became of its promise is not written down"


def _figures(folded: Fold) -> Iterator[str]:
    """Whatever is closed was folded with its outcome; the day of the fold may have received more since."""
    assert folded.closed_until is not None
    open_day = clock.local_date(folded.closed_until - LAG, clock.zone())
    keys = (DayFigures.day, DayFigures.header_kind, DayFigures.band, DayFigures.reviewer_id)
    days = recount.all_days() | set(session.scalars(select(DayFigures.day).distinct()))
    right = recount.days(days)
    kept = {(*row[:4],): row for row in session.execute(select(*keys, DayFigures).order_by(*keys))}
    for key in sorted(right.keys() | kept.keys()):
        counted = right.get(key, {})
        stands = vars(kept[key].DayFigures) if key in kept else {}
        late = ("received", "received_amount") if key[0] >= open_day else ()
        names = [name for figure in recount.FIGURES for name in (figure, f"{figure}_amount") if name not in late]
        if any((counted.get(name) or 0) != (stands.get(name) or 0) for name in names):
            yield f"figures of {key[0]}: those of {key[1]}, band {key[2]}, reviewer {key[3]} differ from a recount"
    paces = select(DayPace.slice, DayPace.day, DayPace.took, DayPace.number, DayPace.amount)
    told = {(of, day, took): (number, amount) for of, day, took, number, amount in session.execute(paces)}
    for of, day, took in sorted(dict(told.items() ^ recount.paces(days).items())):
        yield f"figures of {day}: what took {took} in {of} differs from a recount"


def _backlog(folded_at: datetime) -> Iterator[str]:
    """What was open at the last fold, by what no request changes while it is open; its stage, claim and promised day
    may be others by now. What was submitted or closed around the fold may stand there or not."""
    kept = select(Backlog.submitted_on, Backlog.header_kind, Backlog.band, Backlog.number, Backlog.amount)
    stands = _sums(session.execute(kept))
    surely, perhaps = (_sums(session.execute(recount.open_at(folded_at, lag))) for lag in (LAG, -LAG))
    for key in sorted(stands.keys() | perhaps.keys()):
        (fewest, least), (number, amount), (most, greatest) = surely[key], stands[key], perhaps[key]
        if not (fewest <= number <= most and least <= amount <= greatest):
            day, kind, band = key
            yield f"what was open of {day}, {kind}, band {band}: its number or its sum differs from a recount"


def _stages(folded_at: datetime) -> Iterator[str]:
    """That all to which nothing has happened since the fold stands there with its day, its stage and its claim."""
    columns = ("due_on", "submitted_on", "stage", "header_kind", "band", "claimed_by_id", "number")
    stands = _counted(session.execute(select(*(getattr(Backlog, name) for name in columns))))
    surely = _counted(session.execute(recount.backlog(folded_at, recount.is_untouched(folded_at - LAG))))
    for key in sorted(surely - stands):
        due_on, day, stage, kind, band, claimed_by = key
        yield (
            f"what was open of {day}, {kind}, band {band}: {stands[key]} due on {due_on}, {stage}, claimed by"
            f" {claimed_by or 'nobody'}; a recount finds {surely[key]}"
        )


def _counted(rows: Iterable[Any]) -> Counter[tuple[Any, ...]]:
    found: Counter[tuple[Any, ...]] = Counter()
    for due_on, day, stage, kind, band, claimed_by, number, *_ in rows:
        # A clock stops with the moment at which the question arrived, which is written down some time after it.
        found[due_on, day, "held" if stage == "paused" else stage, kind, band, claimed_by] += number
    return found


def _sums(rows: Iterable[Any]) -> defaultdict[tuple[date, str, int], tuple[int, Decimal]]:
    found: defaultdict[tuple[date, str, int], tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal(0)))
    for day, kind, band, number, amount in rows:
        had = found[day, kind, band]
        found[day, kind, band] = had[0] + number, had[1] + amount
    return found
