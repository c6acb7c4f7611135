"""/dev/components: every component in every state, for people who build pages and for the accessibility tests.

Registered in demo mode only. Its form is a real one: sent empty it shows the errors, sent well it shows a toast.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, render_template, request
from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, EmailField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, Email, Length, Optional

from backoffice import clock
from backoffice.permissions import Permission, Role
from backoffice.web.filters import AmountRange, Choice, DateRange, FilterSet, Text
from backoffice.web.guards import PUBLIC, guard
from backoffice.web.paging import PageLinks

components_blueprint = Blueprint("dev_components", __name__, url_prefix="/dev/components")

STATES = ("pending", "approved", "issued", "rejected", "withdrawn")

FILTERS = FilterSet(
    Text("q", lazy_gettext("Search")),
    Choice(
        "status",
        lazy_gettext("Status"),
        [
            ("pending", lazy_gettext("Pending")),
            ("issued", lazy_gettext("Issued")),
            ("rejected", lazy_gettext("Rejected")),
        ],
    ),
    DateRange("date", lazy_gettext("Application date"), "from", "to"),
    AmountRange("amount", lazy_gettext("Amount")),
)


@dataclass(frozen=True, slots=True)
class SpecimenAccount:
    """The customer account of the person in the specimen's user menu."""

    name: str = "Lumen Robotics Ltd"


@dataclass(frozen=True, slots=True)
class SpecimenUser:
    """Somebody who sees every entry of the navigation; exists on this page only."""

    name: str = "Ada Lovelace"
    email: str = "ada@lumen.example"
    role: Role = Role.CUSTOMER
    account: SpecimenAccount = SpecimenAccount()

    def can(self, permission: Permission) -> bool:
        """Everything, so that the whole navigation shows."""
        return True


class SpecimenForm(FlaskForm):  # type: ignore[misc]  # flask-wtf has no types
    """One field of each kind."""

    header = SelectField(
        lazy_gettext("Invoice Header"),
        choices=[
            SelectChoice("", "—"),
            SelectChoice("1", "杭州云栖数据服务有限公司"),
            SelectChoice("2", "Lumen Robotics Ltd"),
        ],
        validators=[DataRequired(lazy_gettext("Choose an invoice header."))],
    )
    kind = RadioField(
        lazy_gettext("Type"),
        choices=[
            SelectChoice("enterprise", lazy_gettext("Enterprise")),
            SelectChoice("personal", lazy_gettext("Personal")),
        ],
        validators=[DataRequired(lazy_gettext("Choose a type."))],
    )
    amount = StringField(lazy_gettext("Invoice Amount"), validators=[DataRequired(lazy_gettext("Enter an amount."))])
    email = EmailField(
        lazy_gettext("Receiving Email"),
        validators=[
            DataRequired(lazy_gettext("Enter an email address.")),
            Email(lazy_gettext("Not an email address.")),
        ],
    )
    day = DateField(lazy_gettext("Application date"), validators=[Optional()])
    remarks = TextAreaField(lazy_gettext("Remarks"), validators=[Length(max=200)])
    default = BooleanField(lazy_gettext("Use this header by default"))


@dataclass(frozen=True, slots=True)
class SpecimenRow:
    """A request as the specimen's tables show it."""

    number: str
    header: str
    amount: Decimal
    state: str
    applied_at: datetime
    due_on: date
    tag: str | None


def _rows() -> list[SpecimenRow]:
    now = clock.now()
    names = (
        "杭州云栖数据服务有限公司",
        "Lumen Robotics Ltd",
        "Northwind Analytics GmbH",
        "上海知微文化传媒有限公司",
        "Atlas",
    )
    tags = ("overdue", "due_today", None, "short", None)
    return [
        SpecimenRow(
            f"IR-20261116-{104180 + i}",
            name,
            Decimal("31239.50") * (i + 1) / (i + 2),
            STATES[i % len(STATES)],
            now - timedelta(days=7 - i, hours=i),
            (now + timedelta(days=i - 1)).date(),
            tags[i % len(tags)],
        )
        for i, name in enumerate(names)
    ]


def _forms() -> dict[str, Any]:
    """The sent form where there is one, and beside it one that was refused, so that errors always show."""
    refused = SpecimenForm(
        formdata=None, meta={"csrf": False}, prefix="refused", amount="1,23", remarks="HT-2026-118 " * 16
    )
    refused.validate()
    return {"specimen_form": SpecimenForm(), "refused_form": refused}


@components_blueprint.route("", methods=["GET", "POST"])
@guard(PUBLIC)
def show() -> str:
    """Show all components; a POST checks the specimen form."""
    forms = _forms()
    if request.method == "POST" and forms["specimen_form"].validate():
        flash(gettext("Your request was submitted."), "success")
    here = request.path
    return render_template(
        "dev/components.html",
        current_user=SpecimenUser(),
        states=STATES,
        rows=_rows(),
        filters=FILTERS.parse(request.args),
        middle_page=PageLinks(here, here, here, here),
        first_page=PageLinks(None, None, here, here),
        now=clock.now(),
        yesterday=clock.now() - timedelta(days=1),
        tomorrow=clock.now() + timedelta(days=1),
        **forms,
    )
