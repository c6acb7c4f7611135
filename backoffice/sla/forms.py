"""What an administrator says about days of the calendar. The rules are `calendars.services`'."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import HiddenField, SelectField, StringField

from backoffice.calendars.rules import DayKind
from backoffice.web.forms import DateField, Required, TextAreaField, choices
from backoffice.web.kept_forms import KeptForm

PLAIN = "plain"
KINDS = {
    DayKind.HOLIDAY.value: _l("Holiday"),
    DayKind.WORKDAY.value: _l("Working weekend day"),
    PLAIN: _l("As its weekday says"),
}


class _ChangeForm(KeptForm):
    """Why the calendar changes, and which change its author has looked at: the version below it and its content."""

    reason = TextAreaField(_l("Reason"), default="", render_kw={"maxlength": 1000})
    seen = HiddenField(default="")


class DaysForm(_ChangeForm):
    """One day, or a span of days, that becomes something else."""

    needed = ("first", "kind", "reason")

    first = DateField(_l("First day"), validators=[Required()])
    last = DateField(_l("Last day"))
    kind = SelectField(_l("Is"), choices=choices(KINDS.items()), default=DayKind.HOLIDAY.value)
    name = StringField(_l("Name"), default="", render_kw={"maxlength": 120})


class CalendarFileForm(_ChangeForm):
    """Whole years as a CSV file. Its text stays in the form between the look at it and saving."""

    needed = ("file", "reason")

    file = FileField(_l("CSV file"), id="calendar-file", render_kw={"accept": ".csv,text/csv"})
    content = HiddenField(default="")
    # Beside the other form on one page: another id.
    reason = TextAreaField(_l("Reason"), id="file-reason", default="", render_kw={"maxlength": 1000})
