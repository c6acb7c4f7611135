"""The month's bill: what its days add up to, what waits, and what was invoiced."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

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


def month_asked_for() -> tuple[Month, list[Month]]:
    """The month that the address names, the present one where it names none of the account's; and all of them."""
    months = queries.months(account_id(), clock.today())
    named = _MONTH.fullmatch(request.args.get("month", ""))
    if named and int(named[1]) in _YEARS:
        month = Month(date(int(named[1]), int(named[2]), 1))
        if month in months:
            return month, months
    return (months[0] if months else Month.of(clock.today())), months


@blueprint.get("/bills")
@guard(Permission.SEE_OWN_INVOICES)
def bill() -> str:
    """The bill of a month."""
    month, months = month_asked_for()
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
        series=SERIES,
        issued=issued,
        credited=entries.credited(issued.items),
        links=issued.links(request.path, [("month", str(month))]),
        exports=[
            (kind.upper(), url_for("portal.export_bill", extension=kind, month=month)) for kind in ("csv", "xlsx")
        ],
        under_way=month.last >= clock.today(),
        unknown=request.args.get("month", "")[:20] if request.args.get("month", str(month)) != str(month) else "",
    )


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
