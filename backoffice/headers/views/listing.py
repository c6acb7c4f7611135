"""The account's headers: the list, those that were removed, and the history of one."""

from __future__ import annotations

from flask import render_template
from flask_babel import gettext

from backoffice.audit import queries as audit
from backoffice.headers import labels, queries, rules
from backoffice.headers.models import InvoiceHeader
from backoffice.headers.views.plumbing import HISTORY_SHOWN, ONE, account_id, blueprint
from backoffice.permissions import Permission
from backoffice.web.guards import guard


@blueprint.get("")
@guard(Permission.MANAGE_HEADERS)
def list_headers() -> str:
    """The account's headers, the default first, whichever of its people made them."""
    cards = queries.cards_of(account_id())
    return render_template("headers/list.html", cards=cards, statuses={c.header.id: _status(c.header) for c in cards})


@blueprint.get("/removed")
@guard(Permission.MANAGE_HEADERS)
def removed() -> str:
    """The account's headers that somebody removed, the last one first; each can be brought back."""
    return render_template("headers/removed.html", cards=queries.removed_cards_of(account_id()))


@blueprint.get(f"{ONE}/history")
@guard(Permission.MANAGE_HEADERS)
def history(header_id: int) -> str:
    """Who changed what of a header, and when; of removed ones as well."""
    header = queries.any_header_of(account_id(), header_id)
    events = audit.latest_events_of("invoice_header", header.id, limit=HISTORY_SHOWN + 1)
    return render_template(
        "headers/history.html",
        header=header,
        entries=labels.history(events[:HISTORY_SHOWN]),
        shown=HISTORY_SHOWN if len(events) > HISTORY_SHOWN else None,
    )


def _status(header: InvoiceHeader) -> tuple[str, str] | None:
    """A tag for a tax ID that is not simply right."""
    result = rules.tax_id_of({"kind": header.kind, "tax_id": header.tax_id, "country": header.country})
    if result is not None and result.outcome == rules.TaxIdOutcome.LEGACY:
        return (
            ("warn", gettext("Legacy tax ID, or mistyped")) if result.doubt else ("neutral", gettext("Legacy tax ID"))
        )
    if result is not None and result.outcome == rules.TaxIdOutcome.WRONG_CHECK_DIGIT:
        return "warn", gettext("Check digit does not fit")
    return None
