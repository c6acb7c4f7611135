"""The month's bill: what its days add up to, what waits, and what was invoiced."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from babel.numbers import format_compact_decimal
from flask import render_template, request, url_for
from flask_babel import get_locale, gettext

from backoffice import clock, database
from backoffice.ledger.models import EntryKind
from backoffice.permissions import Permission
from backoffice.portal import labels
from backoffice.portal.queries import bills as queries
from backoffice.portal.queries.bills import Bill, Month
from backoffice.portal.views.plumbing import account_id, blueprint
from backoffice.requests.queries import entries
from backoffice.web import charts
from backoffice.web.filters import others
from backoffice.web.formatting import amount, day
from backoffice.web.guards import guard
from backoffice.web.paging import PageRequest, paginate

_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_YEARS = range(1970, 2200)
_MONTH_PATTERNS = {"zh": "y年M月"}
ISSUED_ON_A_PAGE = 20
# What comes in stands above the line, what goes out below; recharges and consumption next to it.
SERIES = (
    charts.Series(EntryKind.RECHARGE),
    charts.Series(EntryKind.GRANT),
    charts.Series(EntryKind.CONSUMPTION, down=True),
    charts.Series(EntryKind.REFUND, down=True),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """The month that an address is about, and all of the account's; `unknown` is what it names and there is none."""

    month: Month
    months: list[Month]
    unknown: str = ""

    @property
    def under_way(self) -> bool:
        """Whether the month is not over."""
        return self.month.last >= clock.today()

    @property
    def steps(self) -> dict[str, Any]:
        """What the steps of its bill are called: a month that is not over has no end yet."""
        return {**labels.steps, "closing": labels.CLOSING_SO_FAR} if self.under_way else labels.steps


def asked_for() -> Asked:
    """The month that the address names; the newest where it names none, or none of the account's."""
    months = queries.months(account_id(), clock.today())
    newest = months[0] if months else Month.of(clock.today())
    typed = request.args.get("month", "").strip()
    named = _MONTH.fullmatch(typed)
    if named and int(named[1]) in _YEARS:
        month = Month(date(int(named[1]), int(named[2]), 1))
        if month == newest or month in months:
            return Asked(month, months)
    return Asked(newest, months, typed[:20])


@blueprint.get("/bills")
@guard(Permission.SEE_OWN_INVOICES)
def bill() -> str:
    """The bill of a month."""
    asked = asked_for()
    month, months = asked.month, asked.months
    if not months:
        return render_template("portal/bills/none.html")
    shown = queries.bill(account_id(), month)
    listed = queries.issued(account_id(), month)
    issued = paginate(
        database.session, listed, queries.ISSUED_ORDER, PageRequest.of(request.args), size=ISSUED_ON_A_PAGE
    )
    return render_template(
        "portal/bills/bill.html",
        bill=shown,
        title=month_name(month),
        months=[(str(each), month_name(each), each == month) for each in months],
        previous=month.previous if month.previous in months else None,
        following=month.following if month.following in months else None,
        chart=chart(shown),
        narrow=chart(shown, charts.NARROW),
        described={on: _described(on, sums) for on, sums in shown.days.items()},
        kinds=labels.kind_sums,
        statuses=labels.entry_statuses,
        steps=asked.steps,
        series=SERIES,
        issued=issued,
        credited=entries.credited(issued.items),
        links=issued.links(request.path, [("month", str(month))]),
        exports=_files(month),
        under_way=asked.under_way,
        unknown=asked.unknown,
        left_out=others(request.args, ("month",)),
    )


def _files(month: Month) -> list[tuple[str, str]]:
    """Name and address of the month's bill as each kind of file: a CSV file holds one list."""
    lists = [
        (f"CSV: {name}", url_for("portal.export_bill", extension="csv", month=month, part=part))
        for part, name in labels.bill_parts.items()
    ]
    return [*lists, ("XLSX", url_for("portal.export_bill", extension="xlsx", month=month))]


def chart(shown: Bill, width: float = charts.WIDTH) -> charts.Chart | None:
    """The month's days as bars, or None when nothing completed in it."""

    def sums(on: date, kind: str) -> Decimal:
        return shown.days.get(on, {}).get(kind, queries.NOTHING).amount

    return charts.stacked(shown.month.days, SERIES, sums, _compact, width=width)


def month_name(month: Month) -> str:
    """A month as the reader's language writes it."""
    language = str(get_locale() or "en")
    return format_date(month.first, _MONTH_PATTERNS.get(language.split("_")[0], "MMMM y"), locale=language)


def _compact(value: Decimal) -> str:
    """A round figure of the scale, in few signs: 50K, 20万."""
    return format_compact_decimal(value, format_type="short", locale=str(get_locale() or "en"), fraction_digits=2)


def _described(on: date, sums: dict[str, queries.Sum]) -> str:
    told = [
        gettext("%(kind)s %(amount)s", kind=str(labels.kind_sums[each.name]), amount=amount(sums[each.name].amount))
        for each in SERIES
        if each.name in sums
    ]
    return f"{day(on).striptags()}: {' · '.join(told)}"
