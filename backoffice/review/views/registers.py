"""What the sentences of the reconciliation speak of: the month's lines of the journal and its registers."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext, lazy_gettext

from backoffice.database import session
from backoffice.issuing import queries as issuing
from backoffice.ledger.queries import journal as queries
from backoffice.permissions import Permission
from backoffice.requests.queries import entries
from backoffice.review import labels
from backoffice.review.queries import credits
from backoffice.review.queries import register as register_queries
from backoffice.review.views.accounts import entry_base, request_base
from backoffice.review.views.books import FIGURES, asked_month, last_of
from backoffice.review.views.chain import sealed
from backoffice.review.views.plumbing import blueprint
from backoffice.web.filters import FilterSet, OneOf, others
from backoffice.web.guards import current_actor, guard
from backoffice.web.paging import Page, PageRequest, paginate

LINES = FilterSet(OneOf("kind", lazy_gettext("What"), list(labels.movements.items())), beside=("month",))


@blueprint.get("/books/journal")
@guard(Permission.SEE_BOOKS)
def journal() -> str:
    """The lines of a month over all accounts, newest first, of one kind if asked for, and what they add up to."""
    first, filters = asked_month(), LINES.parse(request.args)
    listed = entries.lines_of_month(first, filters["kind"])
    asked = PageRequest.of(request.args)
    page = paginate(session, listed, entries.STATEMENT_ORDER, asked, key=entries.place_in_statement)
    month = f"{first:%Y-%m}"
    return render_template(
        "review/journal.html",
        first=first,
        month=month,
        filters=filters,
        lines=queries.lines_of(first, filters["kind"]),
        words=FIGURES,
        movements=labels.movements,
        page=page,
        links=page.links(request.path, [("month", month), *filters.query]),
        entry_base=entry_base(),
        requests=request_base(),
    )


@blueprint.get("/books/register")
@guard(Permission.SEE_BOOKS)
def register() -> str:
    """The invoices dated in a month, newest first; its totals tell what credit notes of the month take off."""
    first = asked_month()
    listed = issuing.register(first, last_of(first))
    page = paginate(session, listed, issuing.REGISTER_ORDER, PageRequest.of(request.args))
    return render_template("review/register.html", page=page, **_about_month(first, page))


@blueprint.get("/books/credits")
@guard(Permission.SEE_BOOKS)
def credit_register() -> str:
    """The credit notes dated in a month, newest first, beside the same totals."""
    first = asked_month()
    listed = credits.register(first, last_of(first))
    page = paginate(session, listed, credits.REGISTER_ORDER, PageRequest.of(request.args))
    may_open = current_actor().can(Permission.SEE_QUEUE)
    return render_template("review/credit_register.html", page=page, may_open=may_open, **_about_month(first, page))


def _about_month(first: date, page: Page[Any]) -> dict[str, object]:
    """What both registers say of the month, and the files that hold both."""
    last, month = last_of(first), f"{first:%Y-%m}"
    invoices = issuing.register_between(first, last)
    notes, taken_back = credits.total(first, last)
    return {
        "first": first,
        "month": month,
        "invoices": invoices,
        "notes": notes,
        "taken_back": taken_back,
        "documents": register_queries.documents_between(first, last),
        "files": [
            (label, url_for("review.export_register", extension=extension, month=month, part=part))
            for label, extension, part in (
                (gettext("CSV"), "csv", None),
                (gettext("Excel"), "xlsx", None),
                (gettext("Totals as CSV"), "csv", "totals"),
            )
        ],
        "left_out": others(request.args, ("month",)),
        "links": page.links(request.path, [("month", month)]),
        "requests": request_base(),
        "sealed": sealed(),
    }
