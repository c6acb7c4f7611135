"""The monthly reconciliation: where every cent that was recharged is, for the installation and account by account."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from operator import attrgetter
from typing import Any

from flask import abort, render_template, request, url_for
from flask_babel import gettext, lazy_gettext

from backoffice import clock
from backoffice.accounts.models import Account
from backoffice.database import session
from backoffice.errors import N_, Message, NotFound
from backoffice.extensions import limiter
from backoffice.issuing import queries as issuing
from backoffice.ledger.queries import journal, months
from backoffice.ledger.queries.months import Month
from backoffice.ledger.rules import Figures
from backoffice.money import ZERO
from backoffice.permissions import Permission
from backoffice.review.queries import accounts as queries
from backoffice.review.views.plumbing import blueprint
from backoffice.web import exports, limits
from backoffice.web.exports import Column
from backoffice.web.filters import others, refuse_others
from backoffice.web.guards import guard
from backoffice.web.paging import PageRequest, paginate

_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")
_BATCH = 500

FIGURES = {
    "recharged": lazy_gettext("Recharged"),
    "refunded": lazy_gettext("Refunded"),
    "free": lazy_gettext("Free"),
    "reserved": lazy_gettext("Reserved"),
    "invoiced": lazy_gettext("Invoiced"),
    "debt": lazy_gettext("Debt"),
    "short": lazy_gettext("Short"),
}
# What the lines of the accounts show: each adds up by itself, so they are never mixed in one line.
WHEN = {
    "closing": lazy_gettext("At the end"),
    "moved": lazy_gettext("Moved in the month"),
    "opening": lazy_gettext("At the beginning"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file: one account, or the total."""

    code: str
    name: str
    month: Month


def _columns(first: date) -> list[Column]:
    """Each figure at the beginning, what moved, and at the end: so every line can be added up again."""
    closing = N_("%(figure)s now") if _is_unfinished(first) else N_("%(figure)s at the end")
    columns = [
        Column(lazy_gettext("Account code"), "code", lambda line: line.code),
        Column(lazy_gettext("Account"), "text", lambda line: line.name),
    ]
    for figure, name in FIGURES.items():
        for label, part in (
            (gettext("%(figure)s at the beginning", figure=name), "opening"),
            (gettext("%(figure)s in the month", figure=name), "moved"),
            (gettext(closing, figure=name), "closing"),
        ):
            columns.append(Column(label, "amount", attrgetter(f"month.{part}.{figure}")))
    return [*columns, Column(lazy_gettext("Difference"), "amount", lambda line: line.month.difference)]


@blueprint.get("/books")
@guard(Permission.SEE_BOOKS)
def books() -> str:
    """One month: the equation over all accounts, the register beside it, and the accounts page by page."""
    first, only = asked_month(), asked_account()
    when, figure = request.args.get("when", "closing"), request.args.get("figure", "")
    if when not in WHEN or figure not in ("", *FIGURES):
        abort(404)
    accounts = queries.accounts().where(Account.code == only) if only else queries.accounts()
    value = journal.figure_of(first, when, figure) if figure and not only else None
    if value is not None:
        accounts = accounts.where(value != ZERO)
    page = paginate(session, accounts, queries.ORDER, PageRequest.of(request.args))
    together = months.reconcile_all(first)
    lines = journal.lines_of(first)
    register = issuing.register_between(first, last_of(first))
    unfinished = _is_unfinished(first)
    called = {**WHEN, "closing": lazy_gettext("Now")} if unfinished else WHEN
    asked: dict[str, Any] = {"month": f"{first:%Y-%m}", **({"account": only} if page.items and only else {})}
    tabs = [
        (name, url_for("review.books", **asked, when=part, _anchor="accounts"), part == when and not figure, None)
        for part, name in called.items()
    ]
    return render_template(
        "review/books.html",
        first=first,
        unfinished=unfinished,
        months=_months(first),
        together=together,
        register=register,
        # The register keeps what was issued; what credit notes took back of it is a line of the journal alone.
        register_difference=together.moved.invoiced + lines.credited - register.gross,
        # Each line balances by the database's own rule. Whether one follows on the other is asked of every month;
        # whether they tell what the rows say of the present alone, since rows keep no past.
        lines=lines,
        lines_differ=lines.moved != together.moved,
        rows_differ=unfinished and months.recount() != together.closing,
        words=FIGURES,
        only=only,
        asked=asked,
        tabs=tabs,
        when=when,
        called=called,
        figure=figure,
        total=journal.accounts_with(value) if value is not None else None,
        left_out=others(request.args, ("month", "account", "when", "figure")),
        page=page,
        spans=_spans(first),
        months_of=months.reconcile(first, [account.id for account in page.items]),
        links=page.links(request.path, [*asked.items(), ("when", when), *([("figure", figure)] if figure else [])]),
    )


@blueprint.get("/books.<any(csv, xlsx):extension>")
@guard(Permission.SEE_BOOKS)
@limiter.limit(exports.EXPORTS, key_func=limits.who_asks)
def export_books(extension: str) -> Any:
    """The month as a file: a line for each account, or for the one that is asked for, and their total at the end."""
    refuse_others(request.args, ("month", "account"))
    first, only = asked_month(), asked_account()
    if only and not queries.is_code(only):
        raise NotFound(Message(N_("No account has the code %(code)s."), code=only[:40]))
    name = gettext("Reconciliation %(month)s", month=f"{first:%Y-%m}")
    return exports.answer(
        extension, _columns(first), _lines(first, only), name=name, ascii_name=f"reconciliation-{first:%Y-%m}"
    )


def _lines(first: date, only: str) -> Iterator[Line]:
    """Every account, or only one, with its month, some hundred at a time, and at the end what they add up to."""
    after, opening, closing = 0, Figures(), Figures()
    accounts = queries.accounts().order_by(Account.id).limit(_BATCH)
    if only:
        accounts = accounts.where(Account.code == only)
    while True:
        some = session.scalars(accounts.where(Account.id > after)).all()
        if not some:
            break
        told = months.reconcile(first, [account.id for account in some])
        for account in some:
            month = told[account.id]
            opening, closing = opening + month.opening, closing + month.closing
            yield Line(account.code, account.name, month)
        after = some[-1].id
    yield Line("", gettext("Total"), Month(opening, closing))


def asked_month() -> date:
    """The first day of the month the address names; this month unless it says otherwise."""
    month = request.args.get("month", "")
    if not month:
        return clock.today().replace(day=1)
    if _MONTH.fullmatch(month) is None:
        abort(404)
    return date.fromisoformat(f"{month}-01")


def asked_account() -> str:
    """The code of the one account that the address names; empty for all."""
    code = request.args.get("account", "")
    if "\x00" in code:
        abort(404)  # no code holds it, and PostgreSQL takes no such text
    return code


def _is_unfinished(first: date) -> bool:
    """Whether the month goes on, so that what stands at its end is what stands there now."""
    return last_of(first) >= clock.today()


def last_of(first: date) -> date:
    """The last day of the month that begins on `first`."""
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _spans(first: date) -> dict[str, dict[str, date]]:
    """The days of an account's statement that add up to a figure of each line, as its address names them."""
    before, last = first - timedelta(days=1), last_of(first)
    return {"opening": {"to": before}, "moved": {"from": first, "to": last}, "closing": {"to": last}}


def _months(first: date) -> list[tuple[date, str, bool]]:
    """The months since the journal began, newest first: first day, address, whether it is the one shown."""
    began = months.first_movement_at()
    month = clock.today().replace(day=1)
    earliest = clock.local_date(began, clock.zone()).replace(day=1) if began else month
    links = []
    while month >= earliest:
        links.append((month, url_for("review.books", month=f"{month:%Y-%m}"), month == first))
        month = (month - timedelta(days=1)).replace(day=1)
    return links
