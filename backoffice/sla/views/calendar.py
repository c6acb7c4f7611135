"""The business calendar: twelve months of a year, and changes that show whom they move before they are saved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from flask_login import current_user

from backoffice import clock
from backoffice.calendars import files, queries, services
from backoffice.calendars.rules import FIRST_YEAR, LAST_YEAR, DayKind, KnownYears, fingerprint
from backoffice.database import transaction
from backoffice.errors import N_, Conflict, Invalid, Message
from backoffice.permissions import Permission
from backoffice.sla.forms import PLAIN, CalendarFileForm, DaysForm
from backoffice.sla.queries import moves, year
from backoffice.sla.views import provenance
from backoffice.sla.views.plumbing import blueprint
from backoffice.web import asides, kept_forms
from backoffice.web.downloads import attachment
from backoffice.web.errors import translate
from backoffice.web.formatting import weekday_names
from backoffice.web.forms import apply_errors, parse_day
from backoffice.web.guards import current_actor, guard
from backoffice.web.kept_forms import keep_typed
from backoffice.web.navigation import NavItem, register

_INVALID = 422
# A file of the page is shown again between the look at it and saving; a century fits.
_FILE_LIMIT = 200_000
_VERSIONS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that is looked at: the days it changes, whom it moves, and the word that saving it has to bring back."""

    changed: list[tuple[year.Day, year.Day]]
    settled: list[int]
    sparse: list[tuple[int, int, int]]
    moves: moves.Moves
    seen: str


def init(app: Flask) -> None:
    """Add the calendar to the navigation of `app`."""
    item = NavItem("sla.calendar", lazy_gettext("Calendar"), "calendar-days", Permission.SEE_SERVICE_LEVEL, order=31)
    register(app, item)


@blueprint.route("/admin/calendar", methods=["GET"])
@guard(Permission.SEE_SERVICE_LEVEL, Permission.ADMINISTER)
def calendar() -> Any:
    """A year of the calendar in force (`?year=`); `?day=` puts a day into the administrator's form."""
    day = parse_day(request.args.get("day", ""))
    began = {"first": day or clock.today(), "last": None, "kind": DayKind.HOLIDAY.value}
    return _page(kept_forms.begin(DaysForm, began), CalendarFileForm(formdata=None))


@blueprint.post("/admin/calendar")
@guard(Permission.ADMINISTER, rescue=keep_typed)
def change_days() -> Any:
    """Show what a change of days does, or save it once its author has seen that."""
    form, other = DaysForm(), CalendarFileForm(formdata=None)
    if asides.is_asked():
        return kept_forms.step_aside(None, lambda: _page(form, other))
    if not form.validate():
        return _page(form, other), _INVALID
    first = form.first.data
    kind = None if form.kind.data == PLAIN else DayKind(form.kind.data)
    try:
        found = services.edited(first, form.last.data or first, kind, form.name.data or "")
    except Invalid as refusal:
        apply_errors(form, refusal)
        return _page(form, other), _INVALID
    return _answer(found, "page", form, (form, other))


@blueprint.post("/admin/calendar/file")
@guard(Permission.ADMINISTER, rescue=keep_typed)
def import_calendar() -> Any:
    """The same for whole years from a file."""
    form, other = CalendarFileForm(), DaysForm(formdata=None, data={"first": clock.today()})
    if asides.is_asked():
        return asides.go_on(url_for("sla.calendar"))
    try:
        form.content.data = _text_of(form)
        found = services.read(form.content.data)
    except Invalid as refusal:
        apply_errors(form, refusal)
        return _page(other, form), _INVALID
    return _answer(found, "file", form, (other, form))


@blueprint.get("/admin/calendar.csv")
@guard(Permission.SEE_SERVICE_LEVEL, Permission.ADMINISTER)
def export_calendar() -> Response:
    """The special days of a year of the calendar in force, as they can be imported again."""
    shown = _year()
    days = {day: one for day, one in queries.current_calendar().special.items() if day.year == shown}
    return attachment(files.write(days).encode(), "text/csv; charset=utf-8", f"calendar-{shown}.csv")


def _text_of(form: CalendarFileForm) -> str:
    """What the file says, or what was read of it for the look before. Raises Invalid (field `file`)."""
    if not form.file.data:
        if form.content.data:
            return str(form.content.data).replace("\r\n", "\n")
        raise Invalid({"file": [Message(N_("Choose a file."))]})
    content = form.file.data.read(_FILE_LIMIT + 1)
    if len(content) > _FILE_LIMIT:
        raise Invalid({"file": [Message(N_("The file is too large for a calendar."))]})
    try:
        return str(content.decode("utf-8-sig")).replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise Invalid({"file": [Message(N_("The file is not UTF-8 text."))]}) from None


def _answer(found: KnownYears, source: str, form: DaysForm | CalendarFileForm, forms: tuple[Any, Any]) -> Any:
    """Save what was looked at, or show what the change does."""
    proposal = _proposal(found)
    if "save" not in request.form or form.seen.data != proposal.seen:
        if "save" in request.form:
            flash(gettext("This is what the change does now. Look at it, then save."), "warning")
        form.seen.data = proposal.seen
        return _page(*forms, proposal)
    try:
        with transaction():
            reason = form.reason.data or ""
            services.change(
                current_actor(), found, source=source, reason=reason, base=queries.current_version_id(), now=clock.now()
            )
    except Invalid as refusal:
        apply_errors(form, refusal)
        return _page(*forms, proposal), _INVALID
    except Conflict as refusal:
        flash(translate(refusal.message), "warning")
        return _page(*forms, _proposal(found)), 409
    later = proposal.moves.later
    flash(gettext("The calendar is saved. %(count)s open requests get a later day within a minute.", count=later)
          if later else gettext("The calendar is saved. No promised day moves."), "success")  # fmt: skip
    return kept_forms.done(redirect(url_for("sla.calendar", year=max(found.years)), 303), url_for("sla.calendar"))


def _proposal(found: KnownYears) -> Proposal:
    current = queries.current_version()
    before, after = queries.calendar_of(current), services.calendar_with(found)
    changed = year.changes(before, after, found.years)
    settled = [one for one in sorted(found.years) if before.is_provisional(one) and not found.years[one]]
    content = fingerprint(found.weekend, after.special, after.years)
    sparse = year.sparse(before, after, found.years)
    return Proposal(changed, settled, sparse, moves.who_moves(after), f"{current.id}-{content}")


def _year() -> int:
    typed = request.args.get("year", "")
    if typed.isascii() and typed.isdigit() and FIRST_YEAR <= int(typed[:4]) <= LAST_YEAR:
        return int(typed[:4])
    return clock.today().year


def _page(form: DaysForm, file_form: CalendarFileForm, proposal: Proposal | None = None) -> str:
    version = queries.current_version()
    in_force = queries.calendar_of(version)
    shown = form.first.data.year if request.method == "POST" and form.first.data else _year()
    return render_template(
        "sla/calendar.html",
        form=form,
        file_form=file_form,
        proposal=proposal,
        of_file=proposal is not None and request.endpoint == "sla.import_calendar",
        months=year.months_of(in_force, shown),
        year=shown,
        years=sorted(in_force.years),
        provisional=in_force.is_provisional(shown),
        version=version,
        provenance=provenance.told,
        versions=queries.newest_versions(_VERSIONS_SHOWN),
        today=clock.today(),
        weekdays=weekday_names(),
        may_change=current_user.can(Permission.ADMINISTER),
        sources={"library": gettext("Holiday library"), "file": gettext("File"), "page": gettext("This page")},
    )
