"""The page of open work: what waits for somebody in finance, how old it is, and where it is mended."""

from __future__ import annotations

from flask import render_template
from flask_babel import lazy_gettext
from flask_login import current_user

from backoffice import clock
from backoffice.errors import Message
from backoffice.permissions import Permission
from backoffice.review import labels
from backoffice.review.queries import work as queries
from backoffice.review.queries.work import Kind
from backoffice.review.views.plumbing import blueprint
from backoffice.web.errors import translate
from backoffice.web.guards import guard

TITLES = {
    Kind.STOPPED: lazy_gettext("Issuing is stopped"),
    Kind.DEBT: lazy_gettext("Invoice debt"),
    Kind.CREDIT: lazy_gettext("Credit notes to confirm"),
    Kind.CREDIT_FAILED: lazy_gettext("Credit notes without a document"),
    Kind.WISH: lazy_gettext("Corrections that customers ask for"),
    Kind.SHORT: lazy_gettext("Short requests"),
    Kind.ISSUE_FAILED: lazy_gettext("Invoices that cannot be issued"),
    Kind.MAIL: lazy_gettext("Mail that failed"),
    Kind.CONFLICT: lazy_gettext("Import conflicts"),
    Kind.REFUND: lazy_gettext("Refunds without their recharge"),
    Kind.POLICY: lazy_gettext("Policies to confirm"),
    Kind.CALENDAR: lazy_gettext("Provisional or missing calendar"),
}
REMEDIES = {
    Kind.STOPPED: lazy_gettext(
        "Nothing gets a number, while promised days come nearer. Mend what the reason says, then let it go on."
    ),
    Kind.DEBT: lazy_gettext(
        "Money was refunded after it was invoiced. Finance has to correct the invoice; a new recharge does not close"
        " the item. Until then the account can invoice that much less."
    ),
    Kind.CREDIT: lazy_gettext(
        "A colleague wants to take back a part of an invoice. Look at the draft, then confirm it or turn it down."
    ),
    Kind.CREDIT_FAILED: lazy_gettext("It has its number. Mend what the reason says, then let the worker try again."),
    Kind.WISH: lazy_gettext(
        "A customer wants an invoice taken back, or issued to another header. The page of the request leads to the form"
        " filled in, or says no with your remarks."
    ),
    Kind.SHORT: lazy_gettext(
        "A refund took money that the request had reserved. The next free money of the account covers it by itself;"
        " otherwise reject it, with the reason."
    ),
    Kind.ISSUE_FAILED: lazy_gettext("Mend what the reason says, then let the worker try again."),
    Kind.MAIL: lazy_gettext(
        "The mail server refused for good, or the mail came back. Correct the address and send it again, or let the "
        "customer do so from the page of the request; a notice is settled once the invoice has arrived."
    ),
    Kind.CONFLICT: lazy_gettext(
        "A file says something else than the books, which stay as they are. Ask the platform which is right; a later"
        " file that agrees with the books closes the item, or an administrator settles it with a reason."
    ),
    Kind.REFUND: lazy_gettext(
        "The recharge is not known under the source of its refund, not completed, or smaller than its refunds. Its"
        " completion closes the item; if it never comes, or the refund does not fit, let the platform tell the refund"
        " as failed: it took nothing off. Where another source has the recharge, import the refund once more under"
        " that one."
    ),
    Kind.POLICY: lazy_gettext(
        "An administrator wants to change the four-eyes threshold or the tax. Another administrator looks at what it"
        " does, then confirms it or turns it down."
    ),
    Kind.CALENDAR: lazy_gettext(
        "The official holidays of this year are not known yet, so promised days may move. Import them on the page of"
        " the calendar once they are published."
    ),
}


@blueprint.get("/work")
@guard(Permission.SEE_BOOKS)
def work() -> str:
    """Every open item, by kind; an empty page says that nothing waits."""
    today = clock.today()
    sections = [(kind, TITLES[kind], REMEDIES[kind], queries.items(kind, today)) for kind in Kind]
    return render_template(
        "review/work.html",
        sections=[section for section in sections if section[3]],
        clear=[title for kind, title, _, found in sections if not found and kind is not Kind.STOPPED],
        limit=queries.LIMIT,
        now=clock.now(),
        may_open=current_user.can(Permission.SEE_QUEUE),
        may_mend=current_user.can(Permission.DECIDE),
        may_settle=current_user.can(Permission.ADMINISTER),
        sentence=_sentence,
        labels=labels,
    )


def _sentence(detail: str | Message) -> str:
    """What is known of an item: a sentence of ours in the reader's language, or somebody else's words as they are."""
    return translate(detail) if isinstance(detail, Message) else detail
