"""The monthly reconciliation: where every cent that was recharged is, for the installation and account by account."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from flask import abort, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import select
from sqlalchemy.orm import load_only

from backoffice import clock
from backoffice.accounts.models import Account
from backoffice.database import session
from backoffice.extensions import limiter
from backoffice.issuing import queries as issuing
from backoffice.ledger import queries as ledger
from backoffice.ledger.queries import Month
from backoffice.permissions import Permission
from backoffice.review.views.plumbing import blueprint
from backoffice.web import exports, limits
from backoffice.web.exports import Column
from backoffice.web.guards import guard
from backoffice.web.paging import PageRequest, paginate

_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")
_BATCH = 500

COLUMNS = (
    Column(lazy_gettext("Account code"), "code", lambda row: row[0].code),
    Column(lazy_gettext("Account"), "text", lambda row: row[0].name),
    Column(lazy_gettext("Free at the beginning"), "amount", lambda row: row[1].opening.free),
    Column(lazy_gettext("Recharged"), "amount", lambda row: row[1].moved.recharged),
    Column(lazy_gettext("Refunded"), "amount", lambda row: row[1].moved.refunded),
    Column(lazy_gettext("Invoiced"), "amount", lambda row: row[1].moved.invoiced),
    Column(lazy_gettext("Recharged in all"), "amount", lambda row: row[1].closing.recharged),
    Column(lazy_gettext("Refunded in all"), "amount", lambda row: row[1].closing.refunded),
    Column(lazy_gettext("Free"), "amount", lambda row: row[1].closing.free),
    Column(lazy_gettext("Reserved"), "amount", lambda row: row[1].closing.reserved),
    Column(lazy_gettext("Invoiced in all"), "amount", lambda row: row[1].closing.invoiced),
    Column(lazy_gettext("Debt"), "amount", lambda row: row[1].closing.debt),
    Column(lazy_gettext("Short"), "amount", lambda row: row[1].closing.short),
    Column(lazy_gettext("Difference"), "amount", lambda row: row[1].difference),
)


@blueprint.get("/books")
@guard(Permission.SEE_BOOKS)
def books() -> str:
    """One month: the equation over all accounts, the register beside it, and the accounts page by page."""
    first = _asked()
    page = paginate(session, _accounts(), [(Account.code, "asc"), (Account.id, "asc")], PageRequest.of(request.args))
    together = ledger.reconcile_all(first)
    register = issuing.register_between(first, _last(first))
    unfinished = _last(first) >= clock.today()
    return render_template(
        "review/books.html",
        first=first,
        unfinished=unfinished,
        months=_months(first),
        together=together,
        register=register,
        register_difference=together.moved.invoiced - register.gross,
        # The journal balances by the database's own rule; whether it tells what the rows say is the question.
        rows_differ=unfinished and ledger.recount() != together.closing,
        page=page,
        months_of=ledger.reconcile(first, [account.id for account in page.items]),
        links=page.links(request.path, [("month", f"{first:%Y-%m}")]),
    )


@blueprint.get("/books.<any(csv, xlsx):extension>")
@guard(Permission.SEE_BOOKS)
@limiter.limit(exports.EXPORTS, key_func=limits.who_asks)
def export_books(extension: str) -> Any:
    """The month, a line for each account, as a file."""
    first = _asked()
    name = gettext("Reconciliation %(month)s", month=f"{first:%Y-%m}")
    return exports.answer(extension, COLUMNS, _lines(first), name=name, ascii_name=f"reconciliation-{first:%Y-%m}")


def _lines(first: date) -> Iterator[tuple[Account, Month]]:
    """Every account with its month, some hundred at a time."""
    after = 0
    while True:
        some = session.scalars(_accounts().where(Account.id > after).order_by(Account.id).limit(_BATCH)).all()
        if not some:
            return
        months = ledger.reconcile(first, [account.id for account in some])
        yield from ((account, months[account.id]) for account in some)
        after = some[-1].id


def _accounts() -> Any:
    return select(Account).options(load_only(Account.id, Account.code, Account.name))


def _asked() -> date:
    """The first day of the month the address names; this month unless it says otherwise."""
    month = request.args.get("month", "")
    if not month:
        return clock.today().replace(day=1)
    if _MONTH.fullmatch(month) is None:
        abort(404)
    return date.fromisoformat(f"{month}-01")


def _last(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _months(first: date) -> list[tuple[date, str, bool]]:
    """The months since the journal began, newest first: first day, address, whether it is the one shown."""
    began = ledger.first_movement_at()
    month = clock.today().replace(day=1)
    earliest = clock.local_date(began, clock.zone()).replace(day=1) if began else month
    months = []
    while month >= earliest:
        months.append((month, url_for("review.books", month=f"{month:%Y-%m}"), month == first))
        month = (month - timedelta(days=1)).replace(day=1)
    return months
