"""What will break next: the forecast of the backlog, who misses the promised day, and how good the last one was."""

from __future__ import annotations

from datetime import date, timedelta

from flask import render_template, request
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import select

from backoffice import clock, scheduling
from backoffice.database import session
from backoffice.permissions import Permission
from backoffice.requests.models import InvoiceRequest
from backoffice.review.queries import queue as review
from backoffice.sla.charts.chart import Chart, Ink, Kind, Point, Series, Stroke
from backoffice.sla.charts.plot import plotted
from backoffice.sla.forecast import Forecast, Method, Outlook
from backoffice.sla.messages import definitions
from backoffice.sla.messages.charts import moments, plain_day
from backoffice.sla.queries import coming as queries
from backoffice.sla.queries import terms
from backoffice.sla.queries.coming import Happened
from backoffice.sla.views import asking
from backoffice.sla.views.plumbing import blueprint
from backoffice.web.guards import guard

# A desk that is to be empty later than in a year is no plan.
_FARTHEST = timedelta(days=366)


@blueprint.get("/sla/forecast")
@guard(Permission.SEE_SERVICE_LEVEL)
def forecast() -> str:
    """What is to be expected in the coming two weeks, and the pace that it takes (?by=)."""
    now, today = clock.now(), clock.today()
    typed = request.args.get("by", "")
    by, fault = _day(typed, today)
    told = queries.coming(now, by)
    return render_template(
        "sla/forecast.html",
        told=told,
        to=asking.addresses(),
        glossary=definitions.of_forecast(terms.in_force(today).days),
        other=told.forecast.method.other.value if told.forecast else None,
        life=scheduling.life(now),
        naive=told.forecast is not None and told.forecast.method == Method.NAIVE,
        ahead=plotted(_ahead(told.forecast)) if told.forecast else None,
        before=plotted(_before(told.last_month)) if told.last_month else None,
        rows=_rows(told.missing),
        today=today,
        typed=typed or told.clear_by.isoformat(),
        fault=fault,
        may_open=current_user.can(Permission.SEE_QUEUE),
    )


def _day(typed: str, today: date) -> tuple[date | None, str | None]:
    """The day that was asked for; None with what is wrong with it."""
    if not typed:
        return None, None
    try:
        by = date.fromisoformat(typed)
    except ValueError:
        return None, gettext("This is no date. Use the form year-month-day, e.g. 2026-03-31.")
    if not today <= by <= today + _FARTHEST:
        return None, gettext("Choose a day from today on, within a year.")
    return by, None


def _rows(turns: tuple[Outlook, ...]) -> list[tuple[review.Listed, Outlook]]:
    by_id = {turn.key: turn for turn in turns}
    wanted = review.as_rows(select(InvoiceRequest).where(InvoiceRequest.id.in_(by_id)))
    found = map(review.Listed._make, session.execute(wanted).all())
    return sorted(((row, by_id[row.id]) for row in found), key=lambda each: (each[1].due_on, each[0].id))


def _ahead(told: Forecast) -> Chart:
    return Chart(
        "ahead",
        gettext("Expected backlog"),
        Kind.LINES,
        (
            Series(gettext("Expected"), _line(told, told.method), Ink.ACCENT, Stroke.SOLID),
            Series(_name(told.method.other), _line(told, told.method.other), Ink.QUIET, Stroke.DOTTED),
        ),
        gettext("Day"),
        summary=gettext("From what was known when today began: what has happened since is not in it."),
        whole=False,
        moments=moments(one.day for one in told.days),
    )


def _name(method: Method) -> str:
    return str(gettext("As last week") if method == Method.NAIVE else gettext("By weekday and trend"))


def _line(told: Forecast, method: Method) -> tuple[Point, ...]:
    values = ((one.day, one.backlog(method)) for one in told.days)
    return tuple(Point(plain_day(on), value, f"{value:,.1f}") for on, value in values)


def _before(happened: Happened) -> Chart:
    told = happened.told
    real = zip(told.days, happened.backlog, strict=True)
    return Chart(
        "before",
        gettext("Last month's forecast"),
        Kind.LINES,
        (
            Series(
                gettext("What came of it"), tuple(Point(plain_day(one.day), n, f"{n:,}") for one, n in real), Ink.ACCENT
            ),
            Series(gettext("Expected"), _line(told, told.method), Ink.WARN, Stroke.DASHED),
        ),
        gettext("Day"),
        whole=False,
        moments=moments(one.day for one in told.days),
    )
