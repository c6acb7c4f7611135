"""The register of a month as a file: invoices and credit notes in the order of their numbers, and what they come to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import chain
from typing import Any

from flask import request
from flask_babel import gettext, lazy_gettext

from backoffice.database import session
from backoffice.errors import N_, Message, NotFound
from backoffice.extensions import limiter
from backoffice.permissions import Permission
from backoffice.review.queries import register as queries
from backoffice.review.queries.register import Sum
from backoffice.review.views.books import asked_month, last_of
from backoffice.review.views.numbering import REGISTER
from backoffice.review.views.plumbing import blueprint
from backoffice.web import exports, limits
from backoffice.web.exports import Column, Sheet
from backoffice.web.filters import refuse_others
from backoffice.web.guards import guard
from backoffice.web.paging import every_row

_LINES = (
    ("invoice", lazy_gettext("Invoices")),
    ("credit_note", lazy_gettext("Credit notes")),
)
TOTALS = (
    Column(lazy_gettext("Kind"), "text", lambda line: line[0]),
    Column(lazy_gettext("Documents"), "number", lambda line: line[1].number),
    Column(lazy_gettext("Net"), "amount", lambda line: line[1].net),
    Column(lazy_gettext("Tax"), "amount", lambda line: line[1].tax),
    Column(lazy_gettext("Gross"), "amount", lambda line: line[1].gross),
)


@blueprint.get("/books/register.<any(csv, xlsx):extension>")
@guard(Permission.SEE_BOOKS)
@limiter.limit(exports.EXPORTS, key_func=limits.who_asks)
def export_register(extension: str) -> Any:
    """What is dated in a month, and what it comes to: a spreadsheet holds both, a CSV file the documents, or with
    `part=totals` the totals."""
    refuse_others(request.args, ("month", "part") if extension == "csv" else ("month",))
    first, part = asked_month(), request.args.get("part", "")
    if part not in ("", "totals"):
        raise NotFound(Message(N_("A register has no part %(part)s."), part=part[:40]))
    name, ascii_name = gettext("Register %(period)s", period=f"{first:%Y-%m}"), f"register-{first:%Y-%m}"
    title = gettext("Totals")
    if part:
        lines = totals_of(queries.sums_between(first, last_of(first)))
        return exports.answer(extension, TOTALS, lines, name=f"{name} {title}", ascii_name=f"{ascii_name}-totals")
    counted = Counted()
    totals = Sheet(title, TOTALS, counted.totals())
    rows = counted.counting(rows_of(first))
    return exports.answer(extension, REGISTER, rows, name=name, ascii_name=ascii_name, further=(totals,))


def rows_of(first: date) -> Iterator[Any]:
    """The register of a month in pieces; between two of them neither snapshot nor connection is held."""
    statements = queries.listed_between(first, last_of(first))
    return chain.from_iterable(every_row(session, statement, order) for statement, order in statements)


def totals_of(sums: Mapping[Any, Sum]) -> list[tuple[Any, Sum]]:
    """What each kind comes to, and both together: credit notes take away."""
    return [*((label, sums[kind]) for kind, label in _LINES), (gettext("Together"), sum(sums.values(), Sum()))]


class Counted:
    """Adds up the lines of a register while they are read, so that its totals are those of these very lines."""

    def __init__(self) -> None:
        self.sums: dict[Any, Sum] = {kind: Sum() for kind, _ in _LINES}

    def counting(self, rows: Iterable[Any]) -> Iterator[Any]:
        """The same lines, counted as they pass."""
        for row in rows:
            self.sums[row.kind] += Sum(1, row.net, row.tax, row.gross)
            yield row

    def totals(self) -> Iterator[tuple[Any, Sum]]:
        """The lines of `TOTALS`; to be read when all others were."""
        yield from totals_of(self.sums)
