"""Numbers of invoices and credit notes: gapless per series and local year, and in the order of time.

What could not be drawn or has the wrong time is refused before its number is taken; a transaction that fails afterwards
gives it back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import aliased

from backoffice import clock, glyphs
from backoffice.database import session, upsert_into
from backoffice.errors import N_, BackofficeError, Conflict, Invalid, Message
from backoffice.issuing import rules
from backoffice.issuing.models import InvoiceSeries
from backoffice.issuing.pdf import checking
from backoffice.issuing.queries import stops
from backoffice.issuing.rules import credits

SERIES = (rules.INVOICE_SERIES, credits.SERIES)
_LATER = aliased(InvoiceSeries)


class IssuingStopped(Conflict):
    """Nobody gets a number now. It is no fault of whoever asked: they wait until somebody lets it go on."""

    code = "issuing-stopped"


class CannotIssue(BackofficeError):
    """This cannot become an invoice or a credit note as things stand; a reviewer has to act."""

    code = "cannot-issue"


@dataclass(frozen=True, slots=True)
class Taken:
    """A number, and the moment at which it was taken."""

    series: str
    sequence: int
    at: datetime
    on: date

    @property
    def period(self) -> str:
        """Numbers begin anew each local year."""
        return _period(self.on)

    @property
    def number(self) -> str:
        """The number as it is printed."""
        return f"{self.series}-{self.period}-{self.sequence:06d}"


def _period(day: date) -> str:
    return f"{day:%Y}"


def take(series: str) -> Taken:
    """Take the next number: increment-and-return on the locked row of the series and period; never max+1, never a
    database sequence. Raises IssuingStopped and CannotIssue (code `clock-gone-back`) before anything is taken.

    The clock is read under the lock. Two workers that read it before would take numbers in another order than their
    moments, and around midnight the later date would shut the earlier one out.
    """
    _lock_series(series)
    _refuse_stopped()
    now = clock.now()
    on = clock.local_date(now, clock.zone())
    sequence = _next(series, on)
    if sequence is None:
        _refuse_clock_gone_back(series, on)
        _begin_period(series, _period(on))
        sequence = _next(series, on)
        assert sequence is not None, "the period was begun under the lock of its series"
    return Taken(series, sequence, now, on)


def _next(series: str, on: date) -> int | None:
    """The next number of the day's period; None where that has not begun, or where numbers would go back in time."""
    period, last = _period(on), InvoiceSeries.last_issued_on
    later = select(_LATER.period).where(_LATER.series == series, _LATER.period > period)
    return session.scalar(
        update(InvoiceSeries)
        .where(InvoiceSeries.series == series, InvoiceSeries.period == period)
        .where(or_(last.is_(None), last <= on), ~later.exists())
        .values(last_number=InvoiceSeries.last_number + 1, last_issued_on=on)
        .returning(InvoiceSeries.last_number)
        .execution_options(synchronize_session=False)
    )


def lock_all() -> None:
    """Wait until nobody takes a number of any series, and let nobody take one before the transaction ends."""
    for series in SERIES:
        _lock_series(series)


def _lock_series(series: str) -> None:
    """Wait until nobody else takes a number of the series. Its periods are all locked before a new one is begun."""
    periods = select(InvoiceSeries.period).where(InvoiceSeries.series == series).order_by(InvoiceSeries.period)
    if not session.scalars(periods.with_for_update()).all():
        # The very first number. Whoever else wanted to be first waits here, and has no lock of the row that came of it.
        _begin_period(series, _period(clock.today()))
        session.scalars(periods.with_for_update()).all()


def _refuse_stopped() -> None:
    stop = stops.current()
    if stop is not None:
        raise IssuingStopped(
            Message(
                N_("%(who)s stopped issuing at %(at)s: %(reason)s"),
                who=stop.stopped_by_label, at=stop.stopped_at, reason=stop.reason,
            )
        )  # fmt: skip


def _begin_period(series: str, period: str) -> None:
    row = upsert_into(InvoiceSeries).values(series=series, period=period, last_number=0)
    session.execute(row.on_conflict_do_nothing())


def _refuse_clock_gone_back(series: str, issued_on: date) -> None:
    """Numbers are chronological: none before the series' last date, none in a period once a later one has begun."""
    period = _period(issued_on)
    rows = session.execute(
        select(InvoiceSeries.period, InvoiceSeries.last_issued_on)
        .where(InvoiceSeries.series == series, InvoiceSeries.period >= period)
        .order_by(InvoiceSeries.period)
    ).all()
    for begun, last in rows:
        if begun > period or (last is not None and last > issued_on):
            raise CannotIssue(
                Message(N_("The clock went back: the last invoice is dated %(last)s."), last=last or begun),
                code="clock-gone-back",
            )


def refuse_undrawable(snapshot: rules.Snapshot) -> None:
    """Raise CannotIssue for what no template can draw: behind a number nothing could be put right."""
    unprintable = glyphs.refusal("".join(text for _, text in checking.texts(snapshot)))
    if unprintable is not None:
        raise CannotIssue(unprintable, code="missing-glyph")
    try:
        checking.check(snapshot)
    except Invalid as fault:
        raise CannotIssue(fault.reason, code="undrawable") from fault
